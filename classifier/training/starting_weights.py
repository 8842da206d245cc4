"""Where transfer learning starts: ImageNet, an earlier model of ours, a Keras file, or nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from classifier.config import ModelConfig
from classifier.errors import ModelFolderError, WeightsError
from classifier.model.bundle import ModelFolder, read_model_folder
from classifier.model.weights import read_weights, weights_by_path
from classifier.training.weights_file import CHOICES, read_weights_file

if TYPE_CHECKING:
    from classifier.model.network import Network

__all__ = ["check_starting_weights", "set_starting_weights"]


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
    path = _existing(weights)
    if path.is_dir():
        return _load_model_folder(network, config, path)
    _load_file(network, path)
    return f"Keras weights {path.name}"


def check_starting_weights(weights: str) -> None:
    """Refuse what training could not start from, before hours are spent on reading its images.

    Neither Keras nor TensorFlow is loaded, and nothing is downloaded: ``imagenet`` passes.

    Raises:
        WeightsError: there is no such file or folder, or it cannot be used.
    """
    if weights in {"none", "imagenet"}:
        return
    path = _existing(weights)
    if path.is_dir():
        _read_folder(path)
    else:
        read_weights_file(path)


def _existing(weights: str) -> Path:
    path = Path(weights)
    try:
        is_there = path.exists()
    except (OSError, ValueError):
        is_there = False
    if not is_there:
        raise WeightsError(path, "no such weights file or model folder", hint=CHOICES)
    return path


def _load_file(network: Network, path: Path) -> None:
    values = read_weights_file(path)
    for name, variable in weights_by_path(network.backbone).items():
        variable.assign(values[name])


def _load_imagenet(network: Network) -> None:
    from classifier.backend import keras

    try:
        # Keras downloads the file once into its cache and verifies its hash.
        source = keras.applications.ResNet50(include_top=False, weights="imagenet", pooling="avg")
    except Exception as error:  # Keras raises plain Exception when a download fails.
        raise WeightsError(
            "imagenet", "the ImageNet weights cannot be downloaded from here", hint=CHOICES
        ) from error
    network.backbone.set_weights(source.get_weights())


def _load_model_folder(network: Network, config: ModelConfig, path: Path) -> str:
    earlier = _read_folder(path)
    same_head = (earlier.config.head, earlier.config.tools, earlier.config.background) == (
        config.head,
        config.tools,
        config.background,
    )
    try:
        read_weights(earlier.weights_path, network.logits if same_head else network.backbone)
    except ModelFolderError as error:
        raise WeightsError(error.path, error.cause, hint=CHOICES) from error
    head = "with its head" if same_head else "without its head"
    return f"model {path.name} {head}{_other_preparation(earlier.config, config)}"


def _read_folder(path: Path) -> ModelFolder:
    try:
        return read_model_folder(path)
    except ModelFolderError as error:
        raise WeightsError(error.path, error.cause, hint=CHOICES) from error


def _other_preparation(earlier: ModelConfig, config: ModelConfig) -> str:
    """Say in which ways the earlier model's images were prepared otherwise; empty if in none."""
    ways = []
    if earlier.resize_rule != config.resize_rule:
        ways.append(f"resized by {earlier.resize_rule}")
    if earlier.crops_field_of_view != config.crops_field_of_view:
        ways.append("cut to the field of view" if earlier.crops_field_of_view else "left whole")
    return f", whose images were {' and '.join(ways)}" if ways else ""
