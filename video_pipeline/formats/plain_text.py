"""Files that other programs wrote: opened only where they are plain files of a bearable size."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection
from pathlib import Path

from video_pipeline.errors import TableError

__all__ = ["MOST_BYTES", "files_at", "read_plain_bytes", "read_plain_text"]

MOST_BYTES = 64 * 2**20
"""Of one document: a day of labels needs a hundredth of it."""

# A pipe would hang the command; where the flag is known, opening one returns at once.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def files_at(path: Path, suffixes: Collection[str]) -> list[Path]:
    """``path`` itself, or of a folder its files of these suffixes, in the order of their names.

    Raises:
        TableError: the folder has none, or cannot be read.
    """
    if not path.is_dir():
        return [path]
    try:
        entries = sorted(path.iterdir())
    except OSError as error:
        raise TableError(path, f"cannot be read ({error.strerror})") from error
    found = [
        entry
        for entry in entries
        if entry.suffix.lower() in suffixes and not entry.name.startswith(".") and entry.is_file()
    ]
    if not found:
        raise TableError(path, f"holds no {' or '.join(sorted(suffixes))} file")
    return found


def read_plain_bytes(path: Path, *, most_bytes: int = MOST_BYTES) -> bytes:
    """The whole of a plain file; raises ``TableError``: missing, no file, or too large."""
    try:
        descriptor = os.open(path, _FLAGS)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no possible file name"
        raise TableError(path, f"cannot be read ({reason})") from error
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise TableError(path, "is no plain file")
        try:
            content = file.read(most_bytes + 1)
        except OSError as error:
            raise TableError(path, f"cannot be read ({error.strerror})") from error
    if len(content) > most_bytes:
        raise TableError(path, f"is larger than {most_bytes / 2**20:g} MiB")
    return content


def read_plain_text(path: Path, *, most_bytes: int = MOST_BYTES) -> str:
    """The text of a plain file in UTF-8; a byte-order mark is passed over, line ends are one kind.

    Raises ``TableError`` naming the line that is no text.
    """
    content = read_plain_bytes(path, most_bytes=most_bytes)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise TableError(path, f"line {line}: is not UTF-8 text") from error
    return text.replace("\r\n", "\n").replace("\r", "\n")
