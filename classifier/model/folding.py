"""Batch normalisation folded into the convolutions before it: the same answer for less work."""

from __future__ import annotations

from typing import Any

import numpy as np

from classifier.backend import keras

__all__ = ["fold_batch_norm"]


def fold_batch_norm(backbone: Any) -> Any:
    """A copy of a convolutional network without its batch normalisation, equal in inference.

    A convolution ``w * x + b`` followed by ``gamma * (y - mean) / deviation + beta`` is the
    convolution with ``w * gamma / deviation`` and ``(b - mean) * gamma / deviation + beta``.

    Raises:
        ValueError: a batch normalisation does not follow a convolution with a bias.
    """
    norm_after = _norms_by_convolution(backbone)
    folded = keras.models.clone_model(
        backbone, clone_function=_without_norm, call_function=_call_with_input_alone
    )
    for layer in backbone.layers:
        weights = layer.get_weights()
        if layer.name in norm_after:
            kernel, bias = weights
            scale, shift = _scale_and_shift(norm_after[layer.name])
            weights = [kernel * scale, bias * scale + shift]
        if weights and not _is_norm(layer):
            folded.get_layer(layer.name).set_weights(weights)
    return folded


def _norms_by_convolution(backbone: Any) -> dict[str, Any]:
    norm_after = {}
    for layer in backbone.layers:
        if not _is_norm(layer):
            continue
        before = layer.input._keras_history.operation
        if not isinstance(before, keras.layers.Conv2D) or not before.use_bias:
            raise ValueError(f"{layer.name} follows {before.name}, not a convolution with a bias")
        norm_after[before.name] = layer
    return norm_after


def _scale_and_shift(norm: Any) -> tuple[Any, Any]:
    gamma, beta, mean, variance = (value.astype(np.float64) for value in norm.get_weights())
    scale = gamma / np.sqrt(variance + norm.epsilon)
    return scale, beta - mean * scale


def _is_norm(layer: Any) -> bool:
    return isinstance(layer, keras.layers.BatchNormalization)


def _without_norm(layer: Any) -> Any:
    if _is_norm(layer):
        return keras.layers.Identity(name=layer.name)
    return layer.__class__.from_config(layer.get_config())


def _call_with_input_alone(layer: Any, inputs: Any, **_: Any) -> Any:
    """Batch normalisation was called with a mask, which no other layer knows."""
    return layer(inputs)
