from __future__ import annotations

import dataclasses
import hashlib
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from classifier.config import ModelConfig
from classifier.errors import ModelFolderError
from classifier.head import link
from classifier.model.bundle import CONFIG_NAME, WEIGHTS_NAME, read_model_folder, write_config
from classifier.model.self_test import check_self_test
from classifier.model.self_test_images import FORMULA, synthetic_images
from tests.conftest import make_model_folder

PLACE = Path("somewhere/model")
CONFIG = ModelConfig(tools=("hook", "grasper"), head="sigmoid", input_size_px=(32, 48))
LOGITS = np.linspace(-8, 4, 16, dtype=np.float32).reshape(8, 2)
STORED = dataclasses.replace(CONFIG, self_test={"images": FORMULA, "logits": LOGITS.tolist()})


def answering(logits: NDArray[np.float32]) -> Any:
    """Something that answers so to the formula's pictures, and to them alone."""

    def answer(images: NDArray[np.uint8]) -> NDArray[np.float32]:
        assert np.array_equal(images, synthetic_images((32, 48)))
        return logits

    return answer


@pytest.mark.parametrize(
    ("size_px", "digest"),
    [
        ((64, 96), "e9c5929c7853f0a595d72c104540f27e2b3f6dd27bbeb3992d4639fae501f37b"),
        ((224, 224), "fc7cb4fb758fd7d9ece4d45e6bc0728210e22b37c9ae1b7db9facb90fba1ee50"),
    ],
)
def test_the_formula_gives_the_same_pictures_for_ever(
    size_px: tuple[int, int], digest: str
) -> None:
    """Another digest means another formula, which needs another name."""
    assert hashlib.sha256(synthetic_images(size_px).tobytes()).hexdigest() == digest
    assert FORMULA == "shafts_on_tissue_1"


def test_the_pictures_differ_from_one_another_and_have_the_size_that_is_asked_for() -> None:
    images = synthetic_images((40, 64))
    assert images.shape == (8, 40, 64, 3)
    assert images.dtype == np.uint8
    assert len(np.unique(images.reshape(8, -1), axis=0)) == 8
    assert (images[:, 0, 0] == 4).all(), "the corners are outside of the round picture"


def test_the_same_answers_pass_and_are_measured() -> None:
    result = check_self_test(PLACE, STORED, answering(LOGITS))
    assert (result.probability_difference, result.logit_difference) == (0, 0)


def test_a_folder_without_a_self_test_passes_and_says_so() -> None:
    result = check_self_test(PLACE, CONFIG, answering(LOGITS))
    assert (result.probability_difference, result.logit_difference) == (None, None)


@pytest.mark.parametrize("half_precision", [False, True])
def test_rounding_passes(half_precision: bool) -> None:
    """As it was measured: 1e-5 between processors, 0.2 % of the largest logit in float16."""
    noise = np.random.default_rng(0).uniform(-1, 1, LOGITS.shape).astype(np.float32)
    off = LOGITS + noise * (0.016 if half_precision else 1e-5)
    check_self_test(PLACE, STORED, answering(off), half_precision=half_precision)


@pytest.mark.parametrize(
    "wrong",
    [
        LOGITS[:, ::-1],
        LOGITS[::-1],
        LOGITS + np.float32(0.01),
        LOGITS * np.float32(1.2),
        # Far below zero the probabilities hide what the logits show.
        np.where(LOGITS < -7, LOGITS - np.float32(1), LOGITS),
    ],
    ids=["tools exchanged", "pictures exchanged", "shifted", "scaled", "one far off"],
)
def test_other_answers_fail_in_one_line(wrong: NDArray[np.float32]) -> None:
    with pytest.raises(ModelFolderError, match="fails its self-test: probabilities are off") as got:
        check_self_test(PLACE, STORED, answering(wrong))
    assert str(got.value).startswith(f"{PLACE}: ")
    assert "\n" not in str(got.value)


@pytest.mark.parametrize(
    ("wrong", "cause"),
    [
        (np.where(LOGITS > 3, np.float32(np.nan), LOGITS), "not finite"),
        (np.where(LOGITS > 3, np.float32(np.inf), LOGITS), "not finite"),
        (np.full_like(LOGITS, 1e30), "the same to every picture"),
        (np.repeat(LOGITS[:1], 8, axis=0), "the same to every picture"),
    ],
    ids=["NaN", "infinite", "saturated", "constant"],
)
@pytest.mark.parametrize("config", [CONFIG, STORED], ids=["older", "with a self-test"])
def test_answers_of_no_use_fail_in_every_folder(
    wrong: NDArray[np.float32], cause: str, config: ModelConfig
) -> None:
    with pytest.raises(ModelFolderError, match=cause):
        check_self_test(PLACE, config, answering(wrong))


def test_pictures_of_a_newer_version_are_refused() -> None:
    newer = dataclasses.replace(CONFIG, self_test={"images": "new_2", "logits": LOGITS.tolist()})
    with pytest.raises(ModelFolderError, match="'new_2', which this version cannot make; update"):
        check_self_test(PLACE, newer, answering(LOGITS))


def test_probabilities_are_those_of_keras() -> None:
    from classifier.backend import keras

    logits = np.random.default_rng(1).normal(0, 20, (5, 4)).astype(np.float32)
    softmax = ModelConfig(tools=("a", "b", "c"), head="softmax", background=("no_tool",))
    sigmoid = ModelConfig(tools=("a", "b", "c", "d"), head="sigmoid")
    expected = np.asarray(keras.ops.softmax(logits)), np.asarray(keras.ops.sigmoid(logits))
    np.testing.assert_allclose(link(softmax.head, logits), expected[0], atol=1e-6)
    np.testing.assert_allclose(link(sigmoid.head, logits), expected[1], atol=1e-6)


def described_copy(folder: Path, copy: Path) -> Path:
    from classifier.model.describing import describe_again

    place = Path(shutil.copytree(folder, copy))
    describe_again(place)
    return place


@pytest.fixture(scope="module")
def described(model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return described_copy(model_folder, tmp_path_factory.mktemp("models") / "described")


def test_a_described_folder_passes_its_self_test_and_keeps_its_weights(
    described: Path, model_folder: Path, tmp_path: Path
) -> None:
    from classifier.model.describing import run_self_test

    result = run_self_test(read_model_folder(described))
    assert result.probability_difference is not None
    assert result.probability_difference < 1e-6
    assert (described / WEIGHTS_NAME).read_bytes() == (model_folder / WEIGHTS_NAME).read_bytes()
    again = described_copy(described, tmp_path / "again")
    assert (again / CONFIG_NAME).read_bytes() == (described / CONFIG_NAME).read_bytes()


def test_weights_of_another_network_fail_however_well_they_are_described(
    described: Path, tmp_path: Path
) -> None:
    from classifier.model.describing import run_self_test

    folder = Path(shutil.copytree(described, tmp_path / "model"))
    config = read_model_folder(folder).config
    other = make_model_folder(tmp_path / "other", seed=1)
    shutil.copy(other / WEIGHTS_NAME, folder / WEIGHTS_NAME)
    write_config(folder, config)
    with pytest.raises(ModelFolderError, match="fails its self-test"):
        run_self_test(read_model_folder(folder))


def test_a_preprocessing_that_differs_fails(described: Path) -> None:
    """As where somebody gives BGR for RGB."""
    from classifier.model.plain_network import plain_answer, plain_network

    model = read_model_folder(described)
    answer = plain_answer(plain_network(model))
    with pytest.raises(ModelFolderError, match="fails its self-test"):
        check_self_test(described, model.config, lambda images: answer(images[..., ::-1]))


def test_a_network_in_half_precision_is_described_in_full(model_folder: Path) -> None:
    """What a GPU trains in float16 is described by what its weights mean."""
    from classifier.model.network import build_network
    from classifier.model.plain_network import plain_network
    from classifier.model.self_test import make_self_test
    from classifier.model.weights import read_weights

    model = read_model_folder(model_folder)
    half = build_network(model.config, precision="bfloat16")
    read_weights(model.weights_path, half.logits)
    full = make_self_test(plain_network(model), model.config)
    assert make_self_test(half, model.config) == full
