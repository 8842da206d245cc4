from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from classifier.config import ModelConfig
from classifier.errors import WeightsError
from classifier.model.layout import backbone_layers, backbone_shapes
from classifier.training.starting_weights import check_starting_weights
from classifier.training.weights_file import read_weights_file
from tests.support.hostile_models import BROKEN, break_folder

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


def test_a_model_folder_gives_its_backbone_and_for_the_same_tools_its_head(
    model_folder: Path, tmp_path: Path
) -> None:
    from classifier.model.bundle import read_model_folder

    folder = Path(shutil.copytree(model_folder, tmp_path / "earlier"))
    theirs = read_model_folder(folder).config
    network = fresh()
    before = network.head.get_weights()[0]
    assert start(network, folder) == "model earlier without its head"
    assert np.array_equal(network.head.get_weights()[0], before)
    twin = fresh(theirs)
    assert start(twin, folder, theirs) == "model earlier with its head"
    assert same(twin.backbone, network.backbone)


def test_a_start_from_images_prepared_otherwise_is_told(model_folder: Path, tmp_path: Path) -> None:
    """The new model goes by its own rule; what its start was used to is written beside it."""
    folder = Path(shutil.copytree(model_folder, tmp_path / "earlier"))
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


def stored(path: Path, *, young: bool = True) -> Path:
    """A file of weights in either of Keras' layouts, without Keras: all ones."""
    n_of_kind: dict[str, int] = {}
    with h5py.File(path, "w") as file:
        if not young:
            file.attrs["layer_names"] = [layer.name for layer in backbone_layers()]
        for layer in backbone_layers():
            k = n_of_kind.setdefault(layer.kind, 0)
            n_of_kind[layer.kind] += 1
            place = f"layers/{layer.kind}{f'_{k}' if k > 0 else ''}/vars" if young else layer.name
            group = file.create_group(place)
            names = [str(i) if young else f"{name}:0" for i, (name, _) in enumerate(layer.shapes)]
            if not young:
                group.attrs["weight_names"] = names
            for name, (_, shape) in zip(names, layer.shapes, strict=True):
                group.create_dataset(name, shape, "float16", chunks=shape, compression="gzip")
                group[name][...] = 1
    return path


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> dict[bool, Path]:
    """A sound file of each layout."""
    folder = tmp_path_factory.mktemp("sound")
    return {young: stored(folder / f"{young}.weights.h5", young=young) for young in (True, False)}


BIAS = {True: "layers/conv2d/vars/1", False: "conv1_conv/bias:0"}


@pytest.mark.parametrize("young", [True, False])
def test_both_layouts_are_read_without_keras(sound: dict[bool, Path], young: bool) -> None:
    values = read_weights_file(sound[young])
    assert {name: value.shape for name, value in values.items()} == backbone_shapes()
    assert all((value == 1).all() for value in values.values())


@pytest.mark.parametrize("young", [True, False])
@pytest.mark.parametrize(
    ("put", "cause"),
    [
        (lambda _, __: None, "not Keras weights of a ResNet50"),
        (lambda file, name: file.create_dataset(name, (9,)), "not Keras weights of a ResNet50"),
        (
            lambda file, name: file.create_dataset(name, data=np.full(64, np.nan)),
            "the weight conv1_conv/bias is not finite",
        ),
        (
            lambda file, name: file.create_dataset(name, data=np.full(64, 1e300)),
            "the weight conv1_conv/bias is not finite",
        ),
        (
            lambda file, name: file.create_dataset(
                name, (64,), "float32", external=[("canary.raw", 0, 256)]
            ),
            "is not stored in this file",
        ),
        (
            lambda file, name: file.__setitem__(name, h5py.ExternalLink("other.h5", "/x")),
            "is a link to another place",
        ),
        (lambda file, name: file.create_dataset(name, (64,), "float32"), "was never written"),
    ],
    ids=["missing", "shape", "NaN", "too large", "external storage", "external link", "unwritten"],
)
def test_hostile_weights_are_refused_in_both_layouts(
    sound: dict[bool, Path], tmp_path: Path, young: bool, put: Any, cause: str
) -> None:
    path = Path(shutil.copy(sound[young], tmp_path / "x.weights.h5"))
    with h5py.File(path, "r+") as file:
        del file[BIAS[young]]
        put(file, BIAS[young])
    with pytest.raises(WeightsError, match=cause) as caught:
        check_starting_weights(str(path))
    assert str(path) in str(caught.value)


def test_a_list_of_layers_that_leads_elsewhere_is_refused(
    sound: dict[bool, Path], tmp_path: Path
) -> None:
    path = Path(shutil.copy(sound[False], tmp_path / "x.h5"))
    with h5py.File(path, "r+") as file:
        names = file.attrs["layer_names"].tolist()
        file.attrs["layer_names"] = ["../elsewhere", *names[1:]]
    with pytest.raises(WeightsError, match=r"lists a layer \.\./elsewhere that it does not hold"):
        check_starting_weights(str(path))


@pytest.mark.parametrize("listed", [np.arange(3), "conv1", np.zeros(70_000, "S1")])
def test_a_list_that_is_none_is_refused(tmp_path: Path, listed: Any) -> None:
    with h5py.File(tmp_path / "x.h5", "w", libver="latest") as file:
        file.attrs["layer_names"] = listed
    with pytest.raises(WeightsError, match="layer_names is no list of names"):
        check_starting_weights(str(tmp_path / "x.h5"))


def test_whole_models_are_refused_with_what_to_give_instead(
    sound: dict[bool, Path], tmp_path: Path
) -> None:
    archive = tmp_path / "model.keras"
    archive.write_bytes(b"PK\x03\x04")
    renamed = Path(shutil.copy(archive, tmp_path / "renamed.weights.h5"))
    whole = Path(shutil.copy(sound[False], tmp_path / "whole.h5"))
    with h5py.File(whole, "r+") as file:
        file.attrs["model_config"] = '{"class_name": "Lambda"}'
    for path in (archive, renamed, whole):
        with pytest.raises(WeightsError, match=r"holds a whole model.*; train --weights takes a"):
            check_starting_weights(str(path))


def test_pipes_and_devices_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(WeightsError, match="is not a plain file but a pipe, socket or device"):
            check_starting_weights(str(path))


def test_a_hostile_model_folder_is_refused_as_a_start(model_folder: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(model_folder, tmp_path / "model"))
    break_folder(folder, BROKEN["external storage"][0])
    with pytest.raises(WeightsError, match="not stored in this file; pass --weights PATH"):
        check_starting_weights(str(folder))


@pytest.mark.parametrize("weights", ["none", "imagenet"])
def test_what_is_no_file_passes_the_check(weights: str) -> None:
    check_starting_weights(weights)
