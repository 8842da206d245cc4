from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from video_pipeline.errors import TableError
from video_pipeline.output.phase_tables import (
    certain_phases,
    phases_csv,
    read_phases,
    write_phases,
)
from video_pipeline.records import PhaseTimeline

HEADER = "second,phase,A_probability,B_probability\n"


def random_phases(seed: int, n_phases: int, phases: tuple[str, ...] | None = None) -> PhaseTimeline:
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet(np.full(n_phases, 0.2), size=50)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    return PhaseTimeline(
        phases or tuple(f"phase {k}" for k in range(n_phases)),
        probabilities,
        rng.integers(0, n_phases, 50),
    )


@pytest.mark.parametrize("n_phases", [1, 2, 3, 7, 11])
def test_every_row_of_four_decimals_sums_to_exactly_one(n_phases: int) -> None:
    phases = random_phases(n_phases, n_phases)
    rows = list(csv.reader(phases_csv(phases).splitlines()))[1:]
    for row, exact in zip(rows, phases.probabilities, strict=True):
        units = [round(float(cell) * 10_000) for cell in row[2:]]
        assert sum(units) == 10_000
        assert all(len(cell) == 6 for cell in row[2:])
        assert np.abs(np.array(units) / 10_000 - exact).max() < 1e-4


@pytest.mark.parametrize("n_phases", [1, 3, 7, 11])
def test_what_is_read_back_is_what_was_written(tmp_path: Path, n_phases: int) -> None:
    write_phases(tmp_path / "phases.csv", random_phases(n_phases, n_phases))
    once = read_phases(tmp_path / "phases.csv")
    write_phases(tmp_path / "again.csv", once)
    assert (tmp_path / "again.csv").read_bytes() == (tmp_path / "phases.csv").read_bytes()
    np.testing.assert_array_equal(once.phase, random_phases(n_phases, n_phases).phase)


def test_phases_that_somebody_said_come_back_exactly(tmp_path: Path) -> None:
    phases = certain_phases(("x", "y", "z"), np.array([0, 2, 2, 1]))
    write_phases(tmp_path / "phases.csv", phases)
    read = read_phases(tmp_path / "phases.csv")
    assert read.phases == phases.phases
    np.testing.assert_array_equal(read.probabilities, phases.probabilities)
    np.testing.assert_array_equal(read.phase, phases.phase)


def test_names_are_data(tmp_path: Path) -> None:
    names = (
        "=cmd",
        "'=x",
        "a,b",
        'quo"te',
        "two\nlines",
        "return\r",
        "a\r\nb",
        "Präparation ",
        "\tindent",
    )
    phases = certain_phases(names, np.arange(len(names)))
    write_phases(tmp_path / "phases.csv", phases)
    assert read_phases(tmp_path / "phases.csv").phases == names
    with (tmp_path / "phases.csv").open(newline="", encoding="utf-8") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert not [cell for cell in cells if cell[:1] in set("=+-@\t\r")]


def test_a_table_of_phases_alone_is_certain_of_them(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("\ufeffsecond,phase\r\n0,B\r\n1,A\r\n2,B\r\n")
    phases = read_phases(tmp_path / "x.csv")
    assert phases.phases == ("B", "A")
    assert phases.phase.tolist() == [0, 1, 0]
    assert phases.probabilities.tolist() == [[1, 0], [0, 1], [1, 0]]


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        ("", "is empty"),
        (HEADER, "has a header but no rows"),
        ("second,tool\n0,1\n", "line 1: begins with 'second,tool'"),
        ("second;phase\n0;A\n", "line 1: columns are separated by semicolons"),
        ("second\tphase\n0\tA\n", "line 1: columns are separated by tabs"),
        ("second,phase,A_probability,A_probability\n0,A,1,0\n", "line 1, column 4: 'A' occurs"),
        ("second,phase,_probability\n0,,1\n", "line 1, column 3: '' is no name"),
        ("second,phase\n0,\n", "line 2, column 'phase': is empty"),
        (HEADER + "0,A,1\n", "line 2: has 3 columns, the header 4"),
        (HEADER + "0,C,1,0\n", "line 2, column 'phase': 'C' has no column"),
        (HEADER + "0,A,1,0\n0,A,1,0\n", "line 3, column 'second': second 0 occurs twice"),
        (HEADER + "0,A,1,0\n2,A,1,0\n", "line 3, column 'second': second 1 is missing, 2"),
        (HEADER + "0.5,A,1,0\n", "line 2, column 'second': '0.5' is no whole second"),
        (HEADER + "0,A,1,x\n", "line 2, column 'B_probability': 'x' is no number from 0 to 1"),
        (HEADER + "0,A,nan,1\n", "line 2, column 'A_probability': 'nan' is no number"),
        (HEADER + "0,A,1.5,-0.5\n", "line 2, column 'A_probability': '1.5' is no number"),
        (HEADER + "0,A,0.5,0.4\n", "line 2: its probabilities sum to 0.9000, not to 1"),
        (HEADER + '0,"A,1,0\n', "line 2: is no CSV"),
        (HEADER.encode() + b"0,\xff,1,0\n", "line 2: is not UTF-8"),
    ],
)
def test_what_is_wrong_is_named_by_line_and_column(
    tmp_path: Path, content: str | bytes, cause: str
) -> None:
    path = tmp_path / "phases.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(TableError, match=cause) as caught:
        read_phases(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    for path, cause in (
        (tmp_path, "Is a directory"),
        (tmp_path / "none.csv", "No such file"),
        (Path("/dev/zero"), "is no plain file"),
    ):
        with pytest.raises(TableError, match=cause):
            read_phases(path)
