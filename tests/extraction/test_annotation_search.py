from __future__ import annotations

from pathlib import Path

import pytest

from video_pipeline.errors import TableError
from video_pipeline.formats.annotation_search import find_annotation


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "tool_annotations"
    folder.mkdir()
    for name in (
        *("video01-tool.txt", "video10-tool.txt", "tool_video_02.txt", "tool_video_02_pred.txt"),
        *("video01-phase.txt", "readme.txt", "video01_T2-tool.txt", "tool_case_7.txt"),
    ):
        (folder / name).touch()
    return folder


@pytest.mark.parametrize(
    ("recording", "name"),
    [
        ("video01.mp4", "video01-tool.txt"),
        ("VIDEO01.MP4", "video01-tool.txt"),
        ("video01_T2.mp4", "video01_T2-tool.txt"),
        ("video_02.mp4", "tool_video_02.txt"),
        ("tool_video_02.mp4", "tool_video_02.txt"),
        ("video02.avi", "tool_video_02.txt"),
        ("VID10.mp4", "video10-tool.txt"),
        ("cholec80_video10_25fps.mp4", "video10-tool.txt"),
        ("case 7.mp4", "tool_case_7.txt"),
    ],
)
def test_an_annotation_is_found_by_name_or_number(folder: Path, recording: str, name: str) -> None:
    assert find_annotation(folder, Path("elsewhere", recording)).name == name


@pytest.mark.parametrize("recording", ["video03.mp4", "video.mp4", "a1_b2.mp4", "video100.mp4"])
def test_a_recording_without_an_annotation_is_refused_in_one_line(
    folder: Path, recording: str
) -> None:
    with pytest.raises(TableError, match=f"no tool annotation of {recording}; ") as caught:
        find_annotation(folder, Path(recording))
    assert str(caught.value).startswith(str(folder))


def test_two_annotations_of_one_number_are_not_guessed_between(folder: Path) -> None:
    (folder / "video2-tool.txt").touch()
    with pytest.raises(TableError, match=r"tool_video_02.txt and video2-tool.txt could each be"):
        find_annotation(folder, Path("video002.mp4"))


def test_a_file_that_is_named_is_taken_whatever_it_is_called(tmp_path: Path) -> None:
    named = tmp_path / "labels of monday.txt"
    named.touch()
    assert find_annotation(named, Path("video01.mp4")) == named
