"""``batch.csv``: one row for every recording that was ever asked of an output folder."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from video_pipeline.batch.claim import claim
from video_pipeline.errors import OutputError
from video_pipeline.output.files import output_error, remove_partials, write_text
from video_pipeline.output.tables import bare_cell, quoted_cell

__all__ = ["BATCH_NAME", "BatchRow", "update_batch_table"]

BATCH_NAME = "batch.csv"
_MARK = f"{BATCH_NAME}."
_LONGEST_WAIT_S = 5.0
_LONGEST_CELL = 10_000
"""What reads tables has limits; the csv module's is 131072 characters."""
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
    """Write these rows into ``out``; rows of other recordings, from any call, stay.

    Nobody else changes the table meanwhile, and what killed calls half wrote of it is taken away.

    Raises:
        OutputError: the table cannot be read or written, or others are at it all the time.
    """
    place = out / BATCH_NAME
    with claim(place, wait_s=_LONGEST_WAIT_S) as is_ours:
        if not is_ours:
            raise OutputError(place, "another process does not let go of it", hint="end that one")
        remove_partials(out, mark=_MARK)
        by_id = {cells[0]: cells for cells in _earlier_rows(place)}
        for row in rows:
            cells = _cells(row)
            by_id[cells[0]] = cells
        lines = (_HEADER, *(by_id[video_id] for video_id in sorted(by_id)))
        text = "".join(f"{','.join(map(quoted_cell, cells))}\n" for cells in lines)
        write_text(place, text, mark=_MARK)


def _cells(row: BatchRow) -> tuple[str, ...]:
    seconds = "" if row.seconds is None else str(row.seconds)
    cells = (row.video_id, row.path, row.status, seconds, row.error)
    # As they will be read again: names from folders may hold bytes that are no text.
    return tuple(c.encode(errors="backslashreplace").decode()[:_LONGEST_CELL] for c in cells)


def _earlier_rows(path: Path) -> list[tuple[str, ...]]:
    """Those of a table of ours; none where there is no table, or another one."""
    try:
        # A pipe in its place would be waited for, perhaps for ever.
        if not path.is_file() or path.stat().st_size > _MOST_BYTES:
            return []
        with path.open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
    except FileNotFoundError:
        return []
    except OSError as error:
        # Rows that cannot be read now may be read later: they are not written over.
        raise output_error(path, error, "cannot be read") from error
    except (ValueError, csv.Error):
        return []
    if tuple(header) != _HEADER:
        return []
    return [tuple(map(bare_cell, row)) for row in rows if len(row) == len(_HEADER)]
