from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit, softmax

from classifier.calibration.calibration import Calibration
from classifier.calibration.fit_record import CalibrationFit, ToolFit
from classifier.calibration.maps import Platt, Unchanged
from classifier.calibration.of_config import calibration_of
from classifier.calibration.stored import describe_calibration
from classifier.config import ModelConfig

if TYPE_CHECKING:
    from classifier.prediction import ToolClassifier


def unfolded_answer(folder: Path, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Probabilities by the plain Keras model, without folding, freezing or padding."""
    from classifier.backend import keras
    from classifier.model.bundle import read_model_folder
    from classifier.model.loading import network_of

    bundle = read_model_folder(folder)
    link = keras.ops.softmax if bundle.config.head == "softmax" else keras.ops.sigmoid
    answer = np.asarray(link(network_of(bundle).logits.predict(images, verbose=0)))
    return answer[:, : len(bundle.config.tools)]


def test_folding_and_freezing_change_no_probability(
    classifier: ToolClassifier, model_folder: Path, images: NDArray[np.uint8]
) -> None:
    probabilities, features = classifier.predict(images)
    expected = unfolded_answer(model_folder, images)
    assert np.ptp(expected, axis=0).max() > 0.05, "images that all look alike would prove nothing"
    np.testing.assert_allclose(probabilities, expected, atol=1e-5)
    assert features.shape == (21, 2048)
    assert features.dtype == np.float16


def test_softmax_probabilities_are_those_of_the_tools_alone(
    softmax_folder: Path, softmax_classifier: ToolClassifier, images: NDArray[np.uint8]
) -> None:
    probabilities, _ = softmax_classifier.predict(images)
    assert probabilities.shape == (21, 3)
    np.testing.assert_allclose(probabilities, unfolded_answer(softmax_folder, images), atol=1e-5)
    assert probabilities.sum(axis=1).max() < 1


@pytest.mark.parametrize("n_at_once", [1, 3, 8, 16])
def test_an_answer_does_not_depend_on_the_other_images(
    classifier: ToolClassifier, images: NDArray[np.uint8], n_at_once: int
) -> None:
    together = classifier.predict(images)
    parts = [
        classifier.predict(images[i : i + n_at_once]) for i in range(0, len(images), n_at_once)
    ]
    for k in range(2):
        np.testing.assert_array_equal(np.concatenate([part[k] for part in parts]), together[k])


def test_an_answer_does_not_depend_on_its_place(
    classifier: ToolClassifier, images: NDArray[np.uint8]
) -> None:
    order = np.random.default_rng(0).permutation(len(images))
    np.testing.assert_array_equal(
        classifier.predict(images[order])[0], classifier.predict(images)[0][order]
    )


def test_no_images_give_no_answers(classifier: ToolClassifier) -> None:
    probabilities, features = classifier.predict(np.zeros((0, 64, 64, 3), dtype=np.uint8))
    assert (probabilities.shape, features.shape) == ((0, 3), (0, 2048))


@pytest.mark.parametrize(
    "wrong",
    [np.zeros((2, 32, 64, 3), dtype=np.uint8), np.zeros((2, 64, 64, 3), dtype=np.float32)],
)
def test_images_of_another_kind_are_refused(
    classifier: ToolClassifier, wrong: NDArray[np.uint8]
) -> None:
    with pytest.raises(ValueError, match=r"images must be uint8 of shape \(n, 64, 64, 3\)"):
        classifier.predict(wrong)


def test_colour_order_and_range_are_part_of_the_network() -> None:
    """A red image must reach the backbone as BGR with the means taken away."""
    from classifier.model.network import CaffePreprocessing

    red = np.zeros((1, 2, 2, 3), dtype=np.uint8)
    red[..., 0] = 255
    seen = np.asarray(CaffePreprocessing()(red))[0, 0, 0]
    np.testing.assert_allclose(seen, [0 - 103.939, 0 - 116.779, 255 - 123.68], rtol=1e-6)


def calibration_for(config: ModelConfig) -> dict[str, Any]:
    """One that changes each probability much."""
    n_tools = len(config.tools)
    softmax = config.head == "softmax"
    calibration = Calibration(
        config.head,
        (0.25,) * n_tools,
        maps=() if softmax else (Platt(3.0, 1.0), Platt(0.2, -1.0), Unchanged()),
        temperature=5.0 if softmax else 1.0,
        target_priors=(0.7, 0.1, 0.05),
    )
    unknown = CalibrationFit(
        *(0, None, "by image", None, None, None, None), (ToolFit(0, 0, None, None),) * n_tools
    )
    return describe_calibration(calibration, unknown, tools=config.tools)


@pytest.fixture(params=["classifier", "softmax_classifier"])
def of_head(request: pytest.FixtureRequest) -> ToolClassifier:
    """One with each kind of head."""
    loaded: ToolClassifier = request.getfixturevalue(request.param)
    return loaded


def test_logits_are_what_the_link_makes_probabilities_of(
    of_head: ToolClassifier, images: NDArray[np.uint8]
) -> None:
    logits = of_head.predict_logits(images)
    assert logits.dtype == np.float32
    assert logits.shape == (21, of_head.config.n_outputs)
    link = softmax(logits, axis=1) if of_head.config.head == "softmax" else expit(logits)
    np.testing.assert_allclose(of_head.predict_proba(images), link[:, :3], atol=1e-6)


def test_probabilities_alone_are_those_that_come_with_features(
    of_head: ToolClassifier, images: NDArray[np.uint8]
) -> None:
    for each in (of_head, of_head.with_calibration(calibration_for(of_head.config))):
        np.testing.assert_array_equal(each.predict_proba(images), each.predict(images)[0])


def test_a_calibration_is_applied_to_the_logits(
    of_head: ToolClassifier, images: NDArray[np.uint8]
) -> None:
    calibrated = of_head.with_calibration(calibration_for(of_head.config))
    calibration = calibration_of(calibrated.config)
    assert calibration is not None
    logits = of_head.predict_logits(images)
    found, features = calibrated.predict(images)
    np.testing.assert_array_equal(found, calibration.apply(logits))
    assert np.abs(found - of_head.predict_proba(images)).max() > 0.1
    np.testing.assert_array_equal(features, of_head.predict(images)[1])
    np.testing.assert_array_equal(calibrated.predict_logits(images), logits)


@pytest.mark.parametrize("n_at_once", [1, 3, 8])
def test_a_calibrated_answer_does_not_depend_on_the_other_images(
    of_head: ToolClassifier, images: NDArray[np.uint8], n_at_once: int
) -> None:
    calibrated = of_head.with_calibration(calibration_for(of_head.config))
    for predict in (calibrated.predict_proba, calibrated.predict_logits):
        together = predict(images)
        parts = [predict(images[i : i + n_at_once]) for i in range(0, len(images), n_at_once)]
        np.testing.assert_array_equal(np.concatenate(parts), together)
        order = np.random.default_rng(0).permutation(len(images))
        np.testing.assert_array_equal(predict(images[order]), together[order])


def test_a_calibration_leaves_the_classifier_that_it_was_given_to(
    of_head: ToolClassifier, images: NDArray[np.uint8]
) -> None:
    before = of_head.predict_proba(images)
    digest = of_head.digest
    calibrated = of_head.with_calibration(calibration_for(of_head.config))
    np.testing.assert_array_equal(of_head.predict_proba(images), before)
    assert of_head.digest == digest != calibrated.digest
    without = calibrated.with_calibration(None)
    np.testing.assert_array_equal(without.predict_proba(images), before)
    assert without.digest == digest


def test_a_stored_calibration_is_applied_when_the_folder_is_loaded(
    classifier: ToolClassifier, model_folder: Path, tmp_path: Path, images: NDArray[np.uint8]
) -> None:
    from classifier.model.bundle import read_model_folder, write_config
    from classifier.prediction import load_classifier

    folder = Path(shutil.copytree(model_folder, tmp_path / "model"))
    calibrated = classifier.with_calibration(calibration_for(classifier.config))
    write_config(folder, calibrated.config)
    loaded = load_classifier(folder)
    np.testing.assert_array_equal(loaded.predict_proba(images), calibrated.predict_proba(images))
    assert loaded.digest == calibrated.digest == read_model_folder(folder).digest


def test_a_calibration_of_other_tools_is_refused(classifier: ToolClassifier) -> None:
    content = calibration_for(classifier.config)
    content["tools"] = content["tools"][::-1]
    with pytest.raises(ValueError, match="must be of the tool grasper"):
        classifier.with_calibration(content)


def test_a_network_in_memory_answers_as_from_disk(
    model_folder: Path, classifier: ToolClassifier, images: NDArray[np.uint8]
) -> None:
    """Whatever it was trained in, and with augmentation."""
    from classifier.backend import keras
    from classifier.model.bundle import WEIGHTS_NAME
    from classifier.model.network import build_network
    from classifier.model.weights import read_weights
    from classifier.prediction import classifier_of_network

    digests = set()
    for precision in ("float32", "bfloat16"):
        flips = keras.layers.RandomFlip(seed=0)
        network = build_network(classifier.config, augmentation=flips, precision=precision)
        read_weights(model_folder / WEIGHTS_NAME, network.logits)
        in_memory = classifier_of_network(network, classifier.config)
        answers = zip(in_memory.predict(images), classifier.predict(images), strict=True)
        for found, expected in answers:
            np.testing.assert_array_equal(found, expected)
        logits = in_memory.predict_logits(images)
        np.testing.assert_array_equal(logits, classifier.predict_logits(images))
        digests.add(in_memory.digest)
    assert len(digests) == 1


def test_no_images_have_no_logits(of_head: ToolClassifier) -> None:
    none = np.zeros((0, 64, 64, 3), dtype=np.uint8)
    assert of_head.predict_logits(none).shape == (0, of_head.config.n_outputs)
    calibrated = of_head.with_calibration(calibration_for(of_head.config))
    assert calibrated.predict_proba(none).shape == (0, 3)
