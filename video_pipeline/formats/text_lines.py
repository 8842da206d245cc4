"""The lines of a text file that was handed to us, read defensively.

A byte-order mark, CRLF line ends and empty lines at the end, as editors leave them, are fine.
"""

from __future__ import annotations

from pathlib import Path

from video_pipeline.errors import TableError

__all__ = ["text_lines"]

_MOST_BYTES = 64 << 20


def text_lines(path: Path, *, hint: str) -> list[str]:
    """The lines of a file, without their ends; at least one.

    Raises:
        TableError: it cannot be read, is too large for one recording's labels, no UTF-8, or empty.
    """
    try:
        if not path.is_file():
            raise TableError(path, "no such file")
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise TableError(path, f"cannot be read ({error.strerror})") from error
    if len(content) > _MOST_BYTES:
        raise TableError(path, "is too large for the annotation of one recording", hint=hint)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise TableError(path, f"line {line}: is not UTF-8 text", hint=hint) from error
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    while lines and not lines[-1].strip():
        lines.pop()
    if not lines:
        raise TableError(path, "is empty", hint=hint)
    return lines
