from __future__ import annotations

import numpy as np
from sklearn.utils.class_weight import compute_class_weight

from classifier.training.losses import class_weights, loss_for, sample_weights


def test_softmax_weights_are_inverse_frequencies() -> None:
    labels = np.eye(3, dtype=np.float32)[[0] * 6 + [1] * 3 + [2] * 1]
    expected = compute_class_weight(
        "balanced", classes=np.arange(3), y=np.array([0] * 6 + [1] * 3 + [2])
    )
    weights = class_weights(labels, head="softmax")
    np.testing.assert_allclose(weights, expected, rtol=1e-6)
    np.testing.assert_allclose(sample_weights(labels, weights).mean(), 1, rtol=1e-6)


def test_sigmoid_weights_are_roots_of_negatives_per_positive() -> None:
    labels = np.zeros((100, 2), dtype=np.float32)
    labels[:50, 0] = 1
    labels[:4, 1] = 1
    np.testing.assert_allclose(class_weights(labels, head="sigmoid"), [1, np.sqrt(96 / 4)])


def test_no_weight_exceeds_ten() -> None:
    labels = np.zeros((10_000, 1), dtype=np.float32)
    labels[0] = 1
    assert class_weights(labels, head="sigmoid").tolist() == [10]


def test_weighted_binary_cross_entropy_equals_its_formula() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 3, (5, 3)).astype(np.float32)
    labels = rng.integers(0, 2, (5, 3)).astype(np.float32)
    weights = np.array([1, 2, 5], dtype=np.float32)
    p = 1 / (1 + np.exp(-logits.astype(np.float64)))
    expected = -(weights * labels * np.log(p) + (1 - labels) * np.log(1 - p)).mean()
    loss = loss_for("sigmoid", weights)
    np.testing.assert_allclose(float(loss(labels, logits)), expected, rtol=1e-5)
    plain = -(labels * np.log(p) + (1 - labels) * np.log(1 - p)).mean()
    np.testing.assert_allclose(float(loss_for("sigmoid")(labels, logits)), plain, rtol=1e-5)
