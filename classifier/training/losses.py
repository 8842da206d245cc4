"""What training minimises, with rare classes weighed up."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.backend import keras
from classifier.config import Head

__all__ = ["class_weights", "loss_for", "sample_weights"]

_LARGEST_WEIGHT = 10.0


def class_weights(labels: NDArray[np.float32], *, head: Head) -> NDArray[np.float32]:
    """(n_classes,) how much more one example of each class counts; 1 everywhere when balanced.

    For softmax, inverse frequency with mean 1 over the images. For sigmoid, the weight of a
    tool's positive examples: the square root of negatives per positive, which keeps the
    probabilities nearer to the truth than full balancing would. Both are at most 10.
    """
    n_positive = labels.sum(axis=0)
    known = np.maximum(n_positive, 1)
    if head == "softmax":
        weights = len(labels) / (np.count_nonzero(n_positive) * known)
    else:
        weights = np.sqrt(np.maximum(len(labels) - n_positive, 1) / known)
    bounded = np.clip(weights, 1 / _LARGEST_WEIGHT, _LARGEST_WEIGHT)
    return np.asarray(bounded, dtype=np.float32)


def sample_weights(
    labels: NDArray[np.float32], weights: NDArray[np.float32]
) -> NDArray[np.float32]:
    """(n,) the weight of each single-class image."""
    return np.asarray(labels @ weights, dtype=np.float32)


def loss_for(head: Head, positive_weights: NDArray[np.float32] | None = None) -> Any:
    """The Keras loss of (labels, logits): categorical, or binary averaged over tools."""
    if head == "softmax":
        return keras.losses.CategoricalCrossentropy(from_logits=True)
    return (
        keras.losses.BinaryCrossentropy(from_logits=True)
        if positive_weights is None
        else (_WeightedBinaryCrossentropy(positive_weights))
    )


class _WeightedBinaryCrossentropy(keras.losses.Loss):  # type: ignore[misc]
    def __init__(self, positive_weights: NDArray[np.float32]) -> None:
        super().__init__(name="weighted_binary_crossentropy")
        self._positive_weights = positive_weights

    def call(self, y_true: Any, y_pred: Any) -> Any:
        ops = keras.ops
        positive = self._positive_weights * y_true * ops.softplus(-y_pred)
        return ops.mean(positive + (1 - y_true) * ops.softplus(y_pred), axis=-1)
