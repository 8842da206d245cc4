"""Reading our ``segments.csv`` back, to the millisecond."""

from __future__ import annotations

from os import PathLike

import numpy as np

from video_pipeline.errors import TableError
from video_pipeline.output.csv_lines import csv_lines, number_cell
from video_pipeline.output.tables import bare_cell
from video_pipeline.records import ToolSegment

__all__ = ["read_segments"]

_COLUMNS = ("tool", "start_s", "end_s", "duration_s", "mean_probability", "peak_probability")
_HINT = f"segments have the columns {','.join(_COLUMNS)}"


def read_segments(path: str | PathLike[str]) -> tuple[ToolSegment, ...]:
    """Read segments in the order of their rows; none is fine.

    Raises:
        TableError: a row does not end after it begins, does not last as long as it says, or
            overlaps another of its tool; naming the file, the line and the column.
    """
    lines = csv_lines(path, hint=_HINT)
    if tuple(name.strip() for name in lines[0][1]) != _COLUMNS:
        raise TableError(path, f"line 1: is {','.join(lines[0][1])[:80]!r}", hint=_HINT)
    found = [(line, _segment(path, line, cells)) for line, cells in lines[1:]]
    _require_no_overlap(path, found)
    return tuple(segment for _, segment in found)


def _segment(path: str | PathLike[str], line: int, cells: list[str]) -> ToolSegment:
    if len(cells) != len(_COLUMNS):
        raise TableError(path, f"line {line}: has {len(cells)} columns, the header {len(_COLUMNS)}")
    tool = bare_cell(cells[0])
    if not tool:
        raise TableError(path, f"line {line}, column 'tool': is empty")
    start_s, end_s, duration_s = (
        round(number_cell(path, line, name, cell), 3)
        for name, cell in zip(_COLUMNS[1:4], cells[1:4], strict=True)
    )
    if not start_s < end_s:
        raise TableError(path, f"line {line}, column 'end_s': {cells[2]} is not after {cells[1]}")
    if abs(end_s - start_s - duration_s) > 0.0015:
        raise TableError(
            path,
            f"line {line}, column 'duration_s': {cells[3]}, but from start to end it is "
            f"{end_s - start_s:.3f}",
        )
    mean, peak = (
        np.nan if cell == "" else number_cell(path, line, name, cell, most=1)
        for name, cell in zip(_COLUMNS[4:], cells[4:], strict=True)
    )
    return ToolSegment(tool, start_s, end_s, mean, peak)


def _require_no_overlap(path: str | PathLike[str], found: list[tuple[int, ToolSegment]]) -> None:
    last: dict[str, tuple[int, ToolSegment]] = {}
    for line, segment in sorted(found, key=lambda row: row[1].start_s):
        if segment.tool in last and last[segment.tool][1].end_s > segment.start_s:
            first, second = sorted((last[segment.tool][0], line))
            raise TableError(
                path, f"line {second}: overlaps line {first}, of the same tool {segment.tool!r}"
            )
        last[segment.tool] = (line, segment)
