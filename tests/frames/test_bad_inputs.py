"""Hostile and broken files from outside: refused in one line, or read as far as they go.

The files are no part of the project. Where their folder is missing, these tests are skipped; the
most telling of them are made anew in ``test_opening``, ``test_damage`` and ``test_clock``.
"""

from __future__ import annotations

import csv
import time
from pathlib import Path

import pytest

from video_pipeline.errors import RecordingError
from video_pipeline.frames import FrameSampler, SamplingReport, open_video

BAD_INPUTS = Path(__file__).parents[3] / "shared" / "bad_inputs"
LONGEST_S = 20.0

pytestmark = pytest.mark.skipif(not BAD_INPUTS.is_dir(), reason="the files are not there")


def rows() -> list[dict[str, str]]:
    table = BAD_INPUTS / "EXPECTED.csv"
    if not table.is_file():
        return []
    with table.open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["category"] in ("video", "protocol")]


def names(*verdicts: str) -> list[str]:
    return [row["path"] for row in rows() if row["verdict"] in verdicts]


def sample(name: str) -> SamplingReport:
    with open_video(BAD_INPUTS / name) as reader:
        sampler = FrameSampler(reader)
        n_images = sum(len(batch) for batch in sampler)
        assert n_images == sampler.report.n_sampled
        return sampler.report


@pytest.mark.parametrize("name", names("REJECT"))
def test_is_refused_with_one_line(name: str) -> None:
    started = time.monotonic()
    with pytest.raises(RecordingError) as caught:
        sample(name)
    assert str(caught.value).startswith(str(BAD_INPUTS / name))
    assert "\n" not in str(caught.value)
    assert time.monotonic() - started < LONGEST_S


@pytest.mark.parametrize("name", names("OK", "OK_WARN", "PARTIAL"))
def test_gives_its_frames(name: str) -> None:
    started = time.monotonic()
    report = sample(name)
    assert report.n_sampled > 0
    assert time.monotonic() - started < LONGEST_S


@pytest.mark.parametrize("name", names("PARTIAL"))
def test_damage_is_reported(name: str) -> None:
    report = sample(name)
    assert report.warnings
    assert report.n_corrupt + report.n_lost > 0 or not report.is_complete
    assert not report.is_whole


@pytest.mark.parametrize("name", names("OK", "OK_WARN"))
def test_what_is_odd_damages_nothing(name: str) -> None:
    assert sample(name).is_whole


# A pause stands in the table as a gap; packed B-frames come out as any others do.
SAID_ELSEWHERE = {"video/gap_10min.mkv", "video/avi_packed_bframes.avi"}


@pytest.mark.parametrize("name", sorted(set(names("OK_WARN")) - SAID_ELSEWHERE))
def test_what_is_odd_is_said(name: str) -> None:
    assert sample(name).warnings


@pytest.mark.parametrize(
    ("name", "n_seconds", "n_shown"),
    [
        ("video/avi_packed_bframes.avi", 3, 75),
        ("video/bframes8_long_gop.mp4", 3, 75),
        ("video/cut_last_byte.mp4", 3, 74),
        ("video/duration_x1000.mp4", 3, 75),
        ("video/duration_zero.mp4", 3, 75),
        ("video/edit_list_trim.mp4", 2, 42),
        ("video/fps_0.1.mp4", 100, 10),
        ("video/fps_0_0.avi", 2, 30),
        ("video/fps_1000.avi", 2, 30),
        ("video/fps_29_97.mp4", 3, 75),
        ("video/fps_tiny.avi", 2, 30),
        ("video/fragmented.mp4", 3, 75),
        ("video/gap_10min.mkv", 603, 75),
        ("video/live_no_duration.webm", 3, 75),
        ("video/negative_start.mkv", 3, 75),
        ("video/raw_elementary.hevc", 3, 75),
        ("video/res_change.ts", 3, 75),
        ("video/start_1e6s.mkv", 3, 75),
        ("video/stts_huge_count.mp4", 3, 75),
        ("video/ts_pts_wrap_true.ts", 3, 75),
        ("video/two_frames.mp4", 1, 2),
    ],
)
def test_length_comes_from_the_frames(name: str, n_seconds: int, n_shown: int) -> None:
    report = sample(name)
    assert (report.n_seconds, report.n_shown) == (n_seconds, n_shown)
