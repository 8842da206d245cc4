"""Cholec80, m2cai16, TMRNet, Surgformer: the files are as their own programs read them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.support.labelled import (
    annotated,
    assert_same_phases,
    assert_same_tools,
    exported,
    plain,
    to_the_millisecond,
    with_phases,
)
from video_pipeline.errors import TableError
from video_pipeline.formats.phase_names import CHOLEC80_PHASES
from video_pipeline.formats.registry import reader_of


def test_cholec80_is_a_row_a_second_of_its_25_fps_video(tmp_path: Path) -> None:
    exported("cholec80", [with_phases(plain())], tmp_path)
    tools = (tmp_path / "tool_annotations" / "video07-tool.txt").read_text()
    assert tools == (
        "Frame\tGrasper\tHook\n0\t1\t0\n25\t1\t1\n50\t0\t1\n75\t0\t1\n100\t1\t0\n125\t1\t0\n"
    )
    phases = (tmp_path / "phase_annotations" / "video07-phase.txt").read_text()
    assert phases.splitlines()[:4] == [
        *("Frame\tPhase", "0\tPreparation", "25\tPreparation", "50\tCalotTriangleDissection")
    ]


def test_what_cholec80_cannot_hold_is_said_for_each_recording(tmp_path: Path) -> None:
    notes, _ = exported("cholec80", [annotated("a"), to_the_millisecond("b")], tmp_path)
    assert notes == [
        "a: the probabilities of its tools are left out",
        "a: 1 s without a frame are written as no tool",
        "a: the flags of 2 s are left out",
        "a: its features are left out",
        "b: 3 uses begin or end within a second, and are written as seconds",
        "phases have a row a second; those of Cholec80 have one for every frame",
    ]


def test_m2cai16_has_states_confidences_and_a_phase_for_every_frame(tmp_path: Path) -> None:
    recording = annotated("video_05")
    notes, (back,) = exported("m2cai16", [recording], tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        *("tool_video_05.txt", "tool_video_05_pred.txt", "workflow_video_05.txt")
    ]
    states, confidences = (
        np.loadtxt(tmp_path / name, skiprows=1)
        for name in ("tool_video_05.txt", "tool_video_05_pred.txt")
    )
    # The scorer rejects predictions whose frames are not those of the states.
    np.testing.assert_array_equal(states[:, 0], confidences[:, 0])
    np.testing.assert_array_equal(states[:, 0], 25 * np.arange(6))
    assert confidences[0].tolist() == [0, 0.9375, 0.0625]
    assert len((tmp_path / "workflow_video_05.txt").read_text().splitlines()) == 1 + 6 * 25
    assert_same_tools(back, recording)
    assert_same_phases(back, recording)
    assert back.timeline is not None
    np.testing.assert_array_equal(
        back.timeline.probabilities,
        np.nan_to_num(recording.timeline.probabilities),  # type: ignore[union-attr]
    )
    assert "video_05: 1 s without a frame are written as no tool, with the confidence 0" in notes


def test_confidences_that_m2cai16s_scorer_takes_for_states_are_said(tmp_path: Path) -> None:
    notes, _ = exported("m2cai16", [annotated("x")], tmp_path)
    assert [note for note in notes if "two values" in note] == []
    recording = annotated("y")
    assert recording.timeline is not None
    certain = recording.timeline.present.astype(np.float64)
    object.__setattr__(recording.timeline, "probabilities", certain)
    notes, _ = exported("m2cai16", [recording], tmp_path)
    assert "y: the confidences of Hook have two values at most; the scorer warns of that" in notes


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("Frame\tHook\n0\t1.5\n", "line 2, column 'Hook': '1.5' is no number from 0 to 1"),
        ("Frame\tHook\n0\tnan\n", "line 2, column 'Hook': 'nan' is no number from 0 to 1"),
        ("Frame\tHook\n0\t0.5\n50\t0.5\n", "has other tools or frames"),
        ("Frame\tClip\n0\t0.5\n25\t0.5\n", "has other tools or frames"),
    ],
)
def test_confidences_that_are_none_are_refused(tmp_path: Path, text: str, cause: str) -> None:
    (tmp_path / "tool_video_1.txt").write_text("Frame\tHook\n0\t1\n25\t0\n")
    (tmp_path / "tool_video_1_pred.txt").write_text(text)
    with pytest.raises(TableError, match=cause.replace("has other", "predictions have other")):
        reader_of("m2cai16")(tmp_path)


def test_confidences_alone_show_a_tool_from_one_half_on(tmp_path: Path) -> None:
    path = tmp_path / "tool_video_1_pred.txt"
    path.write_text("Frame\tHook\n0\t0.5\n50\t0.49\n")
    (recording,) = reader_of("m2cai16")(path)
    assert recording.video_id == "video_1"
    assert recording.timeline is not None
    assert recording.timeline.present[:, 0].tolist() == [True, False, False]
    assert recording.timeline.n_frames.tolist() == [1, 0, 1]


def test_a_name_that_means_another_file_of_m2cai16_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="'video_1_pred' is called like a file of this format"):
        exported("m2cai16", [plain("video_1_pred")], tmp_path)


def test_tmrnet_has_ids_without_a_header_and_surgformer_with_one(tmp_path: Path) -> None:
    for name, file, text in (
        ("tmrnet", "video07-phase.txt", "0\t0\n25\t0\n50\t1\n75\t1\n100\t3\n125\t3\n"),
        ("surgformer", "video-07.txt", "Frame\tPhase\n0\t0\n1\t0\n2\t1\n3\t1\n4\t3\n5\t3\n"),
    ):
        recording = with_phases(plain())
        notes, (back,) = exported(name, [recording], tmp_path / name)
        assert (tmp_path / name / file).read_text() == text
        assert back.video_id == "video07"
        assert_same_phases(back, recording)
        assert "video07: its tools are left out" in notes
        assert notes[-1].startswith("phases are written as 0 Preparation, 1 CalotTriangle")


def test_ids_are_of_the_names_and_not_of_the_columns(tmp_path: Path) -> None:
    shuffled = ("ClippingAndCutting", "Preparation", "Unused", "GallbladderRetraction")
    _, (back,) = exported("tmrnet", [with_phases(plain(), shuffled)], tmp_path)
    assert back.phases is not None
    assert back.phases.phases == CHOLEC80_PHASES
    assert back.phases.phase.tolist() == [2, 2, 0, 0, 6, 6]


@pytest.mark.parametrize("name", ["tmrnet", "surgformer"])
def test_a_phase_without_an_id_is_refused_by_name(tmp_path: Path, name: str) -> None:
    recording = with_phases(plain(), ("Suture", "b", "c", "d"))
    with pytest.raises(TableError, match="video07: the phase 'Suture' has no id"):
        exported(name, [recording], tmp_path)


@pytest.mark.parametrize("name", ["tmrnet", "surgformer"])
def test_recordings_without_phases_are_left_out_and_said(tmp_path: Path, name: str) -> None:
    with pytest.raises(TableError, match="no recording has phases"):
        exported(name, [plain()], tmp_path)
    notes, back = exported(name, [plain("a"), with_phases(plain("b"))], tmp_path)
    assert [of.video_id for of in back] == ["b"]
    assert notes[0] == "a: has no phases and is left out"


@pytest.mark.parametrize(
    ("name", "text", "cause"),
    [
        ("tmrnet", "0\t0\n25\t7\n", "line 2, column 'Phase': '7' is no id from 0 to 6"),
        ("tmrnet", "0\t0\n25\tPreparation\n", "line 2, column 'Phase': 'Preparation' is no id"),
        ("tmrnet", "0\t0\n50\t0\n", "line 2, column 'Frame': 50, but 25 is expected"),
        ("tmrnet", "0\t0\n1\t0\n", "line 2, column 'Frame': 1, but 25 is expected"),
        ("tmrnet", "0,0\n", "line 1: has 1 columns, not 2"),
        ("tmrnet", "Frame\tPhase\n0\t0\n", "line 1, column 'Frame': 'Frame' is no number"),
        ("surgformer", "0\t0\n", "line 1: is '0"),
        ("surgformer", "Frame\tPhase\n", "has a header but no rows"),
        ("surgformer", "Frame\tPhase\n0\t0\n0\t0\n", "line 3, column 'Frame': 0, but 1 is expec"),
    ],
)
def test_wrong_ids_are_named_by_line_and_column(
    tmp_path: Path, name: str, text: str, cause: str
) -> None:
    (tmp_path / "video-1.txt").write_text(text)
    with pytest.raises(TableError, match=cause):
        reader_of(name)(tmp_path / "video-1.txt")


@pytest.mark.parametrize(
    "name",
    ["cholec80", "m2cai16", "tmrnet", "surgformer", "cholect50", "ms-tcn", "rttm", "parquet"],
)
def test_an_empty_folder_holds_nothing_to_import(tmp_path: Path, name: str) -> None:
    with pytest.raises(TableError) as caught:
        reader_of(name)(tmp_path)
    assert str(caught.value).startswith(str(tmp_path))
