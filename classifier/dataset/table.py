"""Labels from a table: one row an image, one 0/1 column a tool."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from classifier.dataset.names import require_usable_name
from classifier.dataset.record import Dataset
from classifier.errors import DatasetError

__all__ = ["is_table", "read_table"]

# Columns of a label table that are about the image and not about a tool.
_NOT_TOOLS = frozenset({"image", "video", "patient", "second", "time_s", "pts_s", "frame", "phase"})


def is_table(path: Path) -> bool:
    """Whether ``path`` names a label table rather than class folders."""
    return path.is_file() or _table_in(path) is not None


def read_table(path: Path, *, classes: Sequence[str] | None = None) -> Dataset:
    """Read ``image,<tool>,<tool>,...`` with 0/1 cells; image paths are relative to the table.

    Columns named video, patient, second, time_s, pts_s, frame or phase are about the image and not
    tools; ``video`` says which images belong together. ``classes`` fixes the columns' order.

    Raises:
        DatasetError: no table, no image or tool columns, or a cell that is neither 0 nor 1.
    """
    table = path if path.is_file() else _table_in(path)
    if table is None:
        raise DatasetError(path, "no label table", hint="labels.csv is expected there")
    header, records = _read_csv(table)
    tools = tuple(name for name in header if name.casefold() not in _NOT_TOOLS)
    if "image" not in header or not tools:
        raise DatasetError(
            table, "the header is not image,<tool>,...", hint=f"it reads {','.join(header)[:80]}"
        )
    if classes is not None:
        missing = sorted(set(classes) - set(tools))
        if missing:
            raise DatasetError(table, f"no column for {', '.join(missing)}")
        tools = tuple(classes)
    for name in tools:
        require_usable_name(table, name)
    labels = np.zeros((len(records), len(tools)), dtype=np.float32)
    for i, record in enumerate(records):
        for k, tool in enumerate(tools):
            if record[tool] not in {"0", "1"}:
                raise DatasetError(
                    table, f"line {i + 2}, column {tool}: 0 or 1 is expected, not {record[tool]!r}"
                )
            labels[i, k] = record[tool] == "1"
    videos = tuple(record["video"] for record in records) if "video" in header else None
    return Dataset(
        source=table,
        paths=tuple(table.parent / record["image"] for record in records),
        labels=labels,
        tools=tools,
        videos=videos,
    )


def _table_in(folder: Path) -> Path | None:
    table = folder / "labels.csv"
    return table if table.is_file() else None


def _read_csv(table: Path) -> tuple[list[str], list[dict[str, str]]]:
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            header = list(reader.fieldnames or [])
            records = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(table, f"cannot be read as a CSV table in UTF-8 ({error})") from error
    if len(set(header)) != len(header):
        raise DatasetError(table, "two columns have the same name")
    for i, record in enumerate(records):
        if None in record or None in record.values():
            raise DatasetError(table, f"line {i + 2} does not have {len(header)} cells")
    if not records:
        raise DatasetError(table, "the table has no rows")
    return header, records
