from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.conftest import make_model_folder

if TYPE_CHECKING:
    from classifier.prediction import ToolClassifier


def unfolded_answer(folder: Path, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Probabilities by the plain Keras model, without folding, freezing or padding."""
    from classifier.backend import keras
    from classifier.model.bundle import WEIGHTS_NAME, read_model_folder
    from classifier.model.network import build_network
    from classifier.model.weights import read_weights

    config = read_model_folder(folder).config
    network = build_network(config)
    read_weights(folder / WEIGHTS_NAME, network.logits)
    link = keras.ops.softmax if config.head == "softmax" else keras.ops.sigmoid
    answer = np.asarray(link(network.logits.predict(images, verbose=0)))
    return answer[:, : len(config.tools)]


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
    tmp_path: Path, images: NDArray[np.uint8]
) -> None:
    from classifier.prediction import load_classifier

    folder = make_model_folder(tmp_path / "softmax", head="softmax")
    probabilities, _ = load_classifier(folder).predict(images)
    assert probabilities.shape == (21, 3)
    np.testing.assert_allclose(probabilities, unfolded_answer(folder, images), atol=1e-5)
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
