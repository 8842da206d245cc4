from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.timeline.builders import timeline
from video_pipeline.extraction.choosing import (
    Part,
    least_certain_seconds,
    spread_evenly,
    uncertainty,
)
from video_pipeline.records import ToolTimeline

WHOLE = Part()


def with_probabilities(*tools: list[float], n_frames: list[int] | None = None) -> ToolTimeline:
    probabilities = np.array(tools, dtype=np.float64).T
    return timeline(
        np.zeros(probabilities.shape, dtype=np.bool_),
        probabilities=probabilities,
        n_frames=None if n_frames is None else np.array(n_frames, dtype=np.int64),
    )


def plain_choice(
    doubt: NDArray[np.float64], count: int, part: Part, apart_s: int
) -> tuple[int, ...]:
    """The rule as a person would follow it: look for the worst, strike out its neighbours."""
    left = {k: d for k, d in enumerate(doubt.tolist()) if k in part and d == d}
    picked: list[int] = []
    while left and len(picked) < count:
        worst = min(k for k, d in left.items() if d == max(left.values()))
        picked.append(worst)
        left = {k: d for k, d in left.items() if abs(k - worst) >= apart_s}
    return tuple(sorted(picked))


def test_moments_lie_in_the_middle_of_equal_parts() -> None:
    assert spread_evenly(4, duration_s=8.0, part=WHOLE) == tuple(map(Fraction, (1, 3, 5, 7)))
    assert spread_evenly(1, duration_s=3.0, part=WHOLE) == (Fraction(3, 2),)
    assert spread_evenly(2, duration_s=100.0, part=Part(Fraction(10), Fraction(20))) == (
        Fraction(25, 2),
        Fraction(35, 2),
    )


def test_the_end_of_the_part_is_at_most_that_of_the_recording() -> None:
    part = Part(Fraction(2), Fraction(3600))
    assert spread_evenly(1, duration_s=4.0, part=part) == (Fraction(3),)
    assert spread_evenly(5, duration_s=4.0, part=Part(Fraction(4))) == ()


@pytest.mark.parametrize("count", [1, 7, 500, 3003, 10**9])
@pytest.mark.parametrize("duration_s", [0.04, 3.0, 3.003, 0.0004])
def test_moments_are_whole_milliseconds_inside_the_recording_and_never_twice(
    count: int, duration_s: float
) -> None:
    moments = spread_evenly(count, duration_s=duration_s, part=WHOLE)
    assert len(moments) == min(count, max(1, int(duration_s * 1000)))
    assert all(moment * 1000 == int(moment * 1000) for moment in moments)
    assert moments[0] >= 0
    assert moments[-1] < duration_s
    assert list(moments) == sorted(set(moments))


def test_one_undecided_tool_makes_a_second_uncertain() -> None:
    sure_but_for_one = with_probabilities([0.5, 0.8], [0.0, 0.8], [1.0, 0.8])
    assert uncertainty(sure_but_for_one) == pytest.approx([1.0, 0.4])


def test_the_least_certain_seconds_are_picked_in_order_of_time() -> None:
    probabilities = [0.0] * 30
    probabilities[4], probabilities[12], probabilities[20] = 0.55, 0.3, 0.4
    assert least_certain_seconds(with_probabilities(probabilities), 2, part=WHOLE) == (4, 20)


def test_of_two_alike_the_earlier_second_is_picked_whatever_side_of_a_half_it_is_on() -> None:
    probabilities = [0.0] * 40
    probabilities[10], probabilities[30] = 0.7, 0.3
    assert least_certain_seconds(with_probabilities(probabilities), 1, part=WHOLE) == (10,)
    probabilities[10], probabilities[30] = 0.3, 0.7
    assert least_certain_seconds(with_probabilities(probabilities), 1, part=WHOLE) == (10,)


def test_a_second_without_a_frame_is_never_picked() -> None:
    known = with_probabilities([0.9, np.nan, 0.9], n_frames=[1, 0, 1])
    assert least_certain_seconds(known, 3, part=WHOLE, apart_s=1) == (0, 2)


def test_choices_equal_those_of_a_plain_search() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        n = int(rng.integers(1, 60))
        # Rounded, so that many are alike.
        probabilities = rng.random((n, 3)).round(1)
        n_frames = (rng.random(n) < 0.8).astype(np.int64)
        probabilities[n_frames == 0] = np.nan
        known = timeline(
            np.zeros((n, 3), dtype=np.bool_), probabilities=probabilities, n_frames=n_frames
        )
        part = Part(Fraction(int(rng.integers(0, n))))
        apart_s = int(rng.integers(1, 8))
        picked = least_certain_seconds(known, 5, part=part, apart_s=apart_s)
        assert picked == plain_choice(uncertainty(known).round(9), 5, part, apart_s)


def test_a_part_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(ValueError, match="the end lies after the start"):
        Part(Fraction(2), Fraction(2))
