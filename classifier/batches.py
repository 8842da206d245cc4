"""Images from disk to the network: decoded in parallel, shuffled from a seed, in fixed batches."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.backend import tf
from classifier.dataset import Dataset
from classifier.images import read_image

__all__ = ["image_batches"]

_CACHE_LIMIT_BYTES = 1 << 30


def image_batches(
    dataset: Dataset,
    *,
    size_px: tuple[int, int],
    batch_size: int,
    shuffle_seed: int | None = None,
    sample_weights: NDArray[np.float32] | None = None,
) -> Any:
    """A ``tf.data`` stream of (images uint8, labels float32[, weights]) over one epoch.

    With ``shuffle_seed`` each epoch comes in another order, the same for the same seed. Decoded
    images stay in memory where they fit into 1 GiB, and are read anew each epoch where not.
    """
    height, width = size_px
    # Paths go by index: a file name may hold bytes that TensorFlow's strings would not return.
    parts: tuple[Any, ...] = (np.arange(len(dataset)), dataset.labels)
    if sample_weights is not None:
        parts = (*parts, sample_weights)

    def decode(index: Any, *rest: Any) -> tuple[Any, ...]:
        image = tf.numpy_function(_ReadByIndex(dataset.paths, size_px), [index], tf.uint8)
        return tf.ensure_shape(image, (height, width, 3)), *rest

    stream = tf.data.Dataset.from_tensor_slices(parts)
    if len(dataset) * height * width * 3 <= _CACHE_LIMIT_BYTES:
        stream = stream.map(decode, num_parallel_calls=tf.data.AUTOTUNE).cache()
        if shuffle_seed is not None:
            stream = stream.shuffle(len(dataset), seed=shuffle_seed)
    else:
        if shuffle_seed is not None:
            stream = stream.shuffle(len(dataset), seed=shuffle_seed)
        stream = stream.map(decode, num_parallel_calls=tf.data.AUTOTUNE)
    return stream.batch(batch_size).prefetch(2)


class _ReadByIndex:
    """Reads one image of a list; an object, because TensorFlow names the function that it calls."""

    __name__ = "read_image"

    def __init__(self, paths: tuple[Path, ...], size_px: tuple[int, int]) -> None:
        self._paths = paths
        self._size_px = size_px

    def __call__(self, index: NDArray[np.int64]) -> NDArray[np.uint8]:
        return read_image(self._paths[int(index)], size_px=self._size_px)
