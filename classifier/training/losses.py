"""What training minimises: the unlabelled does not count, and rare tools can count for more."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.backend import keras
from classifier.head import Head

__all__ = ["class_weights", "loss_for", "share_right"]

_LARGEST_WEIGHT = 10.0
_FOCUS = 2.0
"""Focal loss's exponent (Lin et al. 2017): an example answered with p counts (1 - p)^2."""


def class_weights(labels: NDArray[np.float32], *, head: Head) -> NDArray[np.float32]:
    """(n_classes,) how much more one example of each class counts; 1 everywhere when balanced.

    For softmax, inverse frequency with mean 1 over the images. For sigmoid, the weight of a
    tool's positive examples: the square root of negatives per positive, which keeps the
    probabilities nearer to the truth than full balancing would. Both are at most 10. Unknown
    labels (NaN) are left out.
    """
    n_positive = (labels == 1).sum(axis=0)
    known = np.maximum(n_positive, 1)
    if head == "softmax":
        weights = len(labels) / (np.count_nonzero(n_positive) * known)
    else:
        weights = np.sqrt(np.maximum((labels == 0).sum(axis=0), 1) / known)
    bounded = np.clip(weights, 1 / _LARGEST_WEIGHT, _LARGEST_WEIGHT)
    return np.asarray(bounded, dtype=np.float32)


def loss_for(head: Head, *, weights: NDArray[np.float32] | None = None, focal: bool = False) -> Any:
    """The Keras loss of (labels, logits): categorical, or binary averaged over tools.

    ``weights`` are those of ``class_weights``. A label of NaN adds nothing to a sigmoid's loss.
    """
    loss = _Categorical if head == "softmax" else _Binary
    return loss(weights, focal=focal)


def share_right(head: Head) -> Any:
    """A Keras metric function of (labels, logits): images (softmax) or known labels (sigmoid)."""
    return keras.metrics.categorical_accuracy if head == "softmax" else _binary_accuracy


class _Categorical(keras.losses.Loss):  # type: ignore[misc]
    def __init__(self, weights: NDArray[np.float32] | None, *, focal: bool) -> None:
        super().__init__(name="categorical")
        self._weights, self._focal = weights, focal

    def call(self, y_true: Any, y_pred: Any) -> Any:
        ops = keras.ops
        log_share = ops.log_softmax(y_pred, axis=-1)
        each = -y_true * log_share
        if self._weights is not None:
            each = each * self._weights
        if self._focal:
            each = each * (1 - ops.exp(log_share)) ** _FOCUS
        return ops.sum(each, axis=-1)


class _Binary(keras.losses.Loss):  # type: ignore[misc]
    def __init__(self, weights: NDArray[np.float32] | None, *, focal: bool) -> None:
        super().__init__(name="binary")
        self._weights, self._focal = weights, focal

    def call(self, y_true: Any, y_pred: Any) -> Any:
        ops = keras.ops
        known, shown = _known_and_shown(y_true)
        hit, miss = ops.softplus(-y_pred), ops.softplus(y_pred)
        if self._weights is not None:
            hit = hit * self._weights
        if self._focal:
            hit = hit * ops.sigmoid(-y_pred) ** _FOCUS
            miss = miss * ops.sigmoid(y_pred) ** _FOCUS
        return ops.mean(known * (shown * hit + (1 - shown) * miss), axis=-1)


def _binary_accuracy(y_true: Any, y_pred: Any) -> Any:
    ops = keras.ops
    known, shown = _known_and_shown(y_true)
    right = ops.cast(ops.equal(y_pred > 0, shown > 0.5), "float32") * known
    return ops.sum(right, axis=-1) / ops.maximum(ops.sum(known, axis=-1), 1.0)


def _known_and_shown(y_true: Any) -> tuple[Any, Any]:
    """1 where a label is known; the label, 0 where it is not."""
    ops = keras.ops
    unknown = ops.isnan(y_true)
    return ops.cast(ops.logical_not(unknown), "float32"), ops.where(unknown, 0.0, y_true)
