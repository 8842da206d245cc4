"""Compression: blocks of 8 x 8 pixels whose fine detail a recorder did not find worth its bytes.

The lossy steps of baseline JPEG (ITU-T T.81): luminance and halved colour, cosine transform,
rounding to the tables of its annex K, scaled by quality as libjpeg does, and back.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.backend import keras
from classifier.training.augmentation.effect import ImageEffect, Range, require_range

__all__ = ["JpegCompression"]

PROBABILITY = 0.25
"""Everything that a network sees was compressed once; a quarter were compressed badly as well."""
QUALITY: Range = (25.0, 75.0)
"""libjpeg's scale to 100: above it nobody sees it, below it a block becomes one colour and thin
jaws with it."""

_BLOCK_PX = 8
_LUMINANCE_TABLE = (
    "16 11 10 16 24 40 51 61 12 12 14 19 26 58 60 55 14 13 16 24 40 57 69 56 "
    "14 17 22 29 51 87 80 62 18 22 37 56 68 109 103 77 24 35 55 64 81 104 113 92 "
    "49 64 78 87 103 121 120 101 72 92 95 98 112 100 103 99"
)
_COLOUR_TABLE = (
    "17 18 24 47 99 99 99 99 18 21 26 66 99 99 99 99 24 26 56 99 99 99 99 99 "
    "47 66 99 99 99 99 99 99 " + " ".join(["99"] * 32)
)
_TO_YCC = np.array(
    [[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]]
)


class JpegCompression(ImageEffect):
    """Stores each image as a JPEG of its own quality and reads it back, without the file."""

    def __init__(
        self,
        *,
        seed: int,
        probability: float = PROBABILITY,
        quality: Range = QUALITY,
        name: str | None = None,
    ) -> None:
        super().__init__(seed=seed, probability=probability, name=name)
        self.quality = require_range("quality", quality, within=(1.0, 100.0))

    def change(self, images: Any) -> Any:
        """Round the cosines of each block, in luminance and in colour of half the resolution."""
        ops = keras.ops
        height, width = images.shape[1:3]
        padded = _pad(images)
        ycc = ops.matmul(padded, _constant(_TO_YCC.T))
        quality = self.draw(images, self.quality)
        luminance = _compress(ycc[..., :1] - 128, quality, _LUMINANCE_TABLE) + 128
        colour = _compress(
            ops.average_pool(ycc[..., 1:], 2, strides=2, data_format="channels_last"),
            quality,
            _COLOUR_TABLE,
        )
        # Old decoders repeat the halved colour, newer ones interpolate; its blocks show either way.
        colour = ops.repeat(ops.repeat(colour, 2, axis=1), 2, axis=2)
        ycc = ops.concatenate([luminance, colour], axis=-1)
        return ops.matmul(ycc, _constant(np.linalg.inv(_TO_YCC).T))[:, :height, :width]

    def get_config(self) -> dict[str, Any]:
        """What builds the same layer."""
        return super().get_config() | {"quality": self.quality}


def _pad(images: Any) -> Any:
    """Continue the images at the right and below to whole blocks of colour."""
    missing = [-n % (2 * _BLOCK_PX) for n in images.shape[1:3]]
    if not any(missing):
        return images
    return keras.ops.pad(images, [(0, 0), *((0, n) for n in missing), (0, 0)], mode="symmetric")


def _compress(planes: Any, quality: Any, table: str) -> Any:
    """(n, height, width, c) around 0 -> the same, as its rounded cosines give it back."""
    ops = keras.ops
    _, height, width, n_planes = planes.shape
    grid = (-1, height // _BLOCK_PX, _BLOCK_PX, width // _BLOCK_PX, _BLOCK_PX, n_planes)
    blocks = ops.transpose(ops.reshape(planes, grid), (0, 1, 3, 5, 2, 4))
    blocks = ops.reshape(blocks, (-1, grid[1] * grid[3] * n_planes, _BLOCK_PX**2))
    steps = _steps(quality, table)
    cosines = ops.round(ops.matmul(blocks, _constant(_dct().T)) / steps) * steps
    blocks = ops.reshape(
        ops.matmul(cosines, _constant(_dct())),
        (-1, grid[1], grid[3], n_planes, _BLOCK_PX, _BLOCK_PX),
    )
    return ops.reshape(ops.transpose(blocks, (0, 1, 4, 2, 5, 3)), (-1, height, width, n_planes))


def _steps(quality: Any, table: str) -> Any:
    """(n, 1, 64) steps of rounding, by libjpeg's rule, without its rounding to integers."""
    scale = keras.ops.where(quality < 50, 50 / quality, 2 - quality / 50)[:, 0]
    return keras.ops.clip(scale * _constant(np.fromstring(table, sep=" ")), 1.0, 255.0)


def _dct() -> NDArray[np.float64]:
    """(64, 64) orthonormal cosine transform of a block, in both directions at once."""
    k, i = np.mgrid[:_BLOCK_PX, :_BLOCK_PX]
    line = np.cos(np.pi * k * (2 * i + 1) / (2 * _BLOCK_PX)) * np.sqrt(2 / _BLOCK_PX)
    line[0] /= np.sqrt(2)
    return np.kron(line, line)


def _constant(values: NDArray[np.float64]) -> Any:
    return keras.ops.convert_to_tensor(values, dtype="float32")
