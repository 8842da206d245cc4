"""The running median of frame intervals, held against the median of the whole list."""

from __future__ import annotations

import statistics
from fractions import Fraction

import numpy as np
import pytest

from video_pipeline.frames.intervals import LONGEST_USUAL_INTERVAL, UsualInterval

F = Fraction


def usual(intervals: list[Fraction]) -> Fraction | None:
    running = UsualInterval()
    for interval in intervals:
        running.add(interval)
    return running.value()


@pytest.mark.parametrize("seed", range(5))
def test_equals_the_lower_median_at_every_step(seed: int) -> None:
    rng = np.random.default_rng(seed)
    intervals = [F(int(ms), 1000) for ms in rng.integers(1, 40, 300) ** 2]
    running = UsualInterval()
    for k, interval in enumerate(intervals, start=1):
        running.add(interval)
        assert running.value() == statistics.median_low(intervals[:k])


def test_nothing_is_usual_before_the_first_interval() -> None:
    assert usual([]) is None
    assert usual([F(0)]) is None


def test_a_constant_rate_gives_its_exact_interval() -> None:
    assert usual([F(1001, 30000)] * 10) == F(1001, 30000)


def test_gaps_and_doubled_frames_do_not_move_it() -> None:
    assert usual([F(1, 25)] * 5 + [F(600), F(0), F(1, 50), F(600)]) == F(1, 25)


def test_no_interval_counts_for_more_than_a_minute() -> None:
    assert usual([F(10**6)] * 3) == LONGEST_USUAL_INTERVAL
