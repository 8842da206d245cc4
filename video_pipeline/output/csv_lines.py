"""The lines of a CSV that was handed to us: UTF-8, whatever its line ends, each with its number."""

from __future__ import annotations

import csv
import io
from os import PathLike
from pathlib import Path

from video_pipeline.errors import TableError

__all__ = ["csv_lines", "number_cell"]

_MOST_BYTES = 256 << 20


def csv_lines(path: str | PathLike[str], *, hint: str) -> list[tuple[int, list[str]]]:
    """(line number, cells) of every line that holds something; at least one.

    A byte-order mark and CRLF line ends, as spreadsheets write them, are fine.

    Raises:
        TableError: it cannot be read, is too large for a table of one recording, is no UTF-8, no
            CSV, or empty.
    """
    content = _content(Path(path), hint)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise TableError(
            path, f"line {line}: is not UTF-8 text", hint="save the table as CSV UTF-8"
        ) from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        lines = [(reader.line_num, cells) for cells in reader if cells]
    except csv.Error as error:
        raise TableError(path, f"line {reader.line_num}: is no CSV ({error})") from error
    if not lines:
        raise TableError(path, "is empty", hint=hint)
    header = lines[0][1]
    for mark, name in ((";", "semicolons"), ("\t", "tabs")):
        if len(header) == 1 and mark in header[0]:
            raise TableError(path, f"line 1: columns are separated by {name}", hint=hint)
    return lines


def number_cell(
    path: str | PathLike[str], line: int, column: str, cell: str, *, most: float = 1e9
) -> float:
    """The number from 0 to ``most`` in a cell; raises ``TableError``."""
    try:
        value = float(cell)
    except ValueError:
        value = -1.0
    if not (cell.isascii() and 0 <= value <= most):
        raise TableError(
            path, f"line {line}, column {column!r}: {cell[:40]!r} is no number from 0 to {most:g}"
        )
    return value


def _content(path: Path, hint: str) -> bytes:
    try:
        # A pipe or a device would be waited for, perhaps for ever.
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise TableError(path, "is no plain file", hint=hint)
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise TableError(path, f"cannot be read ({error.strerror})") from error
    if len(content) > _MOST_BYTES:
        raise TableError(path, "is too large for a table of one recording", hint=hint)
    return content
