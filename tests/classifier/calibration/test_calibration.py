from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, softmax

from classifier.calibration.calibration import Calibration
from classifier.calibration.maps import Isotonic, Platt, ToolMap, Unchanged

STEPS = Isotonic((-2.0, -1.0, 0.5, 3.0), (0.01, 0.2, 0.2, 0.97))
MAPS: tuple[ToolMap, ...] = (Unchanged(), Platt(0.3, -1.2), STEPS)
TARGET = (0.6, 0.01, 0.3)


def sigmoid(*maps: ToolMap, target: tuple[float, ...] | None = None) -> Calibration:
    return Calibration("sigmoid", (0.2,) * len(maps), maps=maps, target_priors=target)


def calibrated_softmax(
    temperature: float = 1.0, target: tuple[float, ...] | None = None
) -> Calibration:
    return Calibration("softmax", (0.2, 0.5), temperature=temperature, target_priors=target)


def random_logits(width: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.random.default_rng(0).normal(0, 5, (400, width)).astype(np.float32)


def test_leaving_each_logit_as_it_is_gives_the_plain_sigmoid() -> None:
    logits = random_logits(2)
    found = sigmoid(Unchanged(), Unchanged()).apply(logits)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expit(logits.astype(float)), rtol=1e-6)
    np.testing.assert_array_equal(sigmoid(Platt(1, 0), Platt(1, 0)).apply(logits), found)


def test_temperature_1_gives_the_plain_softmax_of_the_tools() -> None:
    logits = random_logits(4)
    found = calibrated_softmax().apply(logits)
    np.testing.assert_allclose(found, softmax(logits.astype(float), axis=1)[:, :2], rtol=1e-6)


def test_steps_are_straight_between_their_knots_and_constant_beyond() -> None:
    logits = np.linspace(-9, 9, 500)
    expected = np.interp(logits, STEPS.logits, STEPS.probabilities)
    found = sigmoid(STEPS).apply(logits[:, np.newaxis])[:, 0]
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize("target", [None, TARGET])
def test_a_sigmoid_probability_never_falls_with_its_logit(
    target: tuple[float, ...] | None,
) -> None:
    rng = np.random.default_rng(1)
    grid = np.sort(np.concatenate([rng.normal(0, 3, 20_000), STEPS.logits, [-1e30, 1e30]]))
    found = sigmoid(*MAPS, target=target).apply(np.repeat(grid[:, np.newaxis], 3, axis=1))
    assert (np.diff(found, axis=0) >= 0).all()
    assert (found[-1] > found[0]).all()


def test_random_steps_never_fall() -> None:
    rng = np.random.default_rng(2)
    for _ in range(50):
        x = np.unique(rng.normal(0, 3, 40).round(int(rng.integers(1, 9))))
        y = np.sort(rng.uniform(1e-6, 1 - 1e-6, len(x)).round(7))
        steps = Isotonic(tuple(x.tolist()), tuple(y.tolist()))
        close = np.concatenate([np.nextafter(x, -9), x, np.nextafter(x, 9), rng.normal(0, 3, 99)])
        assert (np.diff(steps.log_odds(np.sort(close))) >= 0).all()


@pytest.mark.parametrize("temperature", [0.01, 1.0, 7.0])
@pytest.mark.parametrize("target", [None, (0.3, 0.01)])
def test_a_softmax_probability_never_falls_with_its_logit(
    temperature: float, target: tuple[float, ...] | None
) -> None:
    calibration = calibrated_softmax(temperature, target)
    grid = np.sort(np.random.default_rng(3).normal(0, 5, 5_000))
    logits = np.zeros((len(grid), 3))
    logits[:, 0] = grid
    found = calibration.apply(logits)
    assert (np.diff(found[:, 0]) >= 0).all()
    assert (np.diff(found[:, 1]) <= 0).all()


@pytest.mark.parametrize("extreme", [np.inf, -np.inf, 3e38, -3e38, 0.0, 1e-45])
def test_every_probability_is_a_number_from_0_to_1(extreme: float) -> None:
    logits = np.array([[extreme, 0, -extreme], [extreme] * 3, [0, 0, extreme]], dtype=np.float32)
    steep = (Platt(1000, 1e4), Platt(1e-6, -1e4), STEPS)
    softmaxes = [
        calibrated_softmax(t, target) for t in (0.01, 100) for target in (None, (0.9, 0.09))
    ]
    for calibration in (sigmoid(*steep), sigmoid(*steep, target=TARGET), *softmaxes):
        found = calibration.apply(logits)
        assert np.isfinite(found).all()
        assert ((found >= 0) & (found <= 1)).all()


def test_an_answer_depends_on_its_row_alone() -> None:
    for calibration, width in ((sigmoid(*MAPS), 3), (calibrated_softmax(2.0, (0.1, 0.8)), 4)):
        logits = random_logits(width)
        together = calibration.apply(logits)
        order = np.random.default_rng(4).permutation(len(logits))
        np.testing.assert_array_equal(calibration.apply(logits[order]), together[order])
        alone = [calibration.apply(logits[k : k + 1]) for k in range(len(logits))]
        np.testing.assert_array_equal(np.concatenate(alone), together)


def test_no_images_have_no_probabilities() -> None:
    assert sigmoid(*MAPS).apply(np.zeros((0, 3))).shape == (0, 3)
    assert calibrated_softmax().apply(np.zeros((0, 4))).shape == (0, 2)


def test_sigmoid_priors_move_the_log_odds_by_the_difference_of_theirs() -> None:
    """Bayes' rule with likelihood ratios kept, written out for one image."""
    p = 0.7
    likelihood_ratio = (p / (1 - p)) / (0.2 / 0.8)
    odds = likelihood_ratio * (0.6 / 0.4)
    logit = np.array([[np.log(p / (1 - p))]])
    found = sigmoid(Unchanged(), target=(0.6,)).apply(logit)
    assert found[0, 0] == pytest.approx(odds / (1 + odds))


def test_softmax_priors_multiply_and_renormalise() -> None:
    logits = random_logits(4)
    found = calibrated_softmax(target=(0.6, 0.3)).apply(logits)
    p = softmax(logits.astype(float), axis=1)
    # The background classes share what the tools leave: 0.3 before, 0.1 now.
    scaled = p * [0.6 / 0.2, 0.3 / 0.5, 0.1 / 0.3, 0.1 / 0.3]
    expected = (scaled / scaled.sum(axis=1, keepdims=True))[:, :2]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_equal_priors_change_nothing() -> None:
    logits = random_logits(3)
    moved = sigmoid(*MAPS, target=(0.2, 0.2, 0.2)).apply(logits)
    np.testing.assert_array_equal(moved, sigmoid(*MAPS).apply(logits))
    moved = calibrated_softmax(2, target=(0.2, 0.5)).apply(logits)
    np.testing.assert_array_equal(moved, calibrated_softmax(2).apply(logits))


def test_a_tool_of_unknown_share_is_not_moved() -> None:
    logits = random_logits(2)
    known_in_part = Calibration(
        "sigmoid", (0.2, None), maps=(Unchanged(),) * 2, target_priors=(0.2, None)
    )
    plain = sigmoid(Unchanged(), Unchanged()).apply(logits)
    np.testing.assert_array_equal(known_in_part.apply(logits), plain)


@pytest.mark.parametrize("shape", [(3,), (3, 2), (3, 4), (3, 3, 3)])
def test_logits_of_another_width_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="logits must be"):
        sigmoid(*MAPS).apply(np.zeros(shape))


@pytest.mark.parametrize(
    "impossible",
    [
        lambda: Platt(0, 0),
        lambda: Platt(-1, 0),
        lambda: Platt(float("nan"), 0),
        lambda: Platt(1, float("inf")),
        lambda: Isotonic((0, 1), (0.5, 0.4)),
        lambda: Isotonic((1, 1), (0.4, 0.5)),
        lambda: Isotonic((0, 1), (0, 0.5)),
        lambda: Isotonic((0, 1), (0.5, 1)),
        lambda: Isotonic((0,), (0.5,)),
        lambda: Isotonic((0, 1), (0.5, float("nan"))),
        lambda: calibrated_softmax(0),
        lambda: calibrated_softmax(float("nan")),
        lambda: calibrated_softmax(1, (0.6, 0.6)),
        lambda: sigmoid(Unchanged(), target=(1.0,)),
        lambda: sigmoid(Unchanged(), target=(0.5, 0.5)),
        lambda: Calibration("sigmoid", (0.5,)),
        lambda: Calibration("softmax", (0.5,), maps=(Unchanged(),)),
    ],
)
def test_impossible_calibrations_are_refused(impossible: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        impossible()  # type: ignore[operator]
