r"""``phases.csv``: which phase of the operation each second belongs to, and how sure that is.

    second,phase,Preparation_probability,CalotTriangleDissection_probability,...
    0,Preparation,0.9312,0.0688,...

Written like our other tables. The four decimals of a row sum to exactly 1, so what is read back is
what was written; a table of ``second,phase`` alone is read too, every second of it certain.
"""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike

import numpy as np
from numpy.typing import NDArray

from video_pipeline.errors import TableError
from video_pipeline.output.csv_lines import csv_lines, number_cell
from video_pipeline.output.files import write_text
from video_pipeline.output.tables import PROBABILITY_SUFFIX, bare_cell, quoted_cell
from video_pipeline.records import PhaseTimeline

__all__ = ["certain_phases", "is_phase_header", "phases_csv", "read_phases", "write_phases"]

_HINT = "a table of phases has the columns second,phase,<phase>_probability,..."
_UNITS = 10_000
# Rows of another program may be rounded, each cell by half of its fourth decimal.
_ROUNDING = 0.00006


def write_phases(path: str | PathLike[str], phases: PhaseTimeline) -> None:
    """Write ``phases.csv``, whole or not at all; raises ``OutputError``."""
    write_text(path, phases_csv(phases))


def phases_csv(phases: PhaseTimeline) -> str:
    """Format phases: second, phase, probability per phase."""
    names = [quoted_cell(name) for name in phases.phases]
    rows = [
        ["second", "phase", *(quoted_cell(name + PROBABILITY_SUFFIX) for name in phases.phases)]
    ]
    units = _in_units(phases.probabilities)
    for second, (phase, row) in enumerate(zip(phases.phase.tolist(), units.tolist(), strict=True)):
        cells = [f"{unit // _UNITS}.{unit % _UNITS:04}" for unit in row]
        rows.append([str(second), names[phase], *cells])
    return "".join(f"{','.join(row)}\n" for row in rows)


def is_phase_header(header: Sequence[str]) -> bool:
    """Whether a CSV with these columns says phases rather than tools."""
    names = [name.strip() for name in header[:2]]
    rest = header[2:]
    return names == ["second", "phase"] and all(n.endswith(PROBABILITY_SUFFIX) for n in rest)


def read_phases(path: str | PathLike[str]) -> PhaseTimeline:
    """Read a table of phases; raises ``TableError`` naming the file, the line and the column.

    Rows are the seconds 0, 1, 2, ... in order, none missing, each with a phase.
    """
    lines = csv_lines(path, hint=_HINT)
    header = lines[0][1]
    if not is_phase_header(header):
        raise TableError(path, f"line 1: begins with {','.join(header[:2])[:60]!r}", hint=_HINT)
    if len(lines) == 1:
        raise TableError(path, "has a header but no rows")
    for second, (line, cells) in enumerate(lines[1:]):
        if len(cells) != len(header):
            raise TableError(
                path, f"line {line}: has {len(cells)} columns, the header {len(header)}"
            )
        _require_second(path, line, cells[0], second)
    if len(header) == 2:
        return _plain(path, lines[1:])
    return _full(path, _names(path, header[2:]), lines[1:])


def certain_phases(names: Sequence[str], phase: NDArray[np.int64]) -> PhaseTimeline:
    """Phases that somebody said: each second's own has the probability 1."""
    return PhaseTimeline(
        phases=tuple(names), probabilities=np.eye(len(names))[phase], phase=phase.astype(np.int64)
    )


def _plain(path: str | PathLike[str], lines: Sequence[tuple[int, list[str]]]) -> PhaseTimeline:
    """Phases of ``second,phase`` alone, in the order in which they first occur."""
    names: dict[str, int] = {}
    phase = np.zeros(len(lines), dtype=np.int64)
    for k, (line, cells) in enumerate(lines):
        name = bare_cell(cells[1].strip())
        if not name:
            raise TableError(path, f"line {line}, column 'phase': is empty")
        phase[k] = names.setdefault(name, len(names))
    return certain_phases(tuple(names), phase)


def _full(
    path: str | PathLike[str], names: tuple[str, ...], lines: Sequence[tuple[int, list[str]]]
) -> PhaseTimeline:
    index = {name: k for k, name in enumerate(names)}
    phase = np.zeros(len(lines), dtype=np.int64)
    probabilities = np.zeros((len(lines), len(names)))
    for k, (line, cells) in enumerate(lines):
        name = bare_cell(cells[1])
        if name not in index:
            raise TableError(path, f"line {line}, column 'phase': {name[:60]!r} has no column")
        phase[k] = index[name]
        row = [
            number_cell(path, line, of + PROBABILITY_SUFFIX, cell, most=1)
            for cell, of in zip(cells[2:], names, strict=True)
        ]
        total = sum(row)
        if abs(total - 1) > _ROUNDING * len(names):
            raise TableError(path, f"line {line}: its probabilities sum to {total:.4f}, not to 1")
        probabilities[k] = np.array(row) / total
    return PhaseTimeline(phases=names, probabilities=probabilities, phase=phase)


def _names(path: str | PathLike[str], cells: Sequence[str]) -> tuple[str, ...]:
    names = [bare_cell(cell).removesuffix(PROBABILITY_SUFFIX) for cell in cells]
    for column, name in enumerate(names):
        if not name or name in names[:column]:
            what = "occurs twice" if name else "is no name of a phase"
            raise TableError(path, f"line 1, column {column + 3}: {name!r} {what}", hint=_HINT)
    return tuple(names)


def _require_second(path: str | PathLike[str], line: int, cell: str, expected: int) -> None:
    text = cell.strip()
    if text == str(expected):
        return
    where = f"line {line}, column 'second'"
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise TableError(path, f"{where}: {cell[:40]!r} is no whole second")
    if int(text) < expected:
        raise TableError(path, f"{where}: second {text} occurs twice or out of order")
    raise TableError(path, f"{where}: second {expected} is missing, {text} follows")


def _in_units(probabilities: NDArray[np.float64]) -> NDArray[np.int64]:
    """(n, n_phases) ten-thousandths, each row summing to 10000: the largest remainders round up."""
    scaled = probabilities / probabilities.sum(axis=1, keepdims=True) * _UNITS
    # What was read back from four decimals is a whole number but for the last bits.
    scaled = np.where(np.abs(scaled - np.rint(scaled)) < 1e-6, np.rint(scaled), scaled)
    units = np.floor(scaled).astype(np.int64)
    missing = _UNITS - units.sum(axis=1)
    order = np.argsort(-(scaled - units), axis=1, kind="stable")
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, np.arange(order.shape[1])[np.newaxis], axis=1)
    more: NDArray[np.int64] = units + (rank < missing[:, np.newaxis])
    return more
