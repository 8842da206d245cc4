"""The documents of another program: the one file that was named, or those of a folder."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from video_pipeline.errors import TableError

__all__ = ["files_at"]


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
