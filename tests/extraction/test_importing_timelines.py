"""Timelines and frames on disk become a label table; seconds without a frame are left out."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest

from tests.formats.drawn_recordings import labelled
from tests.support.annotated_frames import join, seconds_of, touch
from video_pipeline.errors import TableError
from video_pipeline.extraction.importing.joining import label_table_csv
from video_pipeline.extraction.importing.timelines import read_timelines
from video_pipeline.formats.labelled_folder import write_labelled_folder
from video_pipeline.output.phase_tables import certain_phases
from video_pipeline.output.tables import write_timeline
from video_pipeline.records import ToolTimeline

BY_SECOND = "{video}/{second}.*"
WITH_HOLES = "second,Hook\n0,1\n1,\n2,0\n3,1\n4,\n5,\n6,\n"
"""Seconds 1 and 4 to 6 have no frame."""


def frames_of(tmp_path: Path, video_id: str, n: int) -> Path:
    return touch(tmp_path / "frames", *[f"{video_id}/{second}.jpg" for second in range(n)])


def test_seconds_without_a_frame_have_no_label_and_are_counted(tmp_path: Path) -> None:
    (tmp_path / "case1.csv").write_text(WITH_HOLES)
    frames = frames_of(tmp_path, "case1", 4)
    (recording,) = join(read_timelines(tmp_path / "case1.csv"), frames, BY_SECOND)
    assert seconds_of(recording) == [
        ("0.jpg", 0, (True,)),
        ("2.jpg", 2, (False,)),
        ("3.jpg", 3, (True,)),
    ]
    assert (recording.n_missing, recording.n_unannotated) == (0, 1)
    assert recording.notes == ("seconds without a frame, which have no label: 4",)


def test_pictures_of_the_unlabelled_end_belong_to_the_recording(tmp_path: Path) -> None:
    (tmp_path / "case1.csv").write_text(WITH_HOLES)
    frames = frames_of(tmp_path, "case1", 7)
    (recording,) = join(read_timelines(tmp_path), frames, BY_SECOND)
    assert [row.second for row in recording.rows] == [0, 2, 3]
    assert (recording.n_unannotated, recording.is_off_by_one) == (4, False)
    frames_of(tmp_path, "case1", 9)
    with pytest.raises(TableError, match=r"case1.csv: covers 7 s, but the frames in .* 9 s"):
        join(read_timelines(tmp_path), frames, BY_SECOND)


def test_a_gap_has_no_label_whatever_its_number_of_frames(tmp_path: Path) -> None:
    timeline = ToolTimeline(
        ("Hook",), np.full((3, 1), np.nan), np.ones((3, 1), np.bool_), np.ones(3, np.int64)
    )
    (tmp_path / "case1").mkdir()
    path = tmp_path / "case1" / "timeline.csv"
    write_timeline(path, timeline, flags=("", "gap+decode_error", "decode_error"))
    (recording,) = read_timelines(tmp_path)
    assert recording.annotation.seconds.tolist() == [0, 2]


def test_seconds_of_a_correction_without_probabilities_are_labels(tmp_path: Path) -> None:
    corrected = labelled([("Hook", 1, 2.6)], tools=("Hook", "Bag"), n_seconds=4, video_id="case1")
    assert corrected.timeline is not None
    assert np.isnan(corrected.timeline.probabilities).all()
    write_labelled_folder(tmp_path / "case1", corrected)
    (recording,) = read_timelines(tmp_path / "case1")
    assert recording.name == "case1"
    assert recording.annotation.seconds.tolist() == [0, 1, 2, 3]
    assert recording.annotation.present.tolist() == corrected.timeline.present.tolist()
    assert recording.notes == ()


def test_what_a_model_said_is_not_taken_for_a_label_in_silence(tmp_path: Path) -> None:
    said = ToolTimeline(
        ("Hook",), np.full((2, 1), 0.9), np.ones((2, 1), np.bool_), np.ones(2, np.int64)
    )
    (tmp_path / "case1").mkdir()
    write_timeline(tmp_path / "case1" / "timeline.csv", said, flags=("", ""))
    (recording,) = read_timelines(tmp_path)
    assert recording.annotation.present.tolist() == [[True], [True]]
    assert recording.notes == (
        "labels with probabilities are a model's, unless somebody corrected them",
    )


def test_phases_go_along_and_are_never_run_as_formulas(tmp_path: Path) -> None:
    phases = certain_phases(("Preparation", "=1+1"), np.array([0, 0, 1]))
    write_labelled_folder(
        tmp_path / "out" / "case1",
        labelled([("Hook", 0, 1)], tools=("Hook",), n_seconds=3, video_id="case1", phases=phases),
    )
    frames = frames_of(tmp_path, "case1", 3)
    joined = join(read_timelines(tmp_path / "out"), frames, BY_SECOND)
    rows = list(csv.DictReader(io.StringIO(label_table_csv(tmp_path, ["Hook"], joined))))
    assert [(row["Hook"], row["phase"]) for row in rows] == [
        ("1", "Preparation"),
        ("0", "Preparation"),
        ("0", "'=1+1"),
    ]


def test_a_recording_of_phases_only_teaches_no_tools(tmp_path: Path) -> None:
    (tmp_path / "case1.csv").write_text("second,phase\n0,Preparation\n1,Preparation\n")
    with pytest.raises(TableError, match=r"case1.csv: case1: its phases are known, but no tools"):
        read_timelines(tmp_path)


@pytest.mark.parametrize("tool", ["=cmd", "split", "a/b"])
def test_a_tool_that_no_label_table_can_hold_is_refused(tmp_path: Path, tool: str) -> None:
    corrected = labelled([(tool, 0, 1)], tools=("Hook", tool), n_seconds=2, video_id="case1")
    write_labelled_folder(tmp_path / "case1", corrected)
    with pytest.raises(TableError, match=rf"case1: the tool '{tool}' cannot be the name"):
        read_timelines(tmp_path)


def test_recordings_with_other_tools_are_named(tmp_path: Path) -> None:
    (tmp_path / "case1.csv").write_text("second,Hook\n0,1\n")
    (tmp_path / "case2.csv").write_text("second,Hook,Bag\n0,1,0\n")
    frames_of(tmp_path, "case2", 1)
    frames = frames_of(tmp_path, "case1", 1)
    with pytest.raises(TableError, match=r"case2.csv: has the tools Hook, Bag, but case1 has Hook"):
        join(read_timelines(tmp_path), frames, BY_SECOND)


def test_a_table_that_shifts_is_refused_by_its_line(tmp_path: Path) -> None:
    (tmp_path / "case1.csv").write_text("second,Hook\n0,1\n2,1\n")
    with pytest.raises(TableError, match=r"case1.csv: line 3, column 1: second 1 is missing"):
        read_timelines(tmp_path)
    with pytest.raises(TableError, match=r"no such file|cannot be read"):
        read_timelines(tmp_path / "none")


def test_a_real_operation_keeps_every_label(shared: Path, tmp_path: Path) -> None:
    """The published text is read as a timeline, and the oracle reads it as numbers."""
    source = shared / "data" / "cholec80_labels" / "tool_annotations" / "video01-tool.txt"
    if not source.is_file():
        pytest.skip("the annotations are not there")
    table = np.loadtxt(source, skiprows=1, dtype=int)
    (recording,) = join(
        read_timelines(source), frames_of(tmp_path, "video01", len(table)), BY_SECOND
    )
    np.testing.assert_array_equal([row.second * 25 for row in recording.rows], table[:, 0])
    np.testing.assert_array_equal([row.present for row in recording.rows], table[:, 1:] == 1)
