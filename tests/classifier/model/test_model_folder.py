from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from classifier.config import ModelConfig
from classifier.errors import ModelFolderError
from classifier.model.bundle import CONFIG_NAME, WEIGHTS_NAME, read_model_folder, write_config
from tests.conftest import make_model_folder


@pytest.fixture
def copy(model_folder: Path, tmp_path: Path) -> Path:
    """A copy of the model folder that a test may break."""
    return Path(shutil.copytree(model_folder, tmp_path / "model"))


def redescribe(folder: Path) -> None:
    """Make the description fit the changed weights' digest again."""
    config = ModelConfig.from_json((folder / CONFIG_NAME).read_text(encoding="utf-8"))
    write_config(folder, config)


def load(folder: Path) -> Any:
    from classifier.prediction import load_classifier

    return load_classifier(folder)


def test_the_same_weights_give_the_same_bytes(model_folder: Path, tmp_path: Path) -> None:
    again = make_model_folder(tmp_path / "again")
    for name in (CONFIG_NAME, WEIGHTS_NAME):
        assert (again / name).read_bytes() == (model_folder / name).read_bytes()


def test_a_loaded_network_has_the_weights_that_were_stored(model_folder: Path) -> None:
    from classifier.model.loading import network_of
    from classifier.model.weights import weights_by_path

    network = network_of(read_model_folder(model_folder))
    with h5py.File(model_folder / WEIGHTS_NAME) as file:
        for name, variable in weights_by_path(network.logits).items():
            np.testing.assert_array_equal(np.asarray(variable), file[name][...].astype("float32"))


def test_the_digest_changes_with_the_weights(model_folder: Path, copy: Path) -> None:
    with h5py.File(copy / WEIGHTS_NAME, "r+") as file:
        file["head/bias"][0] += 1
    redescribe(copy)
    assert read_model_folder(copy).digest != read_model_folder(model_folder).digest


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelFolderError, match="no such model folder"):
        read_model_folder(tmp_path / "none")


@pytest.mark.parametrize("name", [CONFIG_NAME, WEIGHTS_NAME])
def test_a_folder_without_one_of_its_files_is_refused(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(ModelFolderError, match=f"no {name}"):
        read_model_folder(copy)


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"", "cannot be used: it is not valid JSON"),
        (b"{", "cannot be used: it is not valid JSON"),
        (b"\xff\xfe", "is not UTF-8 text"),
        (b"[" * 100_000, "cannot be used: it is not valid JSON: too deep"),
        (b" " * (5 << 20), "is larger than 4 MiB"),
    ],
    ids=["empty", "cut", "binary", "deep", "large"],
)
def test_a_broken_description_is_refused(copy: Path, content: bytes, cause: str) -> None:
    (copy / CONFIG_NAME).write_bytes(content)
    with pytest.raises(ModelFolderError, match=cause):
        read_model_folder(copy)


def test_one_changed_byte_of_the_weights_is_noticed(copy: Path) -> None:
    weights = bytearray((copy / WEIGHTS_NAME).read_bytes())
    weights[len(weights) // 2] ^= 1
    (copy / WEIGHTS_NAME).write_bytes(weights)
    with pytest.raises(ModelFolderError, match="not those that"):
        read_model_folder(copy)


def test_weights_that_are_no_hdf5_are_refused(copy: Path) -> None:
    (copy / WEIGHTS_NAME).write_bytes(b"text" * 100)
    redescribe(copy)
    with pytest.raises(ModelFolderError, match="damaged or not HDF5"):
        load(copy)


def change_shape(file: h5py.File) -> None:
    del file["head/kernel"]
    file["head/kernel"] = np.zeros((2048, 7), dtype=np.float16)


def remove(file: h5py.File) -> None:
    del file["head/bias"]


def spoil(file: h5py.File) -> None:
    file["head/bias"][0] = np.nan


def link_outside(file: h5py.File) -> None:
    del file["head/bias"]
    file["head/bias"] = h5py.ExternalLink("elsewhere.h5", "/bias")


def store_outside(file: h5py.File) -> None:
    del file["head/bias"]
    outside = Path(file.filename).with_name("outside.raw")
    outside.write_bytes(bytes(12))
    file.create_dataset("head/bias", (3,), "float32", external=[(str(outside), 0, 12)])


def make_text(file: h5py.File) -> None:
    del file["head/bias"]
    file["head/bias"] = np.array([b"a", b"b", b"c"])


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (change_shape, r"head/kernel has shape \(2048, 7\), the network needs \(2048, 3\)"),
        (remove, "holds no weight head/bias"),
        (spoil, "head/bias is not finite"),
        (link_outside, "head/bias is a link to another place"),
        (store_outside, "head/bias is not stored in this file"),
        (make_text, "head/bias is not of plain numbers"),
    ],
)
def test_weights_that_do_not_fit_are_refused_by_name(
    copy: Path, change: Callable[[h5py.File], None], cause: str
) -> None:
    with h5py.File(copy / WEIGHTS_NAME, "r+") as file:
        change(file)
    redescribe(copy)
    with pytest.raises(ModelFolderError, match=cause):
        load(copy)


def test_a_description_of_more_tools_than_the_weights_is_refused(copy: Path) -> None:
    content = json.loads((copy / CONFIG_NAME).read_text(encoding="utf-8"))
    content["tools"].append("clipper")
    (copy / CONFIG_NAME).write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(ModelFolderError, match=r"the network needs \(2048, 4\)"):
        load(copy)


def test_a_whole_model_file_is_refused_with_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "model.keras"
    file.write_bytes(b"PK")
    with pytest.raises(ModelFolderError, match="never loaded: name a folder that `train` wrote"):
        read_model_folder(file)


def test_weights_too_large_to_be_stored_are_refused_before_they_are_written(
    model_folder: Path, tmp_path: Path
) -> None:
    from classifier.model.plain_network import plain_network
    from classifier.model.weights import write_weights

    network = plain_network(read_model_folder(model_folder))
    network.head.kernel.assign(np.full((2048, 3), 70_000.0))
    with pytest.raises(ModelFolderError, match="head/kernel is not finite"):
        write_weights(tmp_path / "x.h5", network.logits)
    assert not (tmp_path / "x.h5").exists()


def test_the_layout_is_that_of_the_network_that_keras_builds(model_folder: Path) -> None:
    from classifier.model.layout import weight_shapes
    from classifier.model.network import build_network

    config = read_model_folder(model_folder).config
    built = [(w.path, tuple(w.shape)) for w in build_network(config).logits.weights]
    assert list(weight_shapes(config).items()) == built
