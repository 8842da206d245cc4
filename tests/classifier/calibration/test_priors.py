from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit, softmax

from classifier.calibration.priors import complete_shares, estimate_priors, shift_priors

Array = NDArray[np.float64]
SOURCE = np.array([0.2, 0.5, 0.1])
TARGET = np.array([0.6, 0.05, 0.3])


def random_probabilities(*, exclusive: bool) -> Array:
    rng = np.random.default_rng(0)
    if exclusive:
        return np.asarray(softmax(rng.normal(0, 2, (300, 5)), axis=1)[:, :3])
    return rng.random((300, 3))


@pytest.mark.parametrize("exclusive", [False, True])
def test_equal_shares_change_nothing(exclusive: bool) -> None:
    p = random_probabilities(exclusive=exclusive)
    np.testing.assert_allclose(shift_priors(p, SOURCE, SOURCE, exclusive=exclusive), p, rtol=1e-12)


@pytest.mark.parametrize("exclusive", [False, True])
def test_there_and_back_is_where_one_was(exclusive: bool) -> None:
    p = random_probabilities(exclusive=exclusive)
    there = shift_priors(p, SOURCE, TARGET, exclusive=exclusive)
    assert np.abs(there - p).max() > 0.1
    back = shift_priors(there, TARGET, SOURCE, exclusive=exclusive)
    np.testing.assert_allclose(back, p, rtol=1e-9)


def test_certainty_stays_certain() -> None:
    certain = np.array([[0.0, 1.0, 0.0]])
    for exclusive in (False, True):
        moved = shift_priors(certain, SOURCE, TARGET, exclusive=exclusive)
        np.testing.assert_allclose(moved, certain, rtol=1e-12)


def seen(shown: Array, source: Array) -> Array:
    """The exact probabilities, at source shares, of images whose evidence is drawn given truth.

    Evidence of each tool is normal with mean +1 where it is shown and -1 where not, so that its
    log likelihood ratio is twice the evidence.
    """
    rng = np.random.default_rng(1)
    evidence = rng.normal(np.where(shown == 1, 1.0, -1.0))
    return np.asarray(expit(2 * evidence + np.log(source / (1 - source))))


def log_loss(shown: Array, p: Array) -> float:
    return float(-np.where(shown == 1, np.log(p), np.log1p(-p)).mean())


def test_the_shares_of_another_place_are_recovered_without_labels() -> None:
    rng = np.random.default_rng(2)
    shown = (rng.random((20_000, 3)) < TARGET).astype(float)
    p = seen(shown, SOURCE)
    found = estimate_priors(p, SOURCE)
    np.testing.assert_allclose(found, shown.mean(axis=0), atol=0.015)
    # Counting what is said to be visible would be further off.
    assert (np.abs(found - TARGET) < np.abs((p >= 0.5).mean(axis=0) - TARGET)).all()
    moved = shift_priors(p, SOURCE, found, exclusive=False)
    assert log_loss(shown, moved) < 0.9 * log_loss(shown, p)
    exact = shift_priors(p, SOURCE, TARGET, exclusive=False)
    assert log_loss(shown, moved) == pytest.approx(log_loss(shown, exact), abs=2e-4)


def seen_exclusive(classes: NDArray[np.int64], source: Array) -> Array:
    """As ``seen``, where exactly one of the classes is shown: evidence +2 for the true one."""
    rng = np.random.default_rng(3)
    evidence = rng.normal(0, 1, (len(classes), len(source)))
    evidence[np.arange(len(classes)), classes] += 2
    return np.asarray(softmax(2 * evidence + np.log(source), axis=1))


@pytest.mark.parametrize("n_tools", [3, 4])
def test_exclusive_shares_are_recovered_with_and_without_background(n_tools: int) -> None:
    source, target = np.array([0.25] * 4), np.array([0.6, 0.05, 0.15, 0.2])
    classes = np.random.default_rng(4).choice(4, 20_000, p=target)
    p = seen_exclusive(classes, source)[:, :n_tools]
    found = estimate_priors(p, source[:n_tools], exclusive=True)
    np.testing.assert_allclose(found, target[:n_tools], atol=0.015)
    moved = shift_priors(p, source[:n_tools], found, exclusive=True)
    shown = np.eye(4)[classes][:, :n_tools]
    assert log_loss(shown, moved) < 0.9 * log_loss(shown, p)


def test_a_tool_that_is_never_there_keeps_half_an_image() -> None:
    found = estimate_priors(np.full((99, 1), 1e-9), [0.5])
    assert found[0] == pytest.approx(0.005)


def test_seconds_without_a_frame_say_nothing() -> None:
    p = seen((np.random.default_rng(5).random((500, 3)) < TARGET).astype(float), SOURCE)
    with_holes = np.concatenate([p, np.full((40, 3), np.nan)])
    np.testing.assert_array_equal(estimate_priors(with_holes, SOURCE), estimate_priors(p, SOURCE))


@pytest.mark.parametrize(
    ("p", "source"),
    [
        (np.zeros((0, 1)), [0.5]),
        (np.full((3, 1), np.nan), [0.5]),
        (np.full((3, 1), 1.5), [0.5]),
        (np.full((3, 2), 0.5), [0.5]),
        (np.full((3, 1), 0.5), [0.0]),
        (np.full((3, 1), 0.5), [np.nan]),
    ],
)
def test_nothing_is_estimated_from_nothing(p: Array, source: list[float]) -> None:
    with pytest.raises(ValueError, match=r"needed|fit|between"):
        estimate_priors(p, source)


def complete(
    shares: dict[str, float], *, exclusive: bool, has_background: bool = True
) -> tuple[float, ...]:
    return complete_shares(
        shares,
        tools=("hook", "grasper"),
        source=(0.2, 0.3) if has_background else (0.4, 0.6),
        exclusive=exclusive,
        has_background=has_background,
    )


def test_other_tools_keep_their_shares_or_share_the_rest() -> None:
    assert complete({"hook": 0.6}, exclusive=False) == (0.6, 0.3)
    # Of the remaining 0.4 the grasper had 3/8, the background 5/8.
    assert complete({"hook": 0.6}, exclusive=True) == pytest.approx((0.6, 0.15))
    assert complete({"hook": 0.6, "grasper": 0.3}, exclusive=True) == (0.6, 0.3)


def test_exclusive_shares_cannot_come_to_more_than_one() -> None:
    for shares in ({"hook": 0.6, "grasper": 0.5}, {"hook": 0.6, "grasper": 0.4}):
        with pytest.raises(ValueError, match="must come to less than 1"):
            complete(shares, exclusive=True)
    with pytest.raises(ValueError, match=r"must come to exactly 1, got 0\.9"):
        complete({"hook": 0.6, "grasper": 0.3}, exclusive=True, has_background=False)
    found = complete({"hook": 0.6, "grasper": 0.3999}, exclusive=True, has_background=False)
    assert sum(found) == pytest.approx(1)
