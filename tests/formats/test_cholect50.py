from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.support.annotated_frames import t50
from tests.support.labelled import (
    annotated,
    assert_same_phases,
    assert_same_tools,
    exported,
    plain,
    with_phases,
)
from video_pipeline.errors import TableError
from video_pipeline.extraction.importing.cholect50 import read_cholect50
from video_pipeline.formats.registry import reader_of


def test_a_frame_has_rows_of_fifteen_values_under_its_number_as_text(tmp_path: Path) -> None:
    exported("cholect50", [with_phases(plain("VID07"))], tmp_path)
    content = json.loads((tmp_path / "labels" / "VID07.json").read_text())
    assert (content["video"], content["fps"], content["num_frames"]) == (7, 1, 6)
    assert set(content["categories"]) == {"triplet", "instrument", "verb", "target", "phase"}
    assert content["categories"]["instrument"] == {"0": "Grasper", "1": "Hook"}
    assert list(content["annotations"]) == [str(k) for k in range(6)]
    none = [-1] * 12
    assert content["annotations"]["0"] == [[-1, 0, *none, 0]]
    assert content["annotations"]["1"] == [[-1, 0, *none, 0], [-1, 1, *none, 0]]
    assert content["annotations"]["4"] == [[-1, 0, *none, 3]]


def test_tools_phases_and_seconds_without_a_frame_come_back(tmp_path: Path) -> None:
    recording = annotated("VID3")
    notes, (back,) = exported("cholect50", [recording], tmp_path)
    assert_same_tools(back, recording)
    assert back.timeline is not None
    assert back.timeline.n_frames.tolist() == [1, 1, 1, 0, 1, 1]
    # Second 3 has no frame, and takes the phase of second 2, which here is its own.
    assert_same_phases(back, recording)
    assert back.notes == ("1 s without a phase have that of the second before them",)
    assert "VID3: seconds without a frame have no phase either" in notes


def test_a_second_without_a_tool_has_its_phase_all_the_same(tmp_path: Path) -> None:
    recording = with_phases(plain("VID1"))
    assert recording.timeline is not None
    present = np.zeros((6, 2), dtype=np.bool_)
    object.__setattr__(recording.timeline, "present", present)
    object.__setattr__(recording, "segments", ())
    _, (back,) = exported("cholect50", [recording], tmp_path)
    assert_same_phases(back, recording)
    assert_same_tools(back, recording)
    assert back.notes == ()


def test_what_training_reads_is_what_a_timeline_reads(tmp_path: Path) -> None:
    t50(tmp_path / "labels" / "VID01.json")
    (labels,) = read_cholect50(tmp_path)
    (recording,) = reader_of("cholect50")(tmp_path)
    assert recording.timeline is not None
    for second in range(recording.n_seconds):
        at = labels.annotation.at(second)
        assert (recording.timeline.n_frames[second] > 0) == (at is not None)
        if at is not None:
            assert recording.timeline.present[second].tolist() == at.tolist()


def test_what_training_reads_is_what_was_exported(tmp_path: Path) -> None:
    recording = annotated("VID03")
    exported("cholect50", [recording], tmp_path)
    (labels,) = read_cholect50(tmp_path)
    assert labels.annotation.tools == recording.tools
    assert labels.phases is not None
    assert labels.phases[4] == "GallbladderDissection"


def test_a_name_that_is_none_of_theirs_is_kept_and_said(tmp_path: Path) -> None:
    notes, (back,) = exported("cholect50", [plain("case 3")], tmp_path)
    assert back.video_id == "case 3"
    assert "CholecT50's loaders expect VID01" in notes[-1]


@pytest.mark.parametrize("tool", ["=cmd", "a,b", "phase", "Schere_ä", "", "a\nb"])
def test_a_tool_that_the_format_cannot_hold_is_named(tmp_path: Path, tool: str) -> None:
    with pytest.raises(TableError, match="the tool ") as caught:
        exported("cholect50", [plain("VID1", (tool, "b"))], tmp_path)
    assert "\n" not in str(caught.value)
