"""``batch.csv``: one row for every recording that was ever asked of an output folder."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from video_pipeline.output.files import write_text
from video_pipeline.output.tables import bare_cell, quoted_cell

__all__ = ["BATCH_NAME", "BatchRow", "update_batch_table"]

BATCH_NAME = "batch.csv"
_MOST_BYTES = 256 << 20
_HEADER = ("video_id", "path", "status", "seconds", "error")


@dataclass(frozen=True)
class BatchRow:
    """What became of one recording."""

    video_id: str
    path: str
    status: str
    """``done``, ``partial`` (cut or damaged: what could be had), ``failed`` or ``skipped``."""
    seconds: int | None
    """Rows of its timeline; None without one."""
    error: str


def update_batch_table(out: Path, rows: Iterable[BatchRow]) -> None:
    """Write these rows into ``out``; rows of other recordings, from earlier calls, stay.

    Raises:
        OutputError: the table cannot be written.
    """
    by_id = {cells[0]: cells for cells in _earlier_rows(out / BATCH_NAME)}
    for row in rows:
        seconds = "" if row.seconds is None else str(row.seconds)
        by_id[row.video_id] = [row.video_id, row.path, row.status, seconds, row.error]
    lines = [_HEADER, *(by_id[video_id] for video_id in sorted(by_id))]
    text = "".join(f"{','.join(map(quoted_cell, cells))}\n" for cells in lines)
    write_text(out / BATCH_NAME, text)


def _earlier_rows(path: Path) -> list[list[str]]:
    try:
        # A pipe in its place would be waited for, perhaps for ever.
        if not path.is_file() or path.stat().st_size > _MOST_BYTES:
            return []
        with path.open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
    except (OSError, ValueError, csv.Error):
        return []
    if tuple(header) != _HEADER:
        return []
    return [[bare_cell(cell) for cell in row] for row in rows if len(row) == len(_HEADER)]
