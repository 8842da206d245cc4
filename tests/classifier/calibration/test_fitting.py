from __future__ import annotations

import warnings

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit, log_softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.isotonic import IsotonicRegression

from classifier.calibration.fitting import fit_isotonic, fit_platt, fit_temperature
from classifier.calibration.maps import MOST_KNOTS, Platt


class Fitted(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A classifier whose decision function is its only input: what scikit-learn calibrates."""

    def __init__(self) -> None:
        self.classes_ = np.array([0, 1])

    def fit(self, x: object, y: object) -> Fitted:
        del x, y
        return self

    def predict(self, x: NDArray[np.float64]) -> NDArray[np.int64]:
        return (x[:, 0] > 0).astype(np.int64)

    def decision_function(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        return x[:, 0]


def drawn(
    n: int, *, slope: float = 0.4, intercept: float = -1.0, seed: int = 0
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Logits whose true probability is ``sigmoid(slope * logit + intercept)``."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(1, 4, n)
    return logits, rng.random(n) < expit(slope * logits + intercept)


def sklearns(method: str, logits: NDArray[np.float64], shown: NDArray[np.bool_]) -> object:
    model = CalibratedClassifierCV(FrozenEstimator(Fitted()), method=method, cv=2)
    return model.fit(logits[:, np.newaxis], shown.astype(int))


@pytest.mark.parametrize("n", [30, 1000])
@pytest.mark.parametrize("scale", [0.01, 1.0, 100.0])
def test_platts_line_is_that_of_scikit_learns_calibration(n: int, scale: float) -> None:
    logits, shown = drawn(n)
    found = fit_platt(logits * scale, shown)
    assert found is not None
    grid = np.linspace(-12, 12, 50)
    expected = sklearns("sigmoid", logits, shown).predict_proba(grid[:, np.newaxis])  # type: ignore[attr-defined]
    np.testing.assert_allclose(expit(found.log_odds(grid * scale)), expected[:, 1], atol=2e-4)


def test_platts_line_finds_the_truth() -> None:
    found = fit_platt(*drawn(100_000))
    assert found is not None
    assert found.slope == pytest.approx(0.4, abs=0.01)
    assert found.intercept == pytest.approx(-1.0, abs=0.03)


@pytest.mark.parametrize("n_shown", [1, 3, 10])
def test_few_images_without_a_mistake_do_not_make_it_certain(n_shown: int) -> None:
    logits = np.concatenate([np.full(n_shown, 9.0), np.full(500, -9.0)])
    found = fit_platt(logits, logits > 0)
    assert found is not None
    probability = expit(found.log_odds(np.array([9.0])))[0]
    assert probability == pytest.approx((n_shown + 1) / (n_shown + 2), abs=1e-3)


@pytest.mark.parametrize(
    ("logits", "shown"),
    [
        ([1.0, 2.0, 3.0], [True, True, True]),
        ([1.0, 2.0, 3.0], [False, False, False]),
        ([2.0, 2.0, 2.0], [True, False, True]),
        ([1.0, 2.0, 3.0, 4.0], [True, True, False, False]),
    ],
)
def test_logits_that_do_not_rise_with_the_tool_have_no_line(
    logits: list[float], shown: list[bool]
) -> None:
    assert fit_platt(np.array(logits), np.array(shown)) is None


def test_no_data_make_the_line_warn_or_fall() -> None:
    rng = np.random.default_rng(3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(300):
            n = int(rng.integers(2, 60))
            logits = rng.normal(0, 10 ** rng.uniform(-4, 4), n) + rng.normal(0, 100)
            found = fit_platt(logits, rng.random(n) < rng.random())
            assert found is None or isinstance(found, Platt)


def test_steps_are_those_of_scikit_learn() -> None:
    logits, shown = drawn(700)
    found = fit_isotonic(logits, shown)
    assert found is not None
    grid = np.linspace(-20, 20, 2_000)
    steps = IsotonicRegression(y_min=1 / 702, y_max=701 / 702, out_of_bounds="clip")
    expected = steps.fit(logits, shown).predict(grid)
    np.testing.assert_allclose(expit(found.log_odds(grid)), expected, atol=1e-9)
    calibrated = sklearns("isotonic", logits, shown).predict_proba(logits[:, np.newaxis])  # type: ignore[attr-defined]
    np.testing.assert_allclose(expit(found.log_odds(logits)), calibrated[:, 1], atol=1.1 / 702)


def test_many_steps_are_thinned_and_stay_close() -> None:
    logits, shown = drawn(60_000, slope=0.9, intercept=0)
    steps = IsotonicRegression(out_of_bounds="clip").fit(logits, shown)
    found = fit_isotonic(logits, shown)
    assert found is not None
    assert len(found.logits) <= MOST_KNOTS
    np.testing.assert_allclose(expit(found.log_odds(logits)), steps.predict(logits), atol=0.05)


def test_one_probability_for_all_is_no_step() -> None:
    logits = np.arange(6.0)
    assert fit_isotonic(logits, np.array([True, True, True, False, False, False])) is None
    assert fit_isotonic(logits, np.ones(6, dtype=bool)) is None


def drawn_classes(
    n: int, *, temperature: float, n_outputs: int = 5
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Logits whose true class is drawn from ``softmax(logits / temperature)``."""
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 4, (n, n_outputs))
    gumbel = rng.gumbel(size=logits.shape)
    return logits, (logits / temperature + gumbel).argmax(axis=1)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_the_temperature_is_that_of_a_search_over_a_grid(temperature: float) -> None:
    logits, classes = drawn_classes(2_000, temperature=temperature)
    targets = np.full((2_000, 5), 1 / (4 * 2_002))
    targets[np.arange(2_000), classes] = 2_001 / 2_002
    grid = np.exp(np.linspace(np.log(0.1), np.log(10), 2_001))
    log_p = [log_softmax(logits / t, axis=1) for t in grid]
    smoothed = [-(targets * each).sum() for each in log_p]
    plain = [-each[np.arange(2_000), classes].sum() for each in log_p]
    found = fit_temperature(logits, classes, n_tools=5)
    assert found == pytest.approx(grid[np.argmin(smoothed)], rel=0.003)
    assert found == pytest.approx(grid[np.argmin(plain)], rel=0.04)
    assert found == pytest.approx(temperature, rel=0.1)


def test_background_outputs_count_as_one_class() -> None:
    logits, classes = drawn_classes(3_000, temperature=2.0)
    found = fit_temperature(logits, np.minimum(classes, 3), n_tools=3)
    assert found == pytest.approx(2.0, rel=0.1)


def test_a_network_without_a_mistake_is_not_told_to_be_certain() -> None:
    logits = np.eye(4)[np.arange(40) % 4] * 8.0
    temperature = fit_temperature(logits, np.arange(40) % 4, n_tools=4)
    probability = np.exp(log_softmax(logits / temperature, axis=1)).max()
    assert probability == pytest.approx(41 / 42, abs=1e-4)
