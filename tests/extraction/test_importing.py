"""Annotations and frames on disk become a label table, second by second."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.annotated_frames import INDEX, annotate, join, seconds_of, touch
from video_pipeline.errors import TableError
from video_pipeline.extraction.importing.cholect50 import read_cholect50
from video_pipeline.extraction.importing.frame_files import FramePattern, find_frames
from video_pipeline.extraction.importing.joining import (
    label_table_csv,
)
from video_pipeline.extraction.importing.tool_texts import read_cholec80, read_m2cai16_tool


def test_frames_counted_from_one_get_the_labels_of_their_second(tmp_path: Path) -> None:
    annotate(tmp_path / "tool_annotations/video01-tool.txt", 4)
    names = [f"video01/video01_{i:06}.png" for i in (1, 2, 3, 4)]
    touch(tmp_path / "frames", *names)
    (recording,) = join(read_cholec80(tmp_path), tmp_path / "frames", INDEX)
    assert seconds_of(recording) == [
        ("video01_000001.png", 0, (True, True)),
        ("video01_000002.png", 1, (False, False)),
        ("video01_000003.png", 2, (True, False)),
        ("video01_000004.png", 3, (False, True)),
    ]
    assert (recording.n_missing, recording.n_unannotated) == (0, 0)
    assert not recording.is_off_by_one


@pytest.mark.parametrize(("n_frames", "n_rows", "missing", "beyond"), [(5, 4, 0, 1), (3, 3, 1, 0)])
def test_a_difference_of_one_second_is_accepted_and_said(
    tmp_path: Path, n_frames: int, n_rows: int, missing: int, beyond: int
) -> None:
    annotate(tmp_path / "video01-tool.txt", 4)
    touch(tmp_path / "frames", *[f"video01/video01_{i}.jpg" for i in range(1, n_frames + 1)])
    (recording,) = join(read_cholec80(tmp_path), tmp_path / "frames", INDEX)
    assert len(recording.rows) == n_rows
    assert (recording.n_missing, recording.n_unannotated) == (missing, beyond)
    assert recording.is_off_by_one


@pytest.mark.parametrize("n_frames", [2, 6])
def test_a_larger_difference_is_refused(tmp_path: Path, n_frames: int) -> None:
    annotate(tmp_path / "video01-tool.txt", 4)
    touch(tmp_path / "frames", *[f"video01/video01_{i}.jpg" for i in range(1, n_frames + 1)])
    with pytest.raises(TableError, match=rf"covers 4 s, but the frames in .* {n_frames} s"):
        join(read_cholec80(tmp_path), tmp_path / "frames", INDEX)


def test_frames_that_say_their_second_may_be_few_but_not_later(tmp_path: Path) -> None:
    annotate(tmp_path / "video01-tool.txt", 100)
    frames = touch(tmp_path / "frames", "video01/000007.png", "video01/90.png")
    (recording,) = join(read_cholec80(tmp_path), frames, "{video}/{second}.*")
    assert [row.second for row in recording.rows] == [7, 90]
    assert recording.n_missing == 98
    touch(frames, "video01/101.png")
    with pytest.raises(TableError, match=r"covers 100 s, but the frames in .* 102 s"):
        join(read_cholec80(tmp_path), frames, "{video}/{second}.*")


def test_frames_of_the_video_count_where_they_were_annotated(tmp_path: Path) -> None:
    annotate(tmp_path / "tool_video_03.txt", 3)
    annotate(tmp_path / "tool_video_03_pred.txt", 9)
    names = [f"tool_video_03-{frame}.jpg" for frame in (0, 1, 25, 30, 50)]
    touch(tmp_path / "frames", *names)
    (recording,) = join(read_m2cai16_tool(tmp_path), tmp_path / "frames", "{video}-{frame}.*")
    assert seconds_of(recording) == [
        ("tool_video_03-0.jpg", 0, (True, True)),
        ("tool_video_03-25.jpg", 1, (False, False)),
        ("tool_video_03-50.jpg", 2, (True, False)),
    ]
    assert recording.n_unannotated == 2


def test_our_own_frames_go_by_their_table(tmp_path: Path) -> None:
    annotate(tmp_path / "video01-tool.txt", 4)
    frames = touch(
        tmp_path / "frames", "VID01/VID01_000000.000s.jpg", "train/hook/VID01_000002.500s.jpg"
    )
    (frames / "frames.csv").write_text(
        "file,time_s,pts_s,video_id,flag\n"
        "VID01/VID01_000000.000s.jpg,0,0,VID01,\n"
        "VID01/VID01_000002.500s.jpg,2.5,2.48,VID01,\n"
        "VID01/VID01_000003.000s.jpg,3,3,VID01,\n"
    )
    (recording,) = join(read_cholec80(tmp_path), frames)
    assert recording.name == "video01"
    assert seconds_of(recording) == [
        ("VID01_000000.000s.jpg", 0, (True, True)),
        ("VID01_000002.500s.jpg", 2, (True, False)),
    ]


def test_tools_in_another_order_are_matched_by_name(tmp_path: Path) -> None:
    annotate(tmp_path / "video01-tool.txt", 3, tools=("Grasper", "Hook"))
    annotate(tmp_path / "video02-tool.txt", 3, tools=("Hook", "Grasper"))
    frames = touch(tmp_path / "frames", *[f"video0{v}/{s}.png" for v in (1, 2) for s in range(3)])
    first, second = join(read_cholec80(tmp_path), frames, "{video}/{second}.*")
    assert [row.present for row in first.rows] == [(True, True), (False, False), (True, False)]
    assert [row.present for row in second.rows] == [(True, True), (False, False), (False, True)]


def test_recordings_with_other_tools_are_refused(tmp_path: Path) -> None:
    annotate(tmp_path / "video01-tool.txt", 3, tools=("Grasper",))
    annotate(tmp_path / "video02-tool.txt", 3, tools=("Hook",))
    frames = touch(tmp_path / "frames", "video01/0.png", "video02/0.png")
    with pytest.raises(TableError, match=r"video02-tool.txt: has the tools Hook, but video01"):
        join(read_cholec80(tmp_path), frames, "{video}/{second}.*")


def test_frames_of_nothing_annotated_are_refused(tmp_path: Path) -> None:
    annotate(tmp_path / "video01-tool.txt", 3)
    frames = touch(tmp_path / "frames", "video02/0.png")
    with pytest.raises(TableError, match="holds no frame of video01"):
        join(read_cholec80(tmp_path), frames, "{video}/{second}.*")


def test_two_folders_of_one_recording_are_not_guessed_between(tmp_path: Path) -> None:
    annotate(tmp_path / "video01-tool.txt", 3)
    frames = touch(tmp_path / "frames", "VID01/0.png", "case1/1.png")
    with pytest.raises(TableError, match="VID01 and case1 could each be the frames of video01"):
        join(read_cholec80(tmp_path), frames, "{video}/{second}.*")


def test_two_pictures_of_one_second_are_refused(tmp_path: Path) -> None:
    frames = touch(tmp_path, "v1/1.png", "v1/001.jpg")
    with pytest.raises(TableError, match=r"v1/1.png: is of the same second as 001.jpg"):
        find_frames(frames, [FramePattern("{video}/{second}.*")])


def test_frame_zero_shows_that_frames_are_not_counted_from_one(tmp_path: Path) -> None:
    frames = touch(tmp_path, "v1/v1_0.png")
    with pytest.raises(TableError, match="counted from 1 here; are they seconds"):
        find_frames(frames, [FramePattern(INDEX)])


def test_hidden_files_and_other_names_are_passed_over(tmp_path: Path) -> None:
    touch(
        tmp_path, "v1/.v1_1.png", ".cache/v1_1.png", "v1/v2_1.png", "v1/v1_1.txt", "v1/x/v1_1.png"
    )
    with pytest.raises(TableError, match="holds no frames; expected are "):
        find_frames(tmp_path, [FramePattern(INDEX)])
    touch(tmp_path, "v1/v1_000001.PNG")
    assert [frame.second for frame in find_frames(tmp_path, [FramePattern(INDEX)])] == [0]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{video}",
        "{second}.png",
        "{video}{second}{frame}",
        "{video}/{time}.png",
        "{video}/{}.png",
    ],
)
def test_a_pattern_that_says_too_little_is_a_wrong_call(text: str) -> None:
    with pytest.raises(ValueError, match=r"a pattern has {video} and one of"):
        FramePattern(text)


def test_what_is_no_placeholder_stands_for_itself(tmp_path: Path) -> None:
    touch(tmp_path, "a+b (v1)/5[x].png", "aab (v1)/6[x].png")
    found = find_frames(tmp_path, [FramePattern("a+b ({video})/{second}[x].png")])
    assert [(frame.video, frame.second) for frame in found] == [("v1", 5)]


@pytest.mark.parametrize("read", [read_cholec80, read_m2cai16_tool, read_cholect50])
def test_a_source_without_annotations_is_refused(tmp_path: Path, read: Any) -> None:
    with pytest.raises(TableError, match="holds no"):
        read(tmp_path)
    with pytest.raises(TableError, match=r"cannot be read|holds no"):
        read(tmp_path / "none")


def test_images_are_named_from_the_table_and_never_run_as_formulas(tmp_path: Path) -> None:
    annotate(tmp_path / "=v1-tool.txt", 1)
    frames = touch(tmp_path / "frames", "=v1/0.png")
    recordings = read_cholec80(tmp_path)
    joined = join(recordings, frames, "{video}/{second}.*")
    (row,) = label_table_csv(frames, ["Grasper", "Hook"], joined).splitlines()[1:]
    assert row == "./=v1/0.png,'=v1,0,1,1"


def test_a_path_that_is_no_text_is_refused(tmp_path: Path) -> None:
    annotate(tmp_path / "v1-tool.txt", 1)
    frames = touch(tmp_path / "fra\udcffmes", "v1/0.png")
    joined = join(read_cholec80(tmp_path), frames, "{video}/{second}.*")
    with pytest.raises(TableError, match="bytes that are no text"):
        label_table_csv(tmp_path, ["Grasper", "Hook"], joined)


def test_real_annotations_are_imported_row_by_row(shared: Path, tmp_path: Path) -> None:
    """The oracle reads the text as numbers."""
    source = shared / "data" / "cholec80_labels" / "tool_annotations"
    if not source.is_dir():
        pytest.skip("the annotations are not there")
    n_rows = {}
    for name in ("video01", "video60"):
        table = np.loadtxt(source / f"{name}-tool.txt", skiprows=1, dtype=int)
        n_rows[name] = len(table)
        touch(tmp_path, *[f"{name}/{name}_{i:06}.png" for i in range(1, len(table) + 2)])
    joined = join(read_cholec80(source), tmp_path, INDEX)
    assert [recording.name for recording in joined] == ["video01", "video60"]
    for recording in joined:
        table = np.loadtxt(source / f"{recording.name}-tool.txt", skiprows=1, dtype=int)
        np.testing.assert_array_equal([row.second * 25 for row in recording.rows], table[:, 0])
        np.testing.assert_array_equal([row.present for row in recording.rows], table[:, 1:] == 1)
        assert recording.is_off_by_one
