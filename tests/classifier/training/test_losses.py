from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import log_loss
from sklearn.utils.class_weight import compute_class_weight

from classifier.training.losses import class_weights, loss_for, share_right

RNG = np.random.default_rng(0)
LOGITS = RNG.normal(0, 3, (5, 3)).astype(np.float32)
LABELS = RNG.integers(0, 2, (5, 3)).astype(np.float32)
WEIGHTS = np.array([1, 2, 5], dtype=np.float32)
ONE_OF_THREE = np.eye(3, dtype=np.float32)[[0, 2, 1, 2, 2]]


def sigmoid(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-logits.astype(np.float64))))


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    powers = np.exp(logits.astype(np.float64))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def test_softmax_weights_are_inverse_frequencies() -> None:
    labels = np.eye(3, dtype=np.float32)[[0] * 6 + [1] * 3 + [2] * 1]
    expected = compute_class_weight(
        "balanced", classes=np.arange(3), y=np.array([0] * 6 + [1] * 3 + [2])
    )
    weights = class_weights(labels, head="softmax")
    np.testing.assert_allclose(weights, expected, rtol=1e-6)
    np.testing.assert_allclose((labels @ weights).mean(), 1, rtol=1e-6)


def test_sigmoid_weights_are_roots_of_negatives_per_positive() -> None:
    labels = np.zeros((100, 2), dtype=np.float32)
    labels[:50, 0] = 1
    labels[:4, 1] = 1
    np.testing.assert_allclose(class_weights(labels, head="sigmoid"), [1, np.sqrt(96 / 4)])


def test_unknown_labels_weigh_nothing() -> None:
    labels = np.zeros((100, 1), dtype=np.float32)
    labels[:4] = 1
    unknown = np.concatenate([labels, np.full((50, 1), np.nan, dtype=np.float32)])
    np.testing.assert_array_equal(
        class_weights(unknown, head="sigmoid"), class_weights(labels, head="sigmoid")
    )


def test_no_weight_exceeds_ten() -> None:
    labels = np.zeros((10_000, 1), dtype=np.float32)
    labels[0] = 1
    assert class_weights(labels, head="sigmoid").tolist() == [10]


def test_plain_losses_equal_scikit_learn() -> None:
    expected = np.mean(
        [log_loss(LABELS[:, k], sigmoid(LOGITS)[:, k], labels=[0, 1]) for k in range(3)]
    )
    np.testing.assert_allclose(float(loss_for("sigmoid")(LABELS, LOGITS)), expected, rtol=1e-5)
    expected = log_loss(ONE_OF_THREE, softmax(LOGITS))
    np.testing.assert_allclose(
        float(loss_for("softmax")(ONE_OF_THREE, LOGITS)), expected, rtol=1e-5
    )


def test_weights_count_for_what_is_shown() -> None:
    p = sigmoid(LOGITS)
    expected = -(WEIGHTS * LABELS * np.log(p) + (1 - LABELS) * np.log(1 - p)).mean()
    loss = loss_for("sigmoid", weights=WEIGHTS)
    np.testing.assert_allclose(float(loss(LABELS, LOGITS)), expected, rtol=1e-5)
    expected = -(WEIGHTS * ONE_OF_THREE * np.log(softmax(LOGITS))).sum(axis=1).mean()
    loss = loss_for("softmax", weights=WEIGHTS)
    np.testing.assert_allclose(float(loss(ONE_OF_THREE, LOGITS)), expected, rtol=1e-5)


def test_focal_losses_equal_their_formula() -> None:
    """Lin et al. 2017 with an exponent of 2."""
    p = sigmoid(LOGITS)
    expected = -(LABELS * (1 - p) ** 2 * np.log(p) + (1 - LABELS) * p**2 * np.log(1 - p)).mean()
    loss = loss_for("sigmoid", focal=True)
    np.testing.assert_allclose(float(loss(LABELS, LOGITS)), expected, rtol=1e-5)
    p = softmax(LOGITS)
    expected = -(ONE_OF_THREE * (1 - p) ** 2 * np.log(p)).sum(axis=1).mean()
    loss = loss_for("softmax", focal=True)
    np.testing.assert_allclose(float(loss(ONE_OF_THREE, LOGITS)), expected, rtol=1e-5)


@pytest.mark.parametrize("focal", [False, True])
def test_an_unknown_label_adds_nothing_and_pulls_nowhere(focal: bool) -> None:
    from classifier.backend import tf

    labels = LABELS.copy()
    labels[1, 2] = labels[3] = np.nan
    loss = loss_for("sigmoid", weights=WEIGHTS, focal=focal)
    each = np.array(
        [[float(loss(_only(i, k), LOGITS)) for k in range(3)] for i in range(len(LABELS))]
    )
    known = ~np.isnan(labels)
    np.testing.assert_allclose(float(loss(labels, LOGITS)), each[known].sum(), rtol=1e-4)
    logits = tf.Variable(LOGITS)
    with tf.GradientTape() as tape:
        value = loss(labels, logits)
    gradient = tape.gradient(value, logits).numpy()
    assert np.isfinite(gradient).all()
    assert (gradient[~known] == 0).all()
    assert (gradient[known] != 0).all()


def _only(i: int, k: int) -> NDArray[np.float32]:
    """The labels of which one alone is known."""
    labels = np.full(LABELS.shape, np.nan, dtype=np.float32)
    labels[i, k] = LABELS[i, k]
    return labels


def test_accuracy_is_over_known_labels() -> None:
    labels = np.array([[1, 0, np.nan], [np.nan, 0, 1]], dtype=np.float32)
    logits = np.array([[2, 1, -1], [5, -1, 2]], dtype=np.float32)
    np.testing.assert_allclose(np.asarray(share_right("sigmoid")(labels, logits)), [0.5, 1])
    assert np.asarray(share_right("softmax")(ONE_OF_THREE, 2 * ONE_OF_THREE)).tolist() == [1] * 5
