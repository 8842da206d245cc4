"""Frames chosen from a timeline: the right ones, and only from the recording's own timeline."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.extraction.calls import extract_one, files_below, rows_of
from tests.support.clips import steady, write_clip
from tests.timeline.builders import timeline
from video_pipeline.errors import TableError
from video_pipeline.extraction.choosing import LeastCertain
from video_pipeline.output.tables import write_timeline


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "clip.mp4", steady(75))


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "frames"


@pytest.fixture
def timelines(tmp_path: Path) -> Path:
    """OUT/clip/timeline.csv of three seconds; the second one is the least certain."""
    folder = tmp_path / "timelines"
    (folder / "clip").mkdir(parents=True)
    known = timeline(
        np.array([[True], [False], [True]]), probabilities=np.array([[0.9], [0.4], [0.8]])
    )
    write_timeline(folder / "clip" / "timeline.csv", known)
    return folder


@pytest.mark.parametrize("place", ["", "clip", "clip/timeline.csv"])
def test_the_least_certain_second_is_taken(
    clip: Path, out: Path, timelines: Path, place: str
) -> None:
    extraction = extract_one(clip, out, moments=LeastCertain(1, timelines / place))
    (row,) = rows_of(out / "frames.csv")
    assert row["time_s"] == "1"
    assert extraction.notes == ()


def test_fewer_than_were_asked_for_are_said(clip: Path, out: Path, timelines: Path) -> None:
    extraction = extract_one(clip, out, moments=LeastCertain(9, timelines))
    assert extraction.notes == (
        "1 instead of 9 seconds: no more of them have a frame and lie 5 s apart",
    )


def test_a_recording_without_a_timeline_is_refused(clip: Path, out: Path, timelines: Path) -> None:
    path = clip.rename(clip.with_name("other.mp4"))
    with pytest.raises(TableError, match=r"holds no other/timeline.csv; annotate that"):
        extract_one(path, out, moments=LeastCertain(1, timelines))


def test_a_timeline_of_another_length_is_refused(clip: Path, out: Path, timelines: Path) -> None:
    write_clip(clip, steady(125))
    with pytest.raises(TableError, match="covers 3 s, but the recording lasts 5 s"):
        extract_one(clip, out, moments=LeastCertain(1, timelines))
    assert files_below(out) == {}


def test_the_timeline_of_another_recording_is_refused_by_its_manifest(
    clip: Path, out: Path, timelines: Path
) -> None:
    manifest = {
        "input": {"sha256": "0" * 64, "size_bytes": 1, "path_sha256": "0" * 64},
        "model": {"sha256": "m"},
        "parameters": {},
        "status": "done",
        "warnings": [],
        "outputs": {"timeline.csv": {"rows": 3, "sha256": "t"}},
    }
    (timelines / "clip" / "run.json").write_text(json.dumps(manifest))
    with pytest.raises(TableError, match="is the timeline of another recording"):
        extract_one(clip, out, moments=LeastCertain(1, timelines))


def test_a_reference_without_probabilities_is_refused(
    clip: Path, out: Path, tmp_path: Path
) -> None:
    reference = tmp_path / "reference.csv"
    reference.write_text("second,hook\n0,1\n1,0\n2,0\n")
    with pytest.raises(TableError, match=r"holds no probabilities; take the timeline.csv"):
        extract_one(clip, out, moments=LeastCertain(1, reference))
