"""Text that was handed to us: plain files of a bearable size, in UTF-8, whatever their line ends.

Every table, annotation and document from outside is opened here, and refused in the same words.
"""

from __future__ import annotations

import codecs
import os
import stat
from os import PathLike

from video_pipeline.errors import TableError

__all__ = ["MOST_BYTES", "read_plain_bytes", "read_plain_text", "split_lines", "text_lines"]

MOST_BYTES = 64 * 2**20
"""Of one document: a day of labels needs a hundredth of it."""


def read_plain_bytes(
    path: str | PathLike[str], *, hint: str | None = None, most_bytes: int = MOST_BYTES
) -> bytes:
    """The whole of a plain file.

    Raises:
        TableError: it is missing, no plain file, larger than ``most_bytes``, or cannot be read.
    """
    try:
        with open(path, "rb", opener=_without_waiting) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise TableError(path, "is no plain file", hint=hint)
            content = file.read(most_bytes + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no possible file name"
        raise TableError(path, f"cannot be read ({reason})", hint=hint) from error
    if len(content) > most_bytes:
        raise TableError(path, f"is larger than {most_bytes / 2**20:g} MiB", hint=hint)
    return content


def read_plain_text(
    path: str | PathLike[str], *, hint: str | None = None, most_bytes: int = MOST_BYTES
) -> str:
    """The text of a plain file without its byte-order mark, its line ends as they are.

    Raises:
        TableError: as ``read_plain_bytes``, or it is no UTF-8; the line is named.
    """
    content = read_plain_bytes(path, hint=hint, most_bytes=most_bytes)
    content = content.removeprefix(codecs.BOM_UTF8)
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        before = content[: error.start]
        n_ends = before.count(b"\n") + before.count(b"\r") - before.count(b"\r\n")
        raise TableError(
            path, f"line {n_ends + 1}: is not UTF-8 text", hint="save it as UTF-8"
        ) from error


def split_lines(text: str) -> list[str]:
    r"""The lines of a text without their ends, which are ``\n``, ``\r\n`` or ``\r``."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def text_lines(path: str | PathLike[str], *, hint: str | None = None) -> list[str]:
    """The lines of a plain file without their ends; at least one.

    Empty lines at the end, as editors leave them, are no lines.

    Raises:
        TableError: as ``read_plain_text``, or it is empty.
    """
    lines = split_lines(read_plain_text(path, hint=hint))
    while lines and not lines[-1].strip():
        lines.pop()
    if not lines:
        raise TableError(path, "is empty", hint=hint)
    return lines


def _without_waiting(path: str, flags: int) -> int:
    """Open; a pipe would hang the command, but where the flag is known it opens at once."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
