"""Images from disk to the network: decoded in parallel, shuffled from a seed, in fixed batches."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.backend import tf
from classifier.dataset.record import Dataset

__all__ = ["image_batches"]

_MOST_KEPT_BYTES = 2 << 30


def image_batches(
    dataset: Dataset,
    *,
    size_px: tuple[int, int],
    resize_rule: str,
    batch_size: int,
    shuffle_seed: int | None = None,
    sample_weights: NDArray[np.float32] | None = None,
) -> Any:
    """A ``tf.data`` stream of (images uint8, labels float32[, weights]) over one epoch.

    With ``shuffle_seed`` each epoch comes in another order, the same for the same seed. Decoded
    images stay in memory where they fit into 2 GiB, and are read anew each epoch where not.
    """
    images = _ImagesByRow(dataset, size_px, resize_rule)
    # Paths go by row: a file name may hold bytes that TensorFlow's strings would not return.
    parts: tuple[Any, ...] = (np.arange(len(dataset)), dataset.labels)
    if sample_weights is not None:
        parts = (*parts, sample_weights)

    def decode(row: Any, *rest: Any) -> tuple[Any, ...]:
        image = tf.numpy_function(images.read, [row], tf.uint8)
        return tf.ensure_shape(image, (*size_px, 3)), *rest

    stream = tf.data.Dataset.from_tensor_slices(parts)
    if shuffle_seed is not None:
        stream = stream.shuffle(len(dataset), seed=shuffle_seed)
    stream = stream.map(decode, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    return stream.batch(batch_size).prefetch(2)


class _ImagesByRow:
    """Reads single images of a list, each from disk only once where all fit into memory."""

    def __init__(self, dataset: Dataset, size_px: tuple[int, int], resize_rule: str) -> None:
        self._dataset = dataset
        self._size_px = size_px
        self._resize_rule = resize_rule
        shape = (len(dataset), *size_px, 3)
        fits = np.prod(shape) <= _MOST_KEPT_BYTES
        # Pages of an empty array take no memory before something is written to them.
        self._kept = np.empty(shape, dtype=np.uint8) if fits else None
        self._is_kept = np.zeros(len(dataset), dtype=np.bool_)

    def read(self, row: NDArray[np.int64]) -> NDArray[np.uint8]:
        """(height, width, 3) of one row."""
        i = int(row)
        if self._kept is not None and self._is_kept[i]:
            kept: NDArray[np.uint8] = self._kept[i]
            return kept
        image = self._dataset.read(i, size_px=self._size_px, resize_rule=self._resize_rule)
        if self._kept is not None:
            self._kept[i] = image
            self._is_kept[i] = True
        return image
