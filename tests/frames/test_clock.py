"""The clock that turns a container's timestamps into presentation times from zero on."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import pytest

from video_pipeline.frames.container.findings import Findings
from video_pipeline.frames.sequential.clock import PresentationClock, in_rising_order

F = Fraction
FRAME = F(1, 25)


def shown(
    raw: Sequence[float | None],
) -> tuple[list[float], list[int], PresentationClock, Findings]:
    """Times in frames (of 1/25 s) from zero, numbers of the shown frames, the clock, findings."""
    findings = Findings()
    clock = PresentationClock(interval=FRAME, findings=findings)
    timed = ((None if t is None else F(t) * FRAME, number) for number, t in enumerate(raw))
    pairs = list(clock.times(timed))
    return [float(time / FRAME) for time, _ in pairs], [n for _, n in pairs], clock, findings


def run(start: float, n: int) -> list[float | None]:
    return [start + k for k in range(n)]


def test_the_first_frame_is_time_zero() -> None:
    times, numbers, clock, _ = shown(run(1000, 6))
    assert times == [0, 1, 2, 3, 4, 5]
    assert numbers == list(range(6))
    assert clock.start == 1000 * FRAME


def test_a_recording_may_start_below_zero() -> None:
    times, _, clock, _ = shown(run(-50, 4))
    assert times == [0, 1, 2, 3]
    assert clock.start == -50 * FRAME


def test_a_gap_stays_a_gap() -> None:
    times, _, _, findings = shown(run(0, 5) + run(15_000, 5))
    assert times == [0, 1, 2, 3, 4, 15_000, 15_001, 15_002, 15_003, 15_004]
    assert findings.sentences() == ()


def test_a_clock_that_jumps_by_days_goes_on_instead() -> None:
    times, _, _, findings = shown(run(0, 5) + run(10_000_000, 5))
    assert times == list(range(10))
    assert "clock jumps by +399999.84 s at 0.20 s" in findings.sentences()[0]


@pytest.mark.parametrize("back_to", [0, 40, -(2**33) / 90000 * 25])
def test_a_clock_that_wraps_or_restarts_goes_on(back_to: float) -> None:
    times, numbers, _, findings = shown(run(100, 50) + run(back_to, 50))
    assert times == pytest.approx(list(range(100)))
    assert numbers == list(range(100))
    assert len(findings.sentences()) == 1


def test_each_restart_is_counted_but_only_three_are_told() -> None:
    _, _, _, findings = shown([t for _ in range(8) for t in run(0, 50)])
    sentences = findings.sentences()
    assert len(sentences) == 4
    assert sentences[-1] == "clock: 4 more like these"


@pytest.mark.parametrize("wrong", [40_000, 2_000_000_000, 150, -3_000])
def test_one_wrong_timestamp_costs_its_frame_and_shifts_nothing(wrong: float) -> None:
    times, numbers, clock, findings = shown([*run(100, 20), wrong, *run(121, 20)])
    assert times == [*range(20), *range(21, 41)]
    assert 20 not in numbers
    assert clock.n_strays == 1
    assert findings.sentences() == ()


def test_a_frame_that_comes_too_late_is_left_out() -> None:
    # As H.264 decoders give them when their order was damaged.
    times, numbers, clock, _ = shown([*run(0, 49), 24, *run(50, 10)])
    assert times == [*range(49), *range(50, 60)]
    assert 49 not in numbers
    assert clock.n_strays == 1


def test_a_splice_that_overlaps_by_two_frames_keeps_them_all() -> None:
    times, numbers, _, _ = shown(run(0, 10) + run(8, 10))
    assert times == [*range(10), 9, 9, *range(10, 18)]
    assert numbers == list(range(20))


def test_frames_without_timestamps_follow_at_the_usual_interval() -> None:
    times, _, clock, _ = shown([0, 2, 4, 6, None, None, 12, 14])
    assert times == [0, 2, 4, 6, 8, 10, 12, 14]
    assert clock.n_untimed == 2


def test_no_timestamps_at_all_mean_the_assumed_rate() -> None:
    times, _, clock, _ = shown([None] * 10)
    assert times == list(range(10))
    assert clock.n_untimed == 10


def test_timestamps_that_begin_late_go_on_from_there() -> None:
    times, _, _, _ = shown([*[None] * 5, *run(0, 5)])
    assert times == list(range(10))


def test_a_clock_that_stands_still_is_none() -> None:
    times, _, clock, _ = shown([7.0] * 20)
    assert times == list(range(20))
    assert clock.n_untimed == 19


def test_times_never_run_backwards_whatever_comes() -> None:
    raw: list[float | None] = [
        5, 3, None, 9, 9, 9, 9, 9, 9, -4, 1e9, 2, None, 1e9, 3, 3, 4, 1e12, -1e12, 0, 1, 2, 3,
    ]  # fmt: skip
    times, _, _, _ = shown(raw)
    assert times == sorted(times)
    assert times[0] == 0


def test_the_last_frame_lasts_a_usual_interval() -> None:
    _, _, clock, _ = shown(run(0, 10))
    assert clock.end == 10 * FRAME


def test_no_frames_end_at_zero() -> None:
    _, _, clock, _ = shown([])
    assert clock.end == 0


class TestRisingOrder:
    def ordered(self, raw: Sequence[float | None]) -> list[tuple[float | None, int]]:
        timed = ((None if t is None else F(t), number) for number, t in enumerate(raw))
        return [
            (None if time is None else float(time), number)
            for time, number in in_rising_order(timed)
        ]

    def test_gives_frames_their_times_in_order(self) -> None:
        assert self.ordered([1, 3, 2, 5, 4]) == [(1, 0), (2, 1), (3, 2), (4, 3), (5, 4)]

    def test_leaves_rising_times_alone(self) -> None:
        assert self.ordered(list(range(30))) == [(float(k), k) for k in range(30)]

    def test_keeps_frames_without_a_time_where_they_are(self) -> None:
        assert self.ordered([2, 1, None, 3]) == [(1, 0), (2, 1), (None, 2), (3, 3)]
