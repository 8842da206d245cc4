"""Reading timelines back: our ``timeline.csv``, or a plain ``second,<tool>...`` reference of 0/1.

Whoever edits a table by hand or exports it from elsewhere makes mistakes that would silently shift
or empty a timeline, so every row and cell is checked, and the first that is wrong is named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike

import numpy as np

from video_pipeline.errors import TableError
from video_pipeline.output.csv_lines import csv_lines
from video_pipeline.output.tables import PROBABILITY_SUFFIX, bare_cell
from video_pipeline.records import ToolTimeline

__all__ = ["TimelineTable", "read_timeline"]

_TIME_NAMES = ("second", "time_s")
_PRESENCE = {"0": False, "1": True, "0.0": False, "1.0": True}
_HINT = "a timeline has the columns second, <tool>, <tool>, ... separated by commas"


@dataclass(frozen=True)
class TimelineTable:
    """What a timeline file holds."""

    timeline: ToolTimeline
    """A plain reference has no probabilities (all NaN) and one frame for every filled row."""
    flags: tuple[str, ...]
    """(n_seconds,) why a second is doubtful, or empty."""


@dataclass(frozen=True)
class _Layout:
    """Which columns a timeline file has."""

    tools: tuple[str, ...]
    plain: bool
    """Only presence; otherwise also probabilities, n_frames and flag."""

    @property
    def n_columns(self) -> int:
        n_tools = len(self.tools)
        return 1 + n_tools if self.plain else 1 + 2 * n_tools + 2


@dataclass(frozen=True)
class _Row:
    present: list[bool]
    probabilities: list[float]
    n_frames: int
    flag: str


def read_timeline(path: str | PathLike[str]) -> TimelineTable:
    """Read a timeline; raises ``TableError`` naming the file, the line and the column.

    Rows are the seconds 0, 1, 2, ... in order, none missing. Presence is 0 or 1; a row whose tool
    cells are all empty is a second without a frame. A byte-order mark and CRLF line ends, as
    spreadsheets write them, are fine.
    """
    lines = csv_lines(path, hint=_HINT)
    (_, header), rows = lines[0], lines[1:]
    layout = _layout(path, header)
    if not rows:
        raise TableError(path, "has a header but no rows")
    return _table(
        layout, [_row(path, line, cells, layout, k) for k, (line, cells) in enumerate(rows)]
    )


def _layout(path: str | PathLike[str], header: Sequence[str]) -> _Layout:
    if header[0].strip() not in _TIME_NAMES:
        raise TableError(path, f"line 1: the first column is {header[0]!r}", hint=_HINT)
    names = [bare_cell(name) for name in header[1:]]
    n_tools = (len(names) - 2) // 2
    full = [*names[:n_tools], *(tool + PROBABILITY_SUFFIX for tool in names[:n_tools])]
    plain = n_tools < 1 or names != [*full, "n_frames", "flag"]
    # Our own names are taken exactly; people put blanks after their commas.
    tools = tuple(name.strip() for name in names) if plain else tuple(names[:n_tools])
    for column, tool in enumerate(tools, start=2):
        if tool == "" and plain:
            raise TableError(path, f"line 1, column {column}: has no name", hint=_HINT)
        if tool in tools[: column - 2]:
            raise TableError(path, f"line 1, column {column}: {tool!r} occurs twice")
    if not tools:
        raise TableError(path, "line 1: has no tool columns", hint=_HINT)
    return _Layout(tools, plain)


def _row(
    path: str | PathLike[str], line: int, cells: list[str], layout: _Layout, second: int
) -> _Row:
    if len(cells) != layout.n_columns:
        raise TableError(
            path, f"line {line}: has {len(cells)} columns, the header {layout.n_columns}"
        )
    _require_second(path, line, cells[0], second)
    n_tools = len(layout.tools)
    presence = [cell.strip() for cell in cells[1 : 1 + n_tools]]
    missing = all(cell == "" for cell in presence)
    present = [
        not missing and _presence(path, line, cell, tool)
        for cell, tool in zip(presence, layout.tools, strict=True)
    ]
    if layout.plain:
        return _Row(present, [np.nan] * n_tools, 0 if missing else 1, "")
    probabilities = [
        _probability(path, line, cell, tool + PROBABILITY_SUFFIX)
        for cell, tool in zip(cells[1 + n_tools : -2], layout.tools, strict=True)
    ]
    n_frames = _count(path, line, cells[-2])
    if n_frames == 0 and any(present):
        raise TableError(path, f"line {line}: shows a tool in a second with n_frames 0")
    return _Row(present, probabilities, n_frames, bare_cell(cells[-1]))


def _require_second(path: str | PathLike[str], line: int, cell: str, expected: int) -> None:
    try:
        second = float(cell)
    except ValueError:
        second = np.nan
    if second == expected:
        return
    where = f"line {line}, column 1"
    if not (second >= 0 and second.is_integer()):
        raise TableError(path, f"{where}: {cell!r} is no whole second")
    if second < expected:
        raise TableError(path, f"{where}: second {cell} occurs twice or out of order")
    raise TableError(path, f"{where}: second {expected} is missing, {cell} follows")


def _presence(path: str | PathLike[str], line: int, cell: str, column: str) -> bool:
    if cell not in _PRESENCE:
        raise TableError(path, f"line {line}, column {column!r}: {cell!r} is neither 0 nor 1")
    return _PRESENCE[cell]


def _probability(path: str | PathLike[str], line: int, cell: str, column: str) -> float:
    if cell == "":
        return np.nan
    try:
        value = float(cell)
    except ValueError:
        value = np.nan
    if not 0 <= value <= 1:
        raise TableError(
            path, f"line {line}, column {column!r}: {cell!r} is no probability from 0 to 1"
        )
    return value


def _count(path: str | PathLike[str], line: int, cell: str) -> int:
    if not (cell.isascii() and cell.isdigit() and len(cell) <= 9):
        raise TableError(path, f"line {line}, column 'n_frames': {cell!r} is no count")
    return int(cell)


def _table(layout: _Layout, rows: list[_Row]) -> TimelineTable:
    return TimelineTable(
        timeline=ToolTimeline(
            tools=layout.tools,
            probabilities=np.array([row.probabilities for row in rows], dtype=np.float64),
            present=np.array([row.present for row in rows], dtype=np.bool_),
            n_frames=np.array([row.n_frames for row in rows], dtype=np.int64),
        ),
        flags=tuple(row.flag for row in rows),
    )
