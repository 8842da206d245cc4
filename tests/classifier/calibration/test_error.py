from __future__ import annotations

import numpy as np
import pytest
from sklearn.calibration import calibration_curve

from classifier.calibration.error import expected_calibration_error


def plain_loop(true: list[float], probabilities: list[float], n_bins: int) -> float:
    """Definition, bin by bin and pair by pair."""
    total = 0.0
    for k in range(n_bins):
        inside = [
            (t, p)
            for t, p in zip(true, probabilities, strict=True)
            if k / n_bins < p <= (k + 1) / n_bins or (k == 0 and p == 0)
        ]
        if inside:
            share = sum(t for t, _ in inside) / len(inside)
            mean = sum(p for _, p in inside) / len(inside)
            total += abs(share - mean) * len(inside)
    return total / len(true)


@pytest.mark.parametrize("n_bins", [1, 10, 15])
def test_it_is_the_definition(n_bins: int) -> None:
    rng = np.random.default_rng(0)
    p = rng.random(500)
    true = (rng.random(500) < p**2).astype(float)
    found = expected_calibration_error(true, p, n_bins=n_bins)
    assert found == pytest.approx(plain_loop(true.tolist(), p.tolist(), n_bins))


def test_its_bins_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(1)
    # Many probabilities lie exactly on an edge.
    p = rng.integers(0, 31, 900) / 30
    true = (rng.random(900) < 0.5).astype(float)
    share, mean = calibration_curve(true, p, n_bins=15)
    counts = np.bincount(np.searchsorted(np.linspace(0, 1, 16)[1:-1], p), minlength=15)
    expected = np.average(abs(share - mean), weights=counts[counts > 0])
    assert expected_calibration_error(true, p) == pytest.approx(expected)


def test_certain_and_right_is_0_certain_and_wrong_is_1() -> None:
    true = np.array([[1.0, 0.0], [0.0, 1.0]])
    assert expected_calibration_error(true, true) == 0
    assert expected_calibration_error(true, 1 - true) == 1


def test_unknown_labels_are_left_out() -> None:
    true = np.array([[1, np.nan], [0, 1]], dtype=np.float32)
    p = np.array([[0.8, 0.1], [0.3, 0.6]], dtype=np.float32)
    known = expected_calibration_error(np.array([1, 0, 1]), np.array([0.8, 0.3, 0.6]))
    assert expected_calibration_error(true, p) == pytest.approx(known)


def test_nothing_known_has_no_error() -> None:
    assert expected_calibration_error(np.full(3, np.nan), np.full(3, 0.5)) is None
    assert expected_calibration_error(np.zeros((0, 2)), np.zeros((0, 2))) is None


@pytest.mark.parametrize(
    ("true", "p"),
    [([1, 0], [0.5]), ([2, 0], [0.5, 0.5]), ([1, 0], [1.1, 0.5]), ([1, 0], [np.nan, 0.5])],
)
def test_impossible_values_are_refused(true: list[float], p: list[float]) -> None:
    with pytest.raises(ValueError, match=r"one shape|labels must be"):
        expected_calibration_error(np.array(true), np.array(p))
