"""The numbers of the bar: only what somebody could check, and none where too little is known."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path

import pytest

from video_pipeline.batch.job import Outcome
from video_pipeline.batch.planning.lengths import Length
from video_pipeline.batch.recordings import Recording
from video_pipeline.batch.table import BatchRow
from video_pipeline.cli.annotation_bar import (
    bar_line,
    clock_time,
    duration_text,
    progress_text,
    work_line,
)
from video_pipeline.cli.annotation_progress import AtWork, BatchProgress
from video_pipeline.cli.table import shortened, text_width
from video_pipeline.config import AnnotationSettings

NOW = datetime(2026, 11, 27, 18, 0)
HOUR = 3600.0


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def progress_of(
    lengths: Mapping[str, Length],
    clock: Clock,
    *,
    presumed_finished: set[str] | None = None,
    settings: AnnotationSettings | None = None,
) -> BatchProgress:
    return BatchProgress(
        [Recording(Path(f"{name}.mp4"), name) for name in lengths],
        settings or AnnotationSettings(),
        clock=clock,
        presumed_finished=presumed_finished or set(),
        find_lengths=lambda: lengths,
    )


def outcome(
    name: str, seconds: int | None, *, status: str = "done", was_finished: bool = False
) -> Outcome:
    path = Path(f"{name}.mp4")
    row = BatchRow(name, str(path), status, seconds, "")
    return Outcome(Recording(path, name), row, Path(name), was_finished=was_finished)


def two_hours_each(n: int) -> dict[str, Length]:
    return {f"case{k}": Length(2 * HOUR, 10**9) for k in range(n)}


def test_speed_counts_from_where_the_model_was_loaded() -> None:
    clock = Clock()
    progress = progress_of(two_hours_each(10), clock)
    clock.now = 100.0
    progress.begin()
    progress.reach("case0", 30.0)
    assert progress.speed is None
    clock.now = 160.0
    progress.reach("case0", 600.0)
    progress.reach("case1", 600.0)
    assert progress.speed == 20.0
    assert progress.done_s == 1200.0
    assert progress.total_s == 20 * HOUR
    assert progress.remaining_s == (20 * HOUR - 1200) / 20


def test_finished_ones_are_no_video_and_no_speed() -> None:
    clock = Clock()
    progress = progress_of(two_hours_each(4), clock, presumed_finished={"case0"})
    assert progress.total_s == 6 * HOUR
    progress.begin()
    clock.now = 60.0
    for name in ("case0", "case1"):
        progress.finish(outcome(name, 7200, was_finished=True))
    assert (progress.n_finished, progress.done_s, progress.speed) == (2, 0.0, None)
    assert progress.total_s == 4 * HOUR


def test_one_that_was_presumed_finished_counts_when_it_is_begun() -> None:
    progress = progress_of(two_hours_each(2), Clock(), presumed_finished={"case0"})
    progress.reach("case0", 600.0)
    assert progress.total_s == 4 * HOUR


def test_true_lengths_take_the_place_of_claims() -> None:
    progress = progress_of(two_hours_each(2), Clock())
    progress.finish(outcome("case0", 3600))
    assert (progress.done_s, progress.total_s) == (HOUR, 3 * HOUR)
    progress.reach("case1", 600.0)
    progress.finish(outcome("case1", None, status="failed"))
    assert (progress.done_s, progress.total_s) == (HOUR + 600, HOUR + 600)


def test_a_recording_longer_than_it_claims_makes_the_total_longer() -> None:
    progress = progress_of({"case0": Length(60.0, 10**6)}, Clock())
    progress.reach("case0", 600.0)
    assert progress.total_s == 600.0
    assert progress.at_work == [AtWork("case0", 600.0, None)]


def test_without_lengths_there_is_no_total_and_no_end() -> None:
    clock = Clock()
    unknown = {"a": Length(None, 10**9), "b": Length(None, 10**9), "c": Length(60.0, 10**6)}
    progress = progress_of(unknown, clock)
    progress.begin()
    clock.now = 60.0
    progress.reach("a", 1200.0)
    assert progress.total_s is None
    line = bar_line(progress, NOW, width=79)
    assert line == "0/3 20.0 min of video, 20x real time"
    assert "%" not in progress_text(progress, NOW)


def test_nothing_is_left_when_all_are_finished_whatever_was_known() -> None:
    progress = progress_of({"a": Length(None, 10**9)}, Clock())
    progress.finish(outcome("a", 100))
    assert (progress.done_s, progress.total_s) == (100.0, 100.0)


def test_only_the_part_that_is_annotated_counts() -> None:
    settings = AnnotationSettings(start=Fraction(100), end=Fraction(200))
    progress = progress_of({"a": Length(100.0, 10**6)}, Clock(), settings=settings)
    progress.reach("a", 150.0)
    assert progress.done_s == 50.0
    progress.finish(outcome("a", 7200))
    assert progress.done_s == 100.0


def test_speed_is_that_of_the_last_quarter_of_an_hour() -> None:
    clock = Clock()
    progress = progress_of({"a": Length(100 * HOUR, 10**11)}, clock)
    progress.begin()
    position_s = 0.0
    for minute in range(120):
        clock.now += 60.0
        position_s += 60.0 * (10 if minute < 60 else 40)
        progress.reach("a", position_s)
    assert progress.speed == pytest.approx(40.0)


def test_a_line_has_recordings_a_bar_video_speed_and_the_end() -> None:
    clock = Clock()
    progress = progress_of(two_hours_each(20), clock)
    progress.begin()
    clock.now = 600.0
    for k in range(3):
        progress.finish(outcome(f"case{k}", 7200))
    text = "3/20 |{}| 6.0 of about 40.0 h (15 %), 36x real time, done about 18:56"
    assert bar_line(progress, NOW, width=79) == text.format("█▊".ljust(12))
    assert bar_line(progress, NOW, width=119) == text.format("██████".ljust(40))
    assert progress_text(progress, NOW) == (
        "3 of 20 recordings, 6.0 of about 40.0 h (15 %), 36x real time, done about 18:56"
    )


@pytest.mark.parametrize("width", [20, 40, 60, 79, 119])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    clock = Clock()
    progress = progress_of(two_hours_each(1000), clock)
    progress.begin()
    clock.now = 10.0
    for k in range(500):
        progress.finish(outcome(f"case{k}", 7200))
    assert text_width(bar_line(progress, NOW, width=width)) <= width
    at_work = [AtWork(f"手術{k}" * 5, 60.0, 600.0) for k in range(30)]
    assert text_width(work_line(at_work, width=width)) <= width


def test_recordings_at_work_say_how_far_they_are() -> None:
    at_work = [AtWork("case1", 54.0, 100.0), AtWork("new\nline", 3723.0, None)]
    assert work_line(at_work, width=79) == "at work: case1 54 %, new\\nline at 62.0 min"
    assert work_line(at_work, width=24) == "at work: case1 54 %, ..."
    assert work_line([], width=79) == ""


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (119, "119 s"), (120, "2.0 min"), (7200, "2.0 h")]
)
def test_a_length_has_the_unit_that_suits_it(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text


@pytest.mark.parametrize(
    ("hours", "text"), [(1, "19:00"), (8, "Sat 02:00"), (62, "Mon 08:00"), (24 * 9, "Sun 06 Dec")]
)
def test_the_end_is_told_as_a_person_would(hours: float, text: str) -> None:
    assert clock_time(NOW + timedelta(hours=hours), NOW) == text


def test_texts_are_cut_by_columns() -> None:
    assert shortened("手術手術手術", 9) == "手術手..."
    assert shortened("short", 9) == "short"
