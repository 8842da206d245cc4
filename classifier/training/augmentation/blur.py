"""A picture that is not sharp: out of focus, or moved while it was taken."""

from __future__ import annotations

import math
from typing import Any

from classifier.backend import keras
from classifier.training.augmentation.effect import ImageEffect, Range, require_range

__all__ = ["Defocus", "MotionBlur"]

DEFOCUS_PROBABILITY = 0.15
DEFOCUS_SIGMA: Range = (0.003, 0.011)
"""Deviation of the blur in shares of the side: 0.7 to 2.5 px of 224. A jaw is 10 px across there;
beyond that the teeth that tell graspers apart would be gone."""
MOTION_PROBABILITY = 0.15
MOTION_LENGTH: Range = (0.012, 0.05)
"""Way of the picture during one exposure in shares of the side: 3 to 11 px of 224. A swing of the
camera is longer still, but shows nothing that could be labelled."""

_N_DOUBLINGS = 3


class Defocus(ImageEffect):
    """Blurs with a Gaussian, of another width for each image."""

    def __init__(
        self,
        *,
        seed: int,
        probability: float = DEFOCUS_PROBABILITY,
        sigma: Range = DEFOCUS_SIGMA,
        name: str | None = None,
    ) -> None:
        super().__init__(seed=seed, probability=probability, name=name)
        self.sigma = require_range("sigma", sigma, within=(0.001, 0.1))

    def change(self, images: Any) -> Any:
        """Blur along both axes, by one matrix each."""
        _, height, width, n_channels = images.shape
        sigma = self.draw(images, self.sigma)[..., 0]
        rows = keras.ops.reshape(images, (-1, height, width * n_channels))
        blurred = keras.ops.matmul(_gaussian(height, sigma), rows)
        blurred = keras.ops.reshape(blurred, (-1, height, width, n_channels))
        columns = keras.ops.reshape(
            keras.ops.transpose(blurred, (0, 2, 1, 3)), (-1, width, height * n_channels)
        )
        blurred = keras.ops.matmul(_gaussian(width, sigma), columns)
        blurred = keras.ops.reshape(blurred, (-1, width, height, n_channels))
        return keras.ops.transpose(blurred, (0, 2, 1, 3))

    def get_config(self) -> dict[str, Any]:
        """What builds the same layer."""
        return super().get_config() | {"sigma": self.sigma}


class MotionBlur(ImageEffect):
    """Smears along a straight way, of another direction and length for each image."""

    def __init__(
        self,
        *,
        seed: int,
        probability: float = MOTION_PROBABILITY,
        length: Range = MOTION_LENGTH,
        name: str | None = None,
    ) -> None:
        super().__init__(seed=seed, probability=probability, name=name)
        self.length = require_range("length", length, within=(0.0, 0.2))

    def change(self, images: Any) -> Any:
        """Average the picture with itself moved on: by a half of the way, a quarter, an eighth."""
        height, width = images.shape[1:3]
        length = self.draw(images, self.length)[:, 0, 0]
        angle = self.draw(images, (0.0, math.tau))[:, 0, 0]
        way_x, way_y = length * width * keras.ops.cos(angle), length * height * keras.ops.sin(angle)
        for k in range(1, _N_DOUBLINGS + 1):
            images = 0.5 * (images + _moved(images, way_x / 2**k, way_y / 2**k))
        return images

    def get_config(self) -> dict[str, Any]:
        """What builds the same layer."""
        return super().get_config() | {"length": self.length}


def _gaussian(n_px: int, sigma: Any) -> Any:
    """(n, n_px, n_px) matrices that blur a column of pixels; rows sum to one, at the edges too."""
    place = keras.ops.arange(n_px, dtype="float32")
    squares = (place[:, None] - place[None, :]) ** 2
    weights = keras.ops.exp(squares * (-0.5 / (sigma * n_px) ** 2))
    return weights / keras.ops.sum(weights, axis=-1, keepdims=True)


def _moved(images: Any, x_px: Any, y_px: Any) -> Any:
    """The images moved by (n, 1) pixels each; the edge goes on outside."""
    one, zero = keras.ops.ones_like(x_px), keras.ops.zeros_like(x_px)
    rows = [one, zero, x_px, zero, one, y_px, zero, zero]
    return keras.ops.image.affine_transform(
        images,
        keras.ops.concatenate(rows, axis=-1),
        fill_mode="nearest",
        data_format="channels_last",
    )
