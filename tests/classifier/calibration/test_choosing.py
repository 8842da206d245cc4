from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from classifier.calibration.choosing import choose_fit, fits_held_out, folds

Array = NDArray[np.float64]


@pytest.mark.parametrize("grouped", [False, True])
def test_each_image_is_held_out_once(grouped: bool) -> None:
    rng = np.random.default_rng(0)
    true = rng.random(90) < 0.3
    groups = rng.integers(0, 12, 90) if grouped else None
    parts = folds(true, groups)
    assert len(parts) == 5
    np.testing.assert_array_equal(np.sort(np.concatenate([own for _, own in parts])), range(90))
    for others, own in parts:
        assert not set(others) & set(own)
        assert len(others) + len(own) == 90


def test_a_recording_is_never_on_both_sides() -> None:
    rng = np.random.default_rng(1)
    groups = rng.integers(0, 7, 80)
    for others, own in folds(rng.random(80) < 0.5, groups):
        assert not set(groups[others]) & set(groups[own])


def test_rare_tools_are_spread_over_the_parts() -> None:
    true = np.arange(100) < 10
    assert [int(true[own].sum()) for _, own in folds(true, None)] == [2] * 5


def test_the_same_images_make_the_same_parts() -> None:
    true = np.arange(40) % 3 == 0
    first, second = folds(true, None), folds(true, None)
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a[1], b[1])


def test_classes_rarer_than_parts_do_not_disturb() -> None:
    classes = np.array([0] * 20 + [1] * 20 + [2, 3])
    assert sum(len(own) for _, own in folds(classes, None)) == 42


def test_what_cannot_be_split_has_no_parts() -> None:
    assert folds(np.zeros(0, dtype=bool), None) == []
    assert folds(np.array([True]), None) == []
    assert folds(np.ones(9, dtype=bool), np.zeros(9, dtype=np.int64)) == []


def squared(fitted: float, logits: Array, true: NDArray[np.bool_]) -> Array:
    del logits
    return np.asarray((fitted - true) ** 2, dtype=np.float64)


def remembers(logits: Array, true: NDArray[np.bool_]) -> dict[float, bool]:
    """Knows all it has seen and nothing else: perfect on those, useless on others."""
    return dict(zip(logits.tolist(), true.tolist(), strict=True))


def test_what_only_remembers_is_not_chosen() -> None:
    """On the images that it was fitted on it would be without a mistake."""

    def loss(fitted: object, logits: Array, true: NDArray[np.bool_]) -> Array:
        if isinstance(fitted, dict):
            said = np.array([fitted.get(z, 0.5) for z in logits.tolist()])
        else:
            said = np.full(len(true), fitted)
        return np.asarray((said - true) ** 2, dtype=np.float64)

    rng = np.random.default_rng(2)
    true = rng.random(100) < 0.1
    fits = {"remembers": remembers, "share": lambda _, t: float(t.mean())}
    arguments = {"logits": rng.normal(size=100), "true": true, "groups": None}
    chosen = choose_fit(fits, loss, **arguments)  # type: ignore[arg-type]
    assert chosen == pytest.approx(true.mean())


def test_of_equally_good_ways_the_first_is_taken() -> None:
    fitted_last = ""

    def fit(name: str) -> Callable[[Array, NDArray[np.bool_]], float]:
        def half(logits: Array, true: NDArray[np.bool_]) -> float:
            del logits, true
            nonlocal fitted_last
            fitted_last = name
            return 0.5

        return half

    fits = {"first": fit("first"), "second": fit("second")}
    true = np.arange(20) % 2 == 0
    choose_fit(fits, squared, logits=np.zeros(20), true=true, groups=None)
    assert fitted_last == "first"


@pytest.mark.parametrize("grouped", [False, True])
def test_nothing_of_a_part_is_known_to_what_it_is_judged_by(grouped: bool) -> None:
    """Not even to the choice of the way, which is made anew inside."""
    rng = np.random.default_rng(3)
    logits, true = rng.permutation(60).astype(float), np.arange(60) % 2 == 0
    groups = rng.integers(0, 9, 60) if grouped else None
    seen: set[float] = set()

    def notes(z: Array, _: NDArray[np.bool_]) -> float:
        seen.update(z.tolist())
        return 0.5

    def judges(fitted: float, z: Array, t: NDArray[np.bool_]) -> Array:
        seen.update(z.tolist())
        return squared(fitted, z, t)

    n_held_out = 0
    fits = {"one": notes, "other": notes}
    for _, own in fits_held_out(fits, judges, logits=logits, true=true, groups=groups):
        assert not seen & set(logits[own].tolist())
        assert len(seen) == 60 - len(own)
        seen.clear()
        n_held_out += len(own)
    assert n_held_out == 60
