"""Blood on the lens: a red film that swallows green and blue, thicker here than there."""

from __future__ import annotations

from typing import Any

from classifier.backend import keras
from classifier.training.augmentation.effect import ImageEffect, Range, require_range
from classifier.training.augmentation.smooth_noise import smooth_noise

__all__ = ["BloodTint"]

PROBABILITY = 0.15
"""A lens is wiped when it is bloody; a reddish scene is common, a red film is not."""
THICKNESS: Range = (0.3, 1.1)
"""Optical depth of the film for green light at its thickest: 0.3 takes a quarter, 1.1 two thirds;
beyond that steel and tissue become one red."""

_ABSORPTION_RGB = (0.12, 1.0, 0.8)
"""How blood absorbs (Beer and Lambert), relative to green: red passes, blue a little less badly
than green, as cameras see it."""
_EVEN_SHARE = 0.3
"""Part of the film that is everywhere: the scene's own red shift, by blood that reflects."""
_POOL_CELLS, _EDGE_CELLS = 2, 5


class BloodTint(ImageEffect):
    """Looks at the picture through a film of blood; black stays black."""

    def __init__(
        self,
        *,
        seed: int,
        probability: float = PROBABILITY,
        thickness: Range = THICKNESS,
        name: str | None = None,
    ) -> None:
        super().__init__(seed=seed, probability=probability, name=name)
        self.thickness = require_range("thickness", thickness, within=(0.0, 3.0))

    def change(self, images: Any) -> Any:
        """Absorb each channel by the film's thickness at each pixel."""
        pools = smooth_noise(images, _POOL_CELLS, seed=self.seed_generator)
        edges = smooth_noise(images, _EDGE_CELLS, seed=self.seed_generator)
        shape = keras.ops.sigmoid(2.0 * pools + 0.8 * edges - 0.4)
        film = self.draw(images, self.thickness) * (_EVEN_SHARE + (1 - _EVEN_SHARE) * shape)
        absorption = keras.ops.convert_to_tensor(_ABSORPTION_RGB, dtype="float32")
        return images * keras.ops.exp(-film * absorption)

    def get_config(self) -> dict[str, Any]:
        """What builds the same layer."""
        return super().get_config() | {"thickness": self.thickness}
