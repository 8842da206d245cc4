"""The lines of a CSV that was handed to us: UTF-8, whatever its line ends, each with its number."""

from __future__ import annotations

import csv
import io
from os import PathLike

from video_pipeline.errors import TableError
from video_pipeline.output.plain_text import read_plain_text

__all__ = ["csv_lines", "number_cell"]

_MOST_BYTES = 256 << 20


def csv_lines(path: str | PathLike[str], *, hint: str) -> list[tuple[int, list[str]]]:
    """(line number, cells) of every line that holds something; at least one.

    A byte-order mark and CRLF line ends, as spreadsheets write them, are fine.

    Raises:
        TableError: it is no plain file of text, see ``read_plain_text``, no CSV, or empty.
    """
    text = read_plain_text(path, hint=hint, most_bytes=_MOST_BYTES)
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
