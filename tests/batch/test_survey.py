"""Headers of many files: what they claim, believed where it can be, in a process that may die."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from tests.support.clips import steady, write_clip
from tests.support.processes import children_of
from video_pipeline.batch.planning.lengths import Length, Surveying, expected_seconds, length_of
from video_pipeline.batch.planning.survey import Claim, plausible_seconds, survey
from video_pipeline.batch.recordings import Recording
from video_pipeline.config import AnnotationSettings
from video_pipeline.frames.container.header import Header


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("clips")
    names = ("a.mp4", "b.mkv", "with\nbreak.ts", "\udcff.avi")
    rate = {"time_base": Fraction(1, 25), "codec": "mpeg4"}
    return [
        write_clip(folder / name, steady(25 * k), **rate if name.endswith("avi") else {})  # type: ignore[arg-type]
        for k, name in enumerate(names, 2)
    ]


def test_claims_come_in_order_with_lengths_and_sizes(clips: list[Path]) -> None:
    claims = list(survey(clips))
    assert [of.seconds for of in claims] == pytest.approx([2, 3, 4, 5], abs=0.1)
    assert [of.n_bytes for of in claims] == [path.stat().st_size for path in clips]
    assert {(of.width_px, of.height_px) for of in claims} == {(160, 120)}
    assert [of.codec for of in claims] == ["h264", "h264", "h264", "mpeg4"]


def test_what_is_no_recording_is_named_as_such(clips: list[Path], tmp_path: Path) -> None:
    text, pipe = tmp_path / "text.mp4", tmp_path / "pipe.mp4"
    text.write_text("a text")
    os.mkfifo(pipe)
    bad, missing, stuck, good = survey([text, tmp_path / "none.mp4", pipe, clips[0]])
    assert [of.problem for of in (bad, missing, stuck, good)] == [
        "not a video container: the file is text",
        "no such file",
        "not a regular file",
        None,
    ]
    assert good.seconds == 2


@pytest.mark.parametrize("number", [signal.SIGSTOP, signal.SIGSEGV])
def test_a_file_on_which_the_reader_hangs_or_dies_is_unknown_and_the_next_is_read(
    clips: list[Path], number: int
) -> None:
    before = children_of(os.getpid())
    claims = survey([clips[0], clips[1], clips[2]], limit_s=0.5)
    assert next(claims).seconds == 2
    (child,) = children_of(os.getpid()) - before
    os.kill(child, number)
    assert next(claims) == Claim(n_bytes=clips[1].stat().st_size)
    assert next(claims).seconds == pytest.approx(4, abs=0.1)
    assert list(claims) == []
    assert children_of(os.getpid()) == before


def test_no_process_is_left_when_nobody_wants_more(clips: list[Path]) -> None:
    before = children_of(os.getpid())
    claims = survey(clips)
    next(claims)
    assert children_of(os.getpid()) != before
    claims.close()
    assert children_of(os.getpid()) == before


def test_a_survey_that_hangs_beside_the_work_ends_with_it(clips: list[Path]) -> None:
    before = children_of(os.getpid())
    recordings = [Recording(path, path.stem) for path in clips] * 500
    with Surveying(recordings, AnnotationSettings()) as surveying:
        while not (started := children_of(os.getpid()) - before):
            pass
        for child in started:
            os.kill(child, signal.SIGSTOP)
    assert surveying.lengths is None
    assert children_of(os.getpid()) == before


HEADER = Header(
    codec="h264",
    time_base=Fraction(1, 90000),
    rate_hz=Fraction(25),
    assumed_rate_hz=Fraction(25),
    duration=Fraction(3600),
    n_frames=90_000,
    pixel_aspect=Fraction(1),
    has_times=True,
    stores_dts=True,
    is_cut_short=False,
    are_times_counted=False,
)
GIGABYTE = 10**9


@pytest.mark.parametrize(
    ("header", "n_bytes", "seconds"),
    [
        (HEADER, GIGABYTE, 3600),
        (replace(HEADER, duration=None), GIGABYTE, None),
        (replace(HEADER, duration=Fraction(0)), GIGABYTE, None),
        (replace(HEADER, duration=Fraction(3_600_000)), GIGABYTE, None),
        (replace(HEADER, duration=Fraction(3_600_000), n_frames=None), GIGABYTE, None),
        (replace(HEADER, duration=Fraction(36)), GIGABYTE, None),
        (replace(HEADER, duration=Fraction(1, 1000), n_frames=None), 10 * GIGABYTE, None),
        (replace(HEADER, duration=Fraction(3500)), GIGABYTE, 3500),
        (replace(HEADER, n_frames=None, rate_hz=None), GIGABYTE, 3600),
    ],
)
def test_a_length_is_believed_where_file_and_index_allow_it(
    header: Header, n_bytes: int, seconds: float | None
) -> None:
    assert plausible_seconds(header, n_bytes=n_bytes) == seconds


def test_a_recording_of_several_files_is_as_long_as_they_are() -> None:
    claims = [Claim(seconds=60.0, n_bytes=10), Claim(seconds=30.0, n_bytes=5)]
    assert length_of(claims, AnnotationSettings()) == Length(90.0, 15)
    unknown = [*claims, Claim(n_bytes=7, problem="no such file")]
    assert length_of(unknown, AnnotationSettings()) == Length(None, 22, "no such file")


@pytest.mark.parametrize(
    ("start", "end", "seconds"), [(0, None, 90), (20, None, 70), (20, 50, 30), (100, None, 0)]
)
def test_only_what_is_annotated_counts(start: int, end: int | None, seconds: float) -> None:
    settings = AnnotationSettings(start=Fraction(start), end=None if end is None else Fraction(end))
    assert length_of([Claim(seconds=90.0, n_bytes=9)], settings).seconds == seconds


def test_size_stands_for_length_where_most_others_tell_theirs() -> None:
    lengths = {"a": Length(100.0, 1000), "b": Length(None, 500), "c": Length(None, 9, "cut")}
    assert expected_seconds(lengths, lengths) == {"a": 100, "b": 50, "c": 0}


def test_too_few_lengths_make_no_sum() -> None:
    lengths = {"a": Length(100.0, 1000), "b": Length(None, 500), "c": Length(None, 700)}
    assert expected_seconds(lengths, lengths) == {}
