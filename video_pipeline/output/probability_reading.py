"""Reading probabilities of any model: ``second`` or ``time_s``, and ``<tool>_probability`` columns.

Our own ``timeline.csv`` is such a table too. Where frames are not one a second, the table names
their times, and a second's probability is the mean of its frames, as it is when we annotate. An
empty cell is a frame that was not seen, for all tools or for none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike

import numpy as np
from numpy.typing import NDArray

from video_pipeline.errors import TableError
from video_pipeline.output.csv_lines import csv_lines
from video_pipeline.output.table_reading import read_timeline
from video_pipeline.output.tables import PROBABILITY_SUFFIX, bare_cell
from video_pipeline.records import FramePredictions
from video_pipeline.timeline.aggregation import SecondMeans

__all__ = ["ProbabilityTable", "read_probabilities"]

_HINT = "expected are second (or time_s) and <tool>_probability, ..., separated by commas"
_LONGEST_S = 7 * 24 * 3600


@dataclass(frozen=True, eq=False)
class ProbabilityTable:
    """Probabilities of one recording, a row a second."""

    tools: tuple[str, ...]
    probabilities: NDArray[np.float64]
    """(n_seconds, n_tools), NaN where no frame was seen."""
    n_frames: NDArray[np.int64]
    """(n_seconds,)"""
    flags: tuple[str, ...] | None
    """(n_seconds,) why a second is doubtful; None where the table does not say."""


def read_probabilities(path: str | PathLike[str]) -> ProbabilityTable:
    """Read a table; raises ``TableError`` naming the file, the line and the column."""
    lines = csv_lines(path, hint=_HINT)
    header = [bare_cell(name.strip()) for name in lines[0][1]]
    if header[-2:] == ["n_frames", "flag"]:
        table = read_timeline(path)
        timeline = table.timeline
        return ProbabilityTable(
            timeline.tools, timeline.probabilities, timeline.n_frames, table.flags
        )
    columns = _tool_columns(path, header)
    if len(lines) == 1:
        raise TableError(path, "has a header but no rows")
    times: list[float] = []
    rows: list[list[float]] = []
    for line, cells in lines[1:]:
        if len(cells) != len(header):
            raise TableError(
                path, f"line {line}: has {len(cells)} columns, the header {len(header)}"
            )
        times.append(_time(path, line, cells[0], header[0], before=times[-1] if times else None))
        rows.append(_row(path, line, [cells[k] for k in columns], [header[k] for k in columns]))
    tools = tuple(header[k].removesuffix(PROBABILITY_SUFFIX) for k in columns)
    values = np.array(rows, dtype=np.float64)
    if header[0] == "second":
        n_frames = (~np.isnan(values[:, 0])).astype(np.int64)
        return ProbabilityTable(tools, values, n_frames, None)
    return _by_time(tools, np.array(times), values)


def _tool_columns(path: str | PathLike[str], header: Sequence[str]) -> list[int]:
    if header[0] not in ("second", "time_s"):
        raise TableError(path, f"line 1: the first column is {header[0]!r}", hint=_HINT)
    columns = [
        k
        for k, name in enumerate(header)
        if name.endswith(PROBABILITY_SUFFIX) and name != PROBABILITY_SUFFIX
    ]
    if not columns:
        raise TableError(path, "line 1: has no column <tool>_probability", hint=_HINT)
    for k in columns:
        if header.index(header[k]) != k:
            raise TableError(path, f"line 1, column {k + 1}: {header[k]!r} occurs twice")
    return columns


def _time(
    path: str | PathLike[str], line: int, cell: str, column: str, *, before: float | None
) -> float:
    where = f"line {line}, column {column!r}"
    try:
        time_s = float(cell)
    except ValueError:
        time_s = np.nan
    if not 0 <= time_s < _LONGEST_S or (column == "second" and not time_s.is_integer()):
        what = "whole second" if column == "second" else "time in seconds"
        raise TableError(path, f"{where}: {cell!r} is no {what}")
    if before is not None and time_s <= before:
        raise TableError(path, f"{where}: {cell} occurs twice or out of order")
    if column == "second" and time_s != (0 if before is None else before + 1):
        missing = 0 if before is None else int(before) + 1
        raise TableError(path, f"{where}: second {missing} is missing, {cell} follows")
    return time_s


def _row(
    path: str | PathLike[str], line: int, cells: Sequence[str], names: Sequence[str]
) -> list[float]:
    empty = [cell.strip() == "" for cell in cells]
    if any(empty):
        if not all(empty):
            name = names[empty.index(True)]
            raise TableError(
                path,
                f"line {line}, column {name!r}: is empty, but others of the line are not",
                hint="a frame was seen, or it was not: fill the line or empty it",
            )
        return [np.nan] * len(cells)
    return [_probability(path, line, cell, name) for cell, name in zip(cells, names, strict=True)]


def _probability(path: str | PathLike[str], line: int, cell: str, column: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        value = np.nan
    if not 0 <= value <= 1:
        raise TableError(
            path, f"line {line}, column {column!r}: {cell!r} is no probability from 0 to 1"
        )
    return value


def _by_time(
    tools: tuple[str, ...], times: NDArray[np.float64], values: NDArray[np.float64]
) -> ProbabilityTable:
    seen = ~np.isnan(values[:, 0])
    means = SecondMeans(tools)
    means.add(FramePredictions(times[seen], values[seen].astype(np.float32), tools))
    probabilities, n_frames = means.finish(int(times[-1]) + 1)
    return ProbabilityTable(tools, probabilities, n_frames, None)
