"""Specular glare: wet tissue and steel throw the lamp back in small saturated spots and streaks."""

from __future__ import annotations

from typing import Any

from classifier.backend import keras
from classifier.training.augmentation.effect import ImageEffect, Range, require_range
from classifier.training.augmentation.smooth_noise import smooth_noise

__all__ = ["Glare"]

PROBABILITY = 0.25
"""Most frames have some of it already; a quarter get more."""
AMOUNT: Range = (0.0, 1.0)
"""How far the threshold of saturation sinks: at 0 a few spots, at 1 a few hundredths of the
picture, spread; a tool keeps its outline."""

_FEWEST_AT, _MOST_AT = 3.4, 2.5
"""Thresholds at the amounts 0 and 1, in deviations of the score."""
_SHARPNESS = 3.0
_CLUSTER_CELLS, _SPOT_CELLS = 4, 44
_MOST_CLUSTERED = 1.6
"""So that spots stay apart within a cluster: a tool under it is still seen between them."""
_LOCAL_PX = 8
_RELIEF = 22.0
"""Levels by which a pixel is brighter than its surroundings to count as one deviation: glare sits
on the ridges that the picture shows, and so gets their shapes."""
_MOST_RELIEF = 1.5
"""So that no edge glares by its contrast alone."""
_UNLIT, _LIT = 20.0, 80.0
"""Brightness up to which a surface throws nothing back, and from which it faces the lamp."""
_HALO = 0.35
_COLOUR_RGB, _HALO_RGB = (255.0, 253.0, 255.0), (205.0, 195.0, 255.0)
"""Saturated, within a halo of the faint violet that cameras give it."""


class Glare(ImageEffect):
    """Saturates ridges of the picture in random clusters, and lets them bloom a little."""

    def __init__(
        self,
        *,
        seed: int,
        probability: float = PROBABILITY,
        amount: Range = AMOUNT,
        name: str | None = None,
    ) -> None:
        super().__init__(seed=seed, probability=probability, name=name)
        self.amount = require_range("amount", amount, within=(0.0, 1.0))

    def change(self, images: Any) -> Any:
        """Blend towards white where clusters, spots and relief together pass the threshold."""
        ops = keras.ops
        brightness = ops.mean(images, axis=-1, keepdims=True)
        around = _enlarge(_shrink(brightness), like=images)
        clusters = smooth_noise(images, _CLUSTER_CELLS, seed=self.seed_generator)
        spots = smooth_noise(images, _SPOT_CELLS, seed=self.seed_generator)
        relief = ops.minimum((brightness - around) / _RELIEF, _MOST_RELIEF)
        score = 0.8 * ops.minimum(clusters, _MOST_CLUSTERED) + 0.9 * spots + relief
        threshold = _FEWEST_AT + (_MOST_AT - _FEWEST_AT) * self.draw(images, self.amount)
        glare = ops.clip(_SHARPNESS * (score - threshold), 0.0, 1.0)
        is_lit = ops.clip(brightness / _UNLIT, 0.0, 1.0)
        glare = glare * is_lit * ops.clip((around - _UNLIT) / (_LIT - _UNLIT), 0.0, 1.0)
        halo = _HALO * is_lit * _enlarge(_shrink(glare), like=images)
        images = images + halo * ops.relu(ops.convert_to_tensor(_HALO_RGB) - images)
        return images + glare * (ops.convert_to_tensor(_COLOUR_RGB) - images)

    def get_config(self) -> dict[str, Any]:
        """What builds the same layer."""
        return super().get_config() | {"amount": self.amount}


def _shrink(values: Any) -> Any:
    return keras.ops.average_pool(
        values, _LOCAL_PX, strides=_LOCAL_PX, padding="same", data_format="channels_last"
    )


def _enlarge(values: Any, *, like: Any) -> Any:
    return keras.ops.image.resize(
        values, like.shape[1:3], interpolation="bilinear", data_format="channels_last"
    )
