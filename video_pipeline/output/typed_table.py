"""A table whose columns know what they hold, so that one table becomes CSV or Parquet."""

from __future__ import annotations

import csv
import importlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Literal

from video_pipeline.errors import OutputError
from video_pipeline.output.files import whole_file, write_text
from video_pipeline.output.tables import armoured_cell

__all__ = ["Column", "Table", "require_parquet", "table_csv", "write_csv", "write_parquet"]

Kind = Literal["text", "count", "seconds", "share", "figure"]
"""In CSV ``seconds`` have at most 3 decimals, ``share`` (and rates) 4, ``figure``, which may be any
of them, at most 4."""
Value = str | int | float | None


@dataclass(frozen=True)
class Column:
    """One column; what is missing is None."""

    name: str
    kind: Kind
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Table:
    """Columns of equal length under one name."""

    name: str
    """Of its file, without a suffix."""
    columns: tuple[Column, ...]

    def __post_init__(self) -> None:
        lengths = {column.name: len(column.values) for column in self.columns}
        if len(set(lengths.values())) != 1:
            raise ValueError(f"columns of one table are equally long, got {lengths}")

    @property
    def n_rows(self) -> int:
        """Without the header."""
        return len(self.columns[0].values)

    @classmethod
    def of_rows(
        cls, name: str, layout: Sequence[tuple[str, Kind]], rows: Sequence[Sequence[Value]]
    ) -> Table:
        """A table of ``rows``, each with a value for each column of ``layout``."""
        values = zip(*rows, strict=True) if rows else [()] * len(layout)
        return cls(
            name,
            tuple(
                Column(column, kind, tuple(of_column))
                for (column, kind), of_column in zip(layout, values, strict=True)
            ),
        )


def table_csv(table: Table) -> str:
    """Format a table; names that a spreadsheet would run are neutralised."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([armoured_cell(column.name) for column in table.columns])
    writer.writerows(zip(*(_cells(column) for column in table.columns), strict=True))
    return buffer.getvalue()


def write_csv(path: str | PathLike[str], table: Table) -> None:
    """Write a table as CSV, whole or not at all; raises ``OutputError``."""
    write_text(path, table_csv(table))


def require_parquet(path: str | PathLike[str]) -> None:
    """Raise ``OutputError`` where the package is missing that writes Parquet."""
    try:
        importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        raise OutputError(
            path, "Parquet needs pyarrow", hint="pip install 'surgical-video[parquet]'"
        ) from error


def write_parquet(path: str | PathLike[str], table: Table) -> None:
    """Write a table as Parquet: names as they are, numbers in full; raises ``OutputError``."""
    require_parquet(path)
    pa, pq = (importlib.import_module(name) for name in ("pyarrow", "pyarrow.parquet"))
    types = {"text": pa.string(), "count": pa.int64()}
    arrays = {
        # A name may hold bytes that are no text; they are written as escapes, as in CSV.
        column.name: pa.array(
            [_text(value) if isinstance(value, str) else value for value in column.values],
            type=types.get(column.kind, pa.float64()),
        )
        for column in table.columns
    }
    with whole_file(path) as file:
        pq.write_table(pa.table(arrays), file)


def _cells(column: Column) -> list[str]:
    return [_cell(value, column.kind) for value in column.values]


def _cell(value: Value, kind: Kind) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return armoured_cell(value)
    if kind == "count":
        return str(value)
    if kind == "share":
        return f"{value + 0.0:.4f}"
    n_decimals = 3 if kind == "seconds" else 4
    return f"{value + 0.0:.{n_decimals}f}".rstrip("0").rstrip(".")


def _text(value: str) -> str:
    return value.encode(errors="backslashreplace").decode()
