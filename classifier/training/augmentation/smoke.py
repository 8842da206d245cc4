"""Smoke of coagulation: a grey veil that is thicker here than there and takes the contrast."""

from __future__ import annotations

from typing import Any

from classifier.backend import keras
from classifier.training.augmentation.effect import ImageEffect, Range, require_range
from classifier.training.augmentation.lit_area import lit_area
from classifier.training.augmentation.smooth_noise import smooth_noise

__all__ = ["Smoke"]

PROBABILITY = 0.2
"""A dissection makes smoke for minutes, not for most of an operation."""
THICKNESS: Range = (0.25, 0.7)
"""Share of the light that the thickest spot can hide: below it nobody would see the veil; above
it a surgeon could not see the tool either, and would stop."""

_BRIGHTNESS: Range = (145.0, 220.0)
"""Grey of thick smoke, by the endoscope's lamp."""
_TINT = 0.05
_EVEN_SHARE = 0.35
"""Part of the smoke that hangs everywhere, as soon as there is any."""
_PLUME_CELLS, _WISP_CELLS = 2, 6


class Smoke(ImageEffect):
    """Mixes the picture with lit, greyish white smoke; the black around it stays black."""

    def __init__(
        self,
        *,
        seed: int,
        probability: float = PROBABILITY,
        thickness: Range = THICKNESS,
        name: str | None = None,
    ) -> None:
        super().__init__(seed=seed, probability=probability, name=name)
        self.thickness = require_range("thickness", thickness, within=(0.0, 1.0))

    def change(self, images: Any) -> Any:
        """Blend towards the colour of smoke, by its thickness at each pixel."""
        plume = smooth_noise(images, _PLUME_CELLS, seed=self.seed_generator)
        wisps = smooth_noise(images, _WISP_CELLS, seed=self.seed_generator)
        shape = keras.ops.sigmoid(1.8 * plume + 0.7 * wisps)
        veil = self.draw(images, self.thickness) * (_EVEN_SHARE + (1 - _EVEN_SHARE) * shape)
        warmth = self.draw(images, (-_TINT, _TINT))
        grey = self.draw(images, _BRIGHTNESS)
        colour = grey * keras.ops.concatenate([1 + warmth, 1 + 0 * warmth, 1 - warmth], axis=-1)
        return images + (lit_area(images) * veil) * (colour - images)

    def get_config(self) -> dict[str, Any]:
        """What builds the same layer."""
        return super().get_config() | {"thickness": self.thickness}
