"""Images from disk to the network: decoded in parallel, paired, in a given order, in batches."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.backend import tf
from classifier.dataset.record import Dataset
from classifier.training.epoch_order import EpochOrder
from classifier.training.pairs import PAIRINGS

__all__ = ["ImageSource"]

_MOST_KEPT_BYTES = 2 << 30


class ImageSource:
    """A dataset's images at the network's size, each decoded once where all fit into 2 GiB."""

    def __init__(
        self, dataset: Dataset, *, size_px: tuple[int, int], resize_rule: str, pairs: str = "none"
    ) -> None:
        self.dataset = dataset
        self._size_px = size_px
        self._resize_rule = resize_rule
        self._pairing = PAIRINGS.get(pairs)
        shape = (len(dataset), *size_px, 3)
        fits = np.prod(shape) <= _MOST_KEPT_BYTES
        # Pages of an empty array take no memory before something is written to them.
        self._kept = np.empty(shape, dtype=np.uint8) if fits else None
        self._is_kept = np.zeros(len(dataset), dtype=np.bool_)

    def batches(self, batch_size: int, order: EpochOrder | None = None) -> Any:
        """A ``tf.data`` stream of (images uint8, labels float32), as ``order`` says.

        Without one, every image in the dataset's own order.
        """
        if order is None:
            order = _as_listed(self.dataset)

        # Rows go to the decoder, not paths: a file name may hold bytes that TensorFlow's strings
        # would not return.
        def decode(row: Any, partner: Any, seed: Any, label: Any) -> tuple[Any, Any]:
            image = tf.numpy_function(self._shown, [row, partner, seed], tf.uint8)
            return tf.ensure_shape(image, (*self._size_px, 3)), label

        parts = (order.rows, order.partners, order.seeds, order.labels)
        stream = tf.data.Dataset.from_tensor_slices(parts)
        stream = stream.map(decode, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
        return stream.batch(batch_size).prefetch(2)

    def _shown(
        self, row: NDArray[np.int64], partner: NDArray[np.int64], seed: NDArray[np.int64]
    ) -> NDArray[np.uint8]:
        image = self._read(int(row))
        if partner < 0 or self._pairing is None:
            return image
        return self._pairing(image, self._read(int(partner)), np.random.default_rng(int(seed)))

    def _read(self, row: int) -> NDArray[np.uint8]:
        """(height, width, 3) of one row."""
        if self._kept is not None and self._is_kept[row]:
            kept: NDArray[np.uint8] = self._kept[row]
            return kept
        image = self.dataset.read(row, size_px=self._size_px, resize_rule=self._resize_rule)
        if self._kept is not None:
            self._kept[row] = image
            self._is_kept[row] = True
        return image


def _as_listed(dataset: Dataset) -> EpochOrder:
    n = len(dataset)
    nobody = np.full(n, -1, dtype=np.int64)
    return EpochOrder(np.arange(n), nobody, dataset.labels, np.zeros(n, dtype=np.int64))
