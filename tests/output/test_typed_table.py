"""One table as CSV and as Parquet."""

from __future__ import annotations

import csv
import io
import sys
from pathlib import Path

import pandas as pd
import pytest

from video_pipeline.errors import OutputError
from video_pipeline.output.tables import bare_cell
from video_pipeline.output.typed_table import (
    Table,
    require_parquet,
    table_csv,
    write_csv,
    write_parquet,
)

NAMES = ("hook", "=cmd()", "'=x", "a, b", 'say "hi"', "line\nbreak", "手術", "", "\udcff")


def table() -> Table:
    return Table.of_rows(
        "t",
        [
            ("tool", "text"),
            ("n", "count"),
            ("time_s", "seconds"),
            ("share", "share"),
            ("value", "figure"),
        ],
        [("hook", 3, 1.23456, 0.123456, 0.123456), (None, None, None, None, None)],
    )


def test_cells_are_written_as_their_column_says() -> None:
    assert table_csv(table()) == "tool,n,time_s,share,value\nhook,3,1.235,0.1235,0.1235\n,,,,\n"


@pytest.mark.parametrize(
    ("kind", "value", "cell"),
    [
        ("seconds", 0.0, "0"),
        ("seconds", 100.0, "100"),
        ("seconds", -0.0, "0"),
        ("share", 0.5, "0.5000"),
        ("figure", 20.0, "20"),
        ("figure", -2.25, "-2.25"),
        ("count", 0, "0"),
    ],
)
def test_numbers_are_written_shortly(kind: str, value: float, cell: str) -> None:
    written = table_csv(Table.of_rows("t", [("x", kind)], [(value,)]))  # type: ignore[list-item]
    assert written.splitlines()[1] == cell


def test_names_come_back_from_csv_and_run_nothing() -> None:
    names = [name for name in NAMES if name != "\udcff"]
    written = table_csv(
        Table.of_rows("t", [("=tool", "text"), ("n", "count")], [(n, 1) for n in names])
    )
    header, *rows = csv.reader(io.StringIO(written, newline=""))
    assert [bare_cell(row[0]) for row in rows] == names
    for cell in (header[0], *(row[0] for row in rows)):
        assert not cell.startswith(("=", "+", "-", "@"))


def test_parquet_has_names_as_they_are_and_numbers_in_full(tmp_path: Path) -> None:
    write_parquet(tmp_path / "t.parquet", table())
    read = pd.read_parquet(tmp_path / "t.parquet")
    assert read["tool"][0] == "hook"
    numbers = read[["time_s", "share", "value"]].to_numpy()
    assert numbers[0].tolist() == [1.23456, 0.123456, 0.123456]
    assert pd.isna(read.to_numpy()[1]).all()
    types = pd.read_parquet(tmp_path / "t.parquet", dtype_backend="pyarrow").dtypes.astype(str)
    assert types.tolist() == [
        "string[pyarrow]",
        "int64[pyarrow]",
        "double[pyarrow]",
        "double[pyarrow]",
        "double[pyarrow]",
    ]


def test_names_come_back_from_parquet(tmp_path: Path) -> None:
    names = Table.of_rows("t", [("tool", "text")], [(name,) for name in NAMES])
    write_parquet(tmp_path / "t.parquet", names)
    read = pd.read_parquet(tmp_path / "t.parquet")["tool"].tolist()
    assert read == [*NAMES[:-1], "\\udcff"]


def test_an_empty_table_keeps_its_columns(tmp_path: Path) -> None:
    empty = Table.of_rows("t", [("tool", "text"), ("n", "count")], [])
    assert (empty.n_rows, table_csv(empty)) == (0, "tool,n\n")
    write_parquet(tmp_path / "t.parquet", empty)
    assert pd.read_parquet(tmp_path / "t.parquet").columns.tolist() == ["tool", "n"]


def test_the_same_table_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in "ab":
        write_csv(tmp_path / f"{name}.csv", table())
        write_parquet(tmp_path / f"{name}.parquet", table())
    for suffix in ("csv", "parquet"):
        assert (tmp_path / f"a.{suffix}").read_bytes() == (tmp_path / f"b.{suffix}").read_bytes()


def test_without_pyarrow_parquet_is_refused_with_a_hint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(
        OutputError, match=r"needs pyarrow; pip install 'surgical-video\[parquet\]'"
    ):
        require_parquet(tmp_path)


def test_columns_of_one_table_are_equally_long() -> None:
    with pytest.raises(ValueError, match="argument 2 is shorter"):
        Table.of_rows("t", [("a", "text"), ("b", "count")], [("x", 1), ("y",)])
