"""Creation times of parts against their lengths: begun, finished, or nonsense."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import pytest

from tests.support.clips import steady, write_clip
from video_pipeline.frames.joined.recorder_clock import RecorderClock, creation_time

F = Fraction


def clock(created_s: list[int | None], durations_s: list[int | None]) -> RecorderClock:
    day = datetime(2024, 1, 5, 8, tzinfo=UTC)
    return RecorderClock.of(
        [None if s is None else day + timedelta(seconds=s) for s in created_s],
        [None if s is None else F(s) for s in durations_s],
    )


def starts(of: RecorderClock, durations_s: list[int]) -> list[int]:
    """Where parts of these lengths come to lie."""
    found = [F(0)]
    for k, (start, length) in enumerate(zip(found, durations_s, strict=False), 1):
        if k < len(durations_s):
            found.append(of.start_of(k, earlier=(start, start + length)))
    return [int(start) for start in found]


@pytest.mark.parametrize(
    ("created_s", "durations_s", "wanted"),
    [
        # Times at which each file was begun.
        ([0, 600, 1200], [600, 600, 100], [0, 600, 1200]),
        ([0, 640, 1240], [600, 600, 100], [0, 640, 1240]),
        ([0, 602, 1199], [600, 600, 100], [0, 600, 1200]),
        ([0, 130], [100, 900], [0, 130]),
        # Times at which each file was finished.
        ([600, 1200, 1300], [600, 600, 100], [0, 600, 1200]),
        ([600, 1230, 1330], [600, 600, 100], [0, 630, 1230]),
        ([100, 1000], [100, 900], [0, 100]),
        # Neither: copied in another order, within seconds, or days later.
        ([900, 0], [600, 600], [0, 600]),
        ([0, 3], [600, 600], [0, 600]),
        ([0, 0, 600], [600, 600, 100], [0, 600, 1200]),
        ([0, 600 + 7 * 3600], [600, 600], [0, 600]),
        # Not known.
        ([0, None], [600, 600], [0, 600]),
        ([0, 900], [600, None], [0, 600]),
        ([0], [600], [0]),
    ],
)
def test_parts_lie_where_their_times_say_if_they_fit(
    created_s: list[int | None], durations_s: list[int | None], wanted: list[int]
) -> None:
    lengths = [600 if s is None else s for s in durations_s]
    assert starts(clock(created_s, durations_s), lengths) == wanted


@pytest.mark.parametrize(
    ("created_s", "durations_s", "reason"),
    [
        ([0, None], [600, 600], "not all of them have a creation time"),
        ([5, 5], [600, 600], "their creation times are the same"),
        ([0, 900], [600, None], "not all of them say how long they are"),
        ([900, 0], [600, 600], "their creation times do not fit their lengths and their order"),
        ([0, 90000], [600, 600], "their creation times lie many hours apart"),
        ([0, 600], [600, 600], ""),
    ],
)
def test_it_says_why_times_are_not_believed(
    created_s: list[int | None], durations_s: list[int | None], reason: str
) -> None:
    of = clock(created_s, durations_s)
    assert of.reason == reason
    assert (of.began is None) == (reason != "")


def test_a_part_that_lasts_longer_than_its_header_says_is_not_overlapped() -> None:
    of = clock([0, 600], [600, 600])
    assert of.start_of(1, earlier=(F(0), F(700))) == 700


def test_a_lost_end_is_left_open() -> None:
    assert clock([0, 600], [600, 600]).start_of(1, earlier=(F(50), F(250))) == 650


def test_files_without_a_readable_creation_time_have_none(tmp_path: Path) -> None:
    text = tmp_path / "text.mp4"
    text.write_text("no video")
    for path in (text, tmp_path / "none.mp4", write_clip(tmp_path / "c.mp4", steady(5))):
        assert creation_time(path) is None
