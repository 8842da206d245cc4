from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.timeline.builders import LABELS, cholec80_presence
from video_pipeline.errors import TableError
from video_pipeline.formats.tool_annotation import read_tool_annotation

HEADER = "Frame\tGrasper\tHook\n"


def write(folder: Path, content: str | bytes) -> Path:
    path = folder / "video01-tool.txt"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_a_row_speaks_for_the_second_that_its_frame_names(tmp_path: Path) -> None:
    annotation = read_tool_annotation(write(tmp_path, HEADER + "0\t1\t0\n25\t0\t0\n75\t1\t1\n"))
    assert annotation.tools == ("Grasper", "Hook")
    assert annotation.n_seconds == 4
    rows = [annotation.at(second) for second in range(5)]
    assert [None if row is None else row.tolist() for row in rows] == [
        *([True, False], [False, False], None, [True, True], None)
    ]


def test_what_editors_and_spreadsheets_leave_behind_is_fine(tmp_path: Path) -> None:
    content = "\ufeff" + (HEADER + "0\t1\t0\n25\t0\t1\n\n").replace("\n", "\r\n")
    annotation = read_tool_annotation(write(tmp_path, content))
    assert annotation.present.tolist() == [[True, False], [False, True]]


def test_the_published_annotations_are_read_as_they_are() -> None:
    expected = cholec80_presence()
    for path, present in zip(sorted(LABELS.glob("video*-tool.txt")), expected, strict=True):
        annotation = read_tool_annotation(path)
        np.testing.assert_array_equal(annotation.present, present)
        assert annotation.n_seconds == len(present)


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        (HEADER, "has a header but no rows"),
        ("Second\tHook\n0\t1\n", "line 1: the first column is 'Second'"),
        ("Frame,Hook\n0,1\n", "line 1: the first column is 'Frame,Hook'"),
        ("Frame\n0\n", "line 1: has no tool columns"),
        ("Frame\tHook\tHOOK\n0\t1\t1\n", "line 1, column 3: 'HOOK' occurs twice"),
        ("Frame\tHook\t\n0\t1\t\n", "line 1, column 3: '' is no name"),
        ("Frame\tPhase\n0\t1\n", "line 1, column 2: 'Phase' cannot be the name of a tool"),
        ("Frame\tno_tool\n0\t1\n", "line 1, column 2: 'no_tool' cannot be"),
        ("Frame\t../up\n0\t1\n", "line 1, column 2: '../up' cannot be the name of a folder"),
        ("Frame\t=1+1\n0\t1\n", r"line 1, column 2: '=1\+1' cannot be the name of a folder"),
        (HEADER + "0\t1\n", "line 2: has 2 columns, the header 3"),
        (HEADER + "0\t1\t0\n\n25\t1\t0\n", "line 3: has 1 columns, the header 3"),
        (HEADER + "0\t1\t2\n", "line 2, column 'Hook': '2' is neither 0 nor 1"),
        (HEADER + "0\t0.7\t0\n", "line 2, column 'Grasper': '0.7' is neither 0 nor 1"),
        (HEADER + "0\t1\t\n", "line 2, column 'Hook': '' is neither 0 nor 1"),
        (HEADER + "0\t1\t0\n1\t1\t0\n", "line 3, column 'Frame': 1 is no multiple of 25; rows"),
        (HEADER + "-25\t1\t0\n", "line 2, column 'Frame': '-25' is no number of a frame"),
        (HEADER + "²5\t1\t0\n", "line 2, column 'Frame': '²5' is no number of a frame"),
        (HEADER + "9" * 5000 + "\t1\t0\n", "is no number of a frame"),
        (HEADER + "25\t1\t0\n25\t1\t0\n", "line 3, column 'Frame': frame 25 occurs twice"),
        (HEADER + "25\t1\t0\n0\t1\t0\n", "line 3, column 'Frame': frame 0 occurs twice or out"),
        ((HEADER + "0\t1\t0\n").encode() + b"\xff\t1\t0\n", "line 3: is not UTF-8 text"),
    ],
)
def test_what_is_wrong_is_named_by_line_and_column(
    tmp_path: Path, content: str | bytes, cause: str
) -> None:
    path = write(tmp_path, content)
    with pytest.raises(TableError, match=cause) as caught:
        read_tool_annotation(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_a_file_that_is_none_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="No such file"):
        read_tool_annotation(tmp_path / "none.txt")
    with pytest.raises(TableError, match="is no plain file"):
        read_tool_annotation(Path("/dev/zero"))


def test_what_an_annotation_says_changes_its_digest(tmp_path: Path) -> None:
    digests = {
        read_tool_annotation(write(tmp_path, content)).digest
        for content in (
            *(HEADER + "0\t1\t0\n", HEADER + "0\t0\t1\n", HEADER + "25\t1\t0\n"),
            "Frame\tGrasper\tScissors\n0\t1\t0\n",
        )
    }
    assert len(digests) == 4
    path = write(tmp_path, HEADER + "0\t1\t0\n")
    before = read_tool_annotation(path).digest
    assert read_tool_annotation(write(tmp_path, "\ufeff" + path.read_text())).digest == before
