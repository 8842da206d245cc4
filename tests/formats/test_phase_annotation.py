from __future__ import annotations

from pathlib import Path

import pytest

from video_pipeline.errors import TableError
from video_pipeline.formats.phase_annotation import phase_annotation_text, read_phase_annotation
from video_pipeline.formats.phase_names import CHOLEC80_PHASES

HEADER = "Frame\tPhase\n"


def write(folder: Path, content: str) -> Path:
    path = folder / "video01-phase.txt"
    path.write_bytes(content.encode())
    return path


def rows(*names: str, stride: int) -> str:
    return HEADER + "".join(f"{k * stride}\t{name}\n" for k, name in enumerate(names))


def test_a_row_a_second_speaks_for_its_second(tmp_path: Path) -> None:
    read = read_phase_annotation(
        write(tmp_path, rows("Preparation", "Preparation", "ClippingCutting", stride=25))
    )
    assert read.phases == CHOLEC80_PHASES
    assert read.phase.tolist() == [0, 0, 2]


def test_of_a_row_a_frame_a_second_is_its_first_frame(tmp_path: Path) -> None:
    names = ["Preparation"] * 26 + ["GallbladderDissection"] * 25
    read = read_phase_annotation(write(tmp_path, rows(*names, stride=1)))
    assert read.phase.tolist() == [0, 0, 3]


def test_both_are_written_so_that_they_are_read_alike(tmp_path: Path) -> None:
    phases = read_phase_annotation(
        write(tmp_path, rows("Preparation", "CleaningCoagulation", stride=25))
    ).timeline
    for every_frame, n_lines in ((False, 3), (True, 51)):
        text = phase_annotation_text(phases, every_frame=every_frame)
        assert text.count("\n") == n_lines
        assert read_phase_annotation(write(tmp_path, text)).phase.tolist() == [0, 5]


def test_other_spellings_are_one_phase_and_said(tmp_path: Path) -> None:
    content = rows("ClippingAndCutting", "ClippingCutting", "CleaningAndCoagulation", stride=25)
    read = read_phase_annotation(write(tmp_path, content))
    assert read.phase.tolist() == [2, 2, 5]
    assert read.notes == (
        "the phase CleaningAndCoagulation is called CleaningCoagulation",
        "the phase ClippingAndCutting is called ClippingCutting",
    )


def test_phases_of_another_operation_come_as_they_occur(tmp_path: Path) -> None:
    read = read_phase_annotation(write(tmp_path, rows("Suture", "Access", "Suture", stride=25)))
    assert read.phases == ("Suture", "Access")
    with_trocars = read_phase_annotation(write(tmp_path, rows("TrocarPlacement", stride=1)))
    assert with_trocars.phases == ("TrocarPlacement", *CHOLEC80_PHASES)


def test_what_editors_leave_behind_is_fine(tmp_path: Path) -> None:
    content = "\ufeff" + rows("A", "B", stride=25).replace("\n", "\r\n") + "\r\n"
    assert read_phase_annotation(write(tmp_path, content)).phases == ("A", "B")


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        ("", "is empty"),
        (HEADER, "has a header but no rows"),
        ("Frame,Phase\n0,A\n", "line 1: is 'Frame,Phase'"),
        (HEADER + "0 A\n", "line 2: has 1 columns, the header 2"),
        (HEADER + "0\tA\n25\tB\tC\n", "line 3: has 3 columns"),
        (HEADER + "0\t\n", "line 2, column 'Phase': '' is no name"),
        (HEADER + "0\t3\n", "line 2, column 'Phase': '3' is a number; phases by number"),
        (HEADER + "0\t=cmd\n", "line 2, column 'Phase': '=cmd' would be run"),
        (HEADER + "x\tA\n", "line 2, column 'Frame': 'x' is no number of a frame"),
        (HEADER + "1\tA\n", "line 2, column 'Frame': frame 0 is missing, 1 follows"),
        (HEADER + "0\tA\n50\tA\n", "line 3, column 'Frame': 50 follows 0"),
        (HEADER + "0\tA\n25\tA\n25\tA\n", "line 4, column 'Frame': frame 25 occurs twice"),
        (HEADER + "0\tA\n25\tA\n75\tA\n", "line 4, column 'Frame': frame 50 is missing, 75"),
        (HEADER + "0\tA\n1\tA\n3\tA\n", "line 4, column 'Frame': frame 2 is missing, 3 follows"),
        (HEADER + "0\tA\n\n25\tA\n", "line 3: has 1 columns"),
    ],
)
def test_what_is_wrong_is_named_by_line_and_column(
    tmp_path: Path, content: str, cause: str
) -> None:
    path = write(tmp_path, content)
    with pytest.raises(TableError, match=cause) as caught:
        read_phase_annotation(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)
