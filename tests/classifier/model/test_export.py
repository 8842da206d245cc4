"""An exported model answers as the network, says what it is, and is whole or absent."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from classifier.config import ModelConfig
from classifier.errors import ClassifierError, ModelFolderError
from classifier.head import link
from classifier.model.bundle import read_model_folder
from classifier.model.export.exporting import export_model
from classifier.model.export.parity import measure_parity, parity_images

needs_onnx = pytest.mark.skipif(
    importlib.util.find_spec("onnx") is None or importlib.util.find_spec("onnxruntime") is None,
    reason="onnx and onnxruntime are not installed (the extra `onnx`)",
)
EITHER = [pytest.param("onnx", marks=needs_onnx), "saved_model"]
# TensorFlow and Keras ask NumPy in ways that NumPy warns of when they trace and save.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

CONFIG = ModelConfig(tools=("hook", "grasper"), head="sigmoid", input_size_px=(32, 40))


def test_images_of_parity_are_all_different_and_always_the_same() -> None:
    images = parity_images((32, 40))
    assert images.shape == (16, 32, 40, 3)
    assert len(np.unique(images.reshape(16, -1), axis=0)) == 16
    np.testing.assert_array_equal(images, parity_images((32, 40)))


def answer(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    return images.reshape(len(images), -1)[:, :2].astype(np.float32) / np.float32(50)


def exported(images: NDArray[np.uint8], *, shift: float = 0) -> dict[str, NDArray[np.float32]]:
    logits = answer(images) + np.float32(shift)
    return {"logits": logits, "probabilities": link(CONFIG.head, logits).astype(np.float32)}


def test_parity_is_the_largest_difference() -> None:
    same = measure_parity(CONFIG, answer, exported)
    assert same.holds
    assert same.max_probability_difference < 1e-6
    off = measure_parity(CONFIG, answer, lambda images: exported(images, shift=0.5))
    assert not off.holds
    assert off.max_logit_difference == pytest.approx(0.5, abs=1e-5)


def test_answers_that_are_no_numbers_are_no_parity() -> None:
    nan = measure_parity(CONFIG, answer, lambda images: exported(images, shift=np.nan))
    assert not nan.holds


def test_outputs_of_another_shape_are_refused() -> None:
    def wide(images: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
        return {name: np.repeat(value, 2, axis=1) for name, value in exported(images).items()}

    with pytest.raises(ValueError, match="outputs of shape"):
        measure_parity(CONFIG, answer, wide)


def opened(out: Path, runtime: str) -> Any:
    """What answers by an exported folder, by the runtime's own means."""
    if runtime == "onnx":
        import onnxruntime

        session = onnxruntime.InferenceSession(str(out / "model.onnx"))
        names = [output.name for output in session.get_outputs()]
        return lambda images: dict(zip(names, session.run(None, {"images": images}), strict=True))
    import tensorflow as tf

    loaded = tf.saved_model.load(str(out / "saved_model"))
    serve = loaded.signatures["serving_default"]
    return lambda images: (loaded, serve(images=tf.constant(images)))[1]


@pytest.mark.slow
@pytest.mark.parametrize("runtime", EITHER)
@pytest.mark.parametrize(
    "of_head",
    [("model_folder", "classifier"), ("softmax_folder", "softmax_classifier")],
    ids=["sigmoid", "softmax"],
)
def test_an_exported_model_answers_as_the_classifier(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    images: NDArray[np.uint8],
    of_head: tuple[str, str],
    runtime: str,
) -> None:
    folder, classifier = map(request.getfixturevalue, of_head)
    out = tmp_path / "exported"
    report = export_model(read_model_folder(folder), out, runtime)  # type: ignore[arg-type]
    assert report.parity.max_probability_difference < 1e-4
    probabilities, features = classifier.predict(images)
    run = opened(out, runtime)
    for n in (1, len(images)):
        answers = {name: np.asarray(value) for name, value in run(images[:n]).items()}
        np.testing.assert_allclose(answers["probabilities"], probabilities[:n], atol=1e-4)
        np.testing.assert_allclose(answers["features"], features[:n], atol=1e-2, rtol=1e-2)
        assert answers["logits"].shape == (n, classifier.config.n_outputs)


@pytest.mark.slow
@pytest.mark.parametrize("runtime", EITHER)
def test_what_lies_beside_says_how_to_use_it(
    model_folder: Path, tmp_path: Path, runtime: str
) -> None:
    folder, out = read_model_folder(model_folder), tmp_path / "exported"
    report = export_model(folder, out, runtime)  # type: ignore[arg-type]
    text = (out / "classifier.json").read_text(encoding="utf-8")
    described = json.loads(text)
    assert ModelConfig.from_json(text) == folder.config
    assert described["export"]["input"]["resized_by"] == folder.config.resize_rule
    assert described["export"]["calibrated"] is False
    assert (out / described["export"]["model"]).exists()
    parity = json.loads((out / "parity.json").read_text(encoding="utf-8"))
    assert parity["holds"] is True
    assert parity["max_probability_difference"] == report.parity.max_probability_difference
    assert parity["model_sha256"] == folder.digest
    assert str(tmp_path) not in text


@needs_onnx
@pytest.mark.slow
def test_the_same_model_gives_the_same_onnx_file(model_folder: Path, tmp_path: Path) -> None:
    folder = read_model_folder(model_folder)
    files = [tmp_path / name / "model.onnx" for name in ("one", "two")]
    for file in files:
        export_model(folder, file.parent, "onnx")
    assert files[0].read_bytes() == files[1].read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("runtime", EITHER)
def test_nothing_is_left_where_parity_fails(
    model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runtime: str
) -> None:
    """As if the exporter had folded batch normalisation with another epsilon."""
    monkeypatch.setattr("classifier.model.export.parity.TOLERANCE", 0.0)
    monkeypatch.setattr("classifier.model.export.parity.Parity.holds", False)
    with pytest.raises(ClassifierError, match="the exported model's probabilities are off by"):
        export_model(read_model_folder(model_folder), tmp_path / "x", runtime)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")
def test_a_model_that_answers_nothing_of_use_is_not_exported(
    model_folder: Path, tmp_path: Path
) -> None:
    import shutil

    from tests.support.hostile_models import SPOILT, break_folder

    folder = Path(shutil.copytree(model_folder, tmp_path / "model"))
    spoilt = read_model_folder(break_folder(folder, SPOILT["saturated"][0]))
    with pytest.raises(ModelFolderError, match="the same to every picture"):
        export_model(spoilt, tmp_path / "x", "saved_model")
    assert not (tmp_path / "x").exists()


def test_a_missing_package_is_named_with_how_to_install_it(
    model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(ClassifierError, match=r"pip install 'surgical-video\[onnx\]'"):
        export_model(read_model_folder(model_folder), tmp_path / "x", "onnx")
    assert not (tmp_path / "x").exists()
