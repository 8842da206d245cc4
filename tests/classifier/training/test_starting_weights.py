from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from classifier.config import ModelConfig
from classifier.errors import WeightsError
from tests.conftest import make_model_folder

# Keras' own way of saving asks NumPy in a way that NumPy warns of.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

CONFIG = ModelConfig(tools=("clipper", "hook"), head="sigmoid", input_size_px=(64, 64))


def fresh(config: ModelConfig = CONFIG) -> Any:
    from classifier.model.network import build_network

    return build_network(config)


def start(network: Any, weights: Path, config: ModelConfig = CONFIG) -> str:
    from classifier.training.starting_weights import set_starting_weights

    return set_starting_weights(network, config, str(weights))


def same(first: Any, second: Any) -> bool:
    pairs = zip(first.get_weights(), second.get_weights(), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


def test_a_keras_weights_file_is_taken_into_the_backbone(tmp_path: Path) -> None:
    source, network = fresh().backbone, fresh()
    source.save_weights(tmp_path / "resnet50.weights.h5")
    assert start(network, tmp_path / "resnet50.weights.h5") == "Keras weights resnet50.weights.h5"
    assert same(network.backbone, source)


def test_a_file_of_keras_applications_is_taken_into_the_backbone(tmp_path: Path) -> None:
    """The public ImageNet file has the older layout: one group a layer, in the layers' order."""
    source, network = fresh().backbone, fresh()
    path = tmp_path / "resnet50_notop.h5"
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [layer.name.encode() for layer in source.layers]
        for layer in source.layers:
            group = file.create_group(layer.name)
            names = [f"{layer.name}/{i}:0".encode() for i in range(len(layer.weights))]
            group.attrs["weight_names"] = names
            for name, value in zip(names, layer.get_weights(), strict=True):
                group[name.decode()] = value
    start(network, path)
    assert same(network.backbone, source)


def test_a_model_folder_gives_its_backbone_and_for_the_same_tools_its_head(tmp_path: Path) -> None:
    from classifier.model.bundle import read_model_folder

    folder = make_model_folder(tmp_path / "earlier")
    theirs = read_model_folder(folder).config
    network = fresh()
    before = network.head.get_weights()[0]
    assert start(network, folder) == "model earlier without its head"
    assert np.array_equal(network.head.get_weights()[0], before)
    twin = fresh(theirs)
    assert start(twin, folder, theirs) == "model earlier with its head"
    assert same(twin.backbone, network.backbone)


def test_a_start_from_images_prepared_otherwise_is_told(tmp_path: Path) -> None:
    """The new model goes by its own rule; what its start was used to is written beside it."""
    folder = make_model_folder(tmp_path / "earlier")
    fast = replace(CONFIG, resize_rule="swscale_area")
    assert start(fresh(fast), folder, fast) == (
        "model earlier without its head, whose images were resized by opencv_inter_area"
    )
    cropped = replace(fast, crops_field_of_view=True)
    assert start(fresh(cropped), folder, cropped) == (
        "model earlier without its head, "
        "whose images were resized by opencv_inter_area and left whole"
    )


@pytest.mark.parametrize("content", [b"no weights", b""])
def test_what_are_no_weights_is_refused_with_the_choices(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.weights.h5"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match="--weights none"):
        start(fresh(), path)


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    from classifier.backend import keras

    other = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    other.save_weights(tmp_path / "other.weights.h5")
    with pytest.raises(WeightsError, match="not Keras weights of a ResNet50"):
        start(fresh(), tmp_path / "other.weights.h5")
