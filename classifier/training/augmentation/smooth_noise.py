"""Random fields as smooth as fog: noise on a coarse grid, joined by cubic B-splines."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.backend import keras

__all__ = ["smooth_noise"]


def smooth_noise(images: Any, n_cells: int, *, seed: Any) -> Any:
    """(n, height, width, 1) normal noise of mean 0 and deviation 1, a field for each image.

    Its hills are about a side / ``n_cells`` wide. Two small matrix products make it, with the same
    result on every backend, where resizing would cost more and leave a pattern.
    """
    n_images, height, width, _ = keras.ops.shape(images)
    n_knots = n_cells + 3
    knots = keras.random.normal((n_images, n_knots, n_knots), seed=seed)
    rows = keras.ops.convert_to_tensor(_spline_basis(height, n_cells))
    columns = keras.ops.convert_to_tensor(_spline_basis(width, n_cells).T)
    return keras.ops.matmul(rows, keras.ops.matmul(knots, columns))[..., None]


@lru_cache(maxsize=64)
def _spline_basis(n_px: int, n_cells: int) -> NDArray[np.float32]:
    """(n_px, n_cells + 3): what each knot of a uniform cubic B-spline gives to each pixel.

    A row's squares average to one, so that independent knots make a field of deviation one.
    """
    position = (np.arange(n_px) + 0.5) / n_px * n_cells
    distance = np.abs(position[:, np.newaxis] - np.arange(-1, n_cells + 2))
    near = 2 / 3 - distance**2 + distance**3 / 2
    far = np.clip(2 - distance, 0, None) ** 3 / 6
    basis = np.where(distance < 1, near, far)
    return np.asarray(basis / np.sqrt((basis**2).sum(axis=1).mean()), dtype=np.float32)
