"""Where transfer learning starts: ImageNet, an earlier model of ours, a Keras file, or nothing."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np

from classifier.backend import keras
from classifier.config import ModelConfig
from classifier.errors import ModelFolderError, WeightsError
from classifier.model.bundle import WEIGHTS_NAME, read_model_folder
from classifier.model.network import Network
from classifier.model.weights import read_weights

__all__ = ["set_starting_weights"]

_CHOICES = "pass --weights PATH (a Keras weights file or a model folder) or --weights none"


def set_starting_weights(network: Network, config: ModelConfig, weights: str) -> str:
    """Load what training starts from into the backbone; return a sentence that names it.

    From a model folder with the same head and the same tools, the head is taken too. Its images
    may have been prepared otherwise; the sentence says so.

    Raises:
        WeightsError: the weights cannot be had or are of another network.
    """
    if weights == "none":
        return "random weights"
    if weights == "imagenet":
        _load_imagenet(network)
        return "ImageNet weights of keras.applications"
    path = Path(weights)
    if not path.exists():
        raise WeightsError(path, "no such weights file or model folder", hint=_CHOICES)
    if path.is_dir():
        return _load_model_folder(network, config, path)
    _load_keras_file(network, path)
    return f"Keras weights {path.name}"


def _load_keras_file(network: Network, path: Path) -> None:
    random_kernels = [w for w in network.backbone.get_weights() if w.ndim > 1]
    cause = "not Keras weights of a ResNet50 without its top"
    try:
        # Of a file that gives only part of the weights Keras merely warns.
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)
            network.backbone.load_weights(path)
    except (ValueError, OSError, KeyError, TypeError, UserWarning) as error:
        raise WeightsError(path, cause, hint=_CHOICES) from error
    kernels = [w for w in network.backbone.get_weights() if w.ndim > 1]
    if any(np.array_equal(a, b) for a, b in zip(kernels, random_kernels, strict=True)):
        raise WeightsError(path, cause, hint=_CHOICES)


def _load_imagenet(network: Network) -> None:
    try:
        # Keras downloads the file once into its cache and verifies its hash.
        source = keras.applications.ResNet50(include_top=False, weights="imagenet", pooling="avg")
    except Exception as error:  # Keras raises plain Exception when a download fails.
        raise WeightsError(
            "imagenet", "the ImageNet weights cannot be downloaded from here", hint=_CHOICES
        ) from error
    network.backbone.set_weights(source.get_weights())


def _load_model_folder(network: Network, config: ModelConfig, path: Path) -> str:
    try:
        earlier = read_model_folder(path)
        same_head = (earlier.config.head, earlier.config.tools, earlier.config.background) == (
            config.head,
            config.tools,
            config.background,
        )
        if same_head:
            read_weights(path / WEIGHTS_NAME, network.logits)
        else:
            read_weights(path / WEIGHTS_NAME, network.backbone)
    except ModelFolderError as error:
        raise WeightsError(error.path, error.cause, hint=_CHOICES) from error
    head = "with its head" if same_head else "without its head"
    return f"model {path.name} {head}{_other_preparation(earlier.config, config)}"


def _other_preparation(earlier: ModelConfig, config: ModelConfig) -> str:
    """Say in which ways the earlier model's images were prepared otherwise; empty if in none."""
    ways = []
    if earlier.resize_rule != config.resize_rule:
        ways.append(f"resized by {earlier.resize_rule}")
    if earlier.crops_field_of_view != config.crops_field_of_view:
        ways.append("cut to the field of view" if earlier.crops_field_of_view else "left whole")
    return f", whose images were {' and '.join(ways)}" if ways else ""
