"""Vignette: a lamp and a lens that leave the edge of the picture darker than its middle."""

from __future__ import annotations

from typing import Any

from classifier.backend import keras
from classifier.training.augmentation.effect import ImageEffect, Range, require_range

__all__ = ["Vignette"]

PROBABILITY = 0.25
STRENGTH: Range = (0.15, 0.6)
"""Falloff: at the middle of a side the light is (1 + strength) ** -2: 0.76 to 0.39 of the
centre's. Tools come from the edge, and must stay visible there."""

_CENTRE_SHIFT = 0.15
"""The lamp's spot is seldom in the exact middle; in shares of half the side."""


class Vignette(ImageEffect):
    """Darkens by the square of the distance from a point near the middle."""

    def __init__(
        self,
        *,
        seed: int,
        probability: float = PROBABILITY,
        strength: Range = STRENGTH,
        name: str | None = None,
    ) -> None:
        super().__init__(seed=seed, probability=probability, name=name)
        self.strength = require_range("strength", strength, within=(0.0, 1.0))

    def change(self, images: Any) -> Any:
        """Multiply each pixel by the light that reaches it."""
        height, width = images.shape[1:3]
        shift = (-_CENTRE_SHIFT, _CENTRE_SHIFT)
        y = keras.ops.reshape(keras.ops.linspace(-1.0, 1.0, height), (1, -1, 1, 1))
        x = keras.ops.reshape(keras.ops.linspace(-1.0, 1.0, width), (1, 1, -1, 1))
        squares = (y - self.draw(images, shift)) ** 2 + (x - self.draw(images, shift)) ** 2
        return images / keras.ops.square(1 + self.draw(images, self.strength) * squares)

    def get_config(self) -> dict[str, Any]:
        """What builds the same layer."""
        return super().get_config() | {"strength": self.strength}
