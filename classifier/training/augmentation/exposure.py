"""Another camera, or the same one set otherwise: exposure, gamma and white balance."""

from __future__ import annotations

from typing import Any

from classifier.backend import keras
from classifier.training.augmentation.effect import ImageEffect, Range, require_range

__all__ = ["Exposure"]

PROBABILITY = 0.6
"""Hospitals differ in this before anything else."""
STOPS: Range = (-0.7, 0.45)
"""Exposure in powers of two: automatic exposure errs by less than a stop, and too bright burns
steel to white sooner than too dark loses it."""
GAMMA: Range = (0.75, 1.35)
"""Flatter and harder than a camera's default, as far as monitors and presets differ."""
TEMPERATURE: Range = (-0.12, 0.12)
"""Natural logarithm of the gain of red, and against it of blue: a lamp's colour and how a camera
was balanced to it, about a tenth either way; more would turn bile into blood."""

_TINT: Range = (-0.04, 0.04)
"""The same of red and blue together against green: cameras err less along this axis."""


class Exposure(ImageEffect):
    """Gives each image its own gain, tone curve and white balance; black stays black."""

    def __init__(
        self,
        *,
        seed: int,
        probability: float = PROBABILITY,
        stops: Range = STOPS,
        gamma: Range = GAMMA,
        temperature: Range = TEMPERATURE,
        name: str | None = None,
    ) -> None:
        super().__init__(seed=seed, probability=probability, name=name)
        self.stops = require_range("stops", stops, within=(-2.0, 2.0))
        self.gamma = require_range("gamma", gamma, within=(0.5, 2.0))
        self.temperature = require_range("temperature", temperature, within=(-0.5, 0.5))

    def change(self, images: Any) -> Any:
        """Bend the tone curve, then multiply each channel."""
        ops = keras.ops
        warmth, tint = self.draw(images, self.temperature), self.draw(images, _TINT)
        balance = ops.exp(ops.concatenate([tint + warmth, 0 * tint, tint - warmth], axis=-1))
        gain = ops.power(2.0, self.draw(images, self.stops)) * balance
        # The parabola through black, white and the mid-grey of that gamma: a power costs ten times
        # as much, and near black, where its slope has no end, it would lift the recorder's border.
        bend = 4 * ops.power(0.5, self.draw(images, self.gamma)) - 2
        return images * (gain * (1 + bend) - (gain * bend / 255.0) * images)

    def get_config(self) -> dict[str, Any]:
        """What builds the same layer."""
        own = {"stops": self.stops, "gamma": self.gamma, "temperature": self.temperature}
        return super().get_config() | own
