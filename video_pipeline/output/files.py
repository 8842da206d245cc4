"""Files that are whole or absent: every file the pipeline writes goes through this room.

A file is written beside its place under a hidden temporary name, flushed to the disk, and only then
renamed. Whoever looks sees the old file, or the new one, or none; never half of one, not even when
the machine loses its power. A failure leaves nothing behind and is an ``OutputError``.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from os import PathLike
from pathlib import Path
from typing import BinaryIO

from video_pipeline.errors import OutputError

__all__ = [
    "make_folder",
    "move_file",
    "output_error",
    "remove_file",
    "remove_partials",
    "whole_file",
    "write_bytes",
    "write_text",
]

_HINTS = {
    errno.ENOSPC: "free some space or choose another output folder",
    errno.EDQUOT: "free some space or choose another output folder",
    errno.EACCES: "choose an output folder that you may write to",
    errno.EPERM: "choose an output folder that you may write to",
    errno.EROFS: "choose an output folder that you may write to",
    errno.ENOENT: "create its folder first",
    errno.EIO: "check its disk, or choose another output folder",
    errno.ESTALE: "check its network drive, or choose another output folder",
}
_ANY_HINT = "choose another output folder"


def write_bytes(path: str | PathLike[str], content: bytes, *, mark: str = "") -> None:
    """Write ``content`` to ``path``, whole or not at all; raises ``OutputError``.

    ``mark``: see ``whole_file``.
    """
    with whole_file(path, mark=mark) as file:
        file.write(content)


def write_text(path: str | PathLike[str], text: str, *, mark: str = "") -> None:
    r"""Write ``text`` as UTF-8 with its line ends as they are (``\n``), whole or not at all.

    Names taken from folders may hold bytes that are no text; they are written as escapes.
    ``mark``: see ``whole_file``.
    """
    write_bytes(path, text.encode(errors="backslashreplace"), mark=mark)


@contextmanager
def whole_file(path: str | PathLike[str], *, mark: str = "") -> Iterator[BinaryIO]:
    """Open ``path`` for writing bytes; the file appears when the block ends without an error.

    The block should only write: an ``OSError`` from inside it is reported as this file's.
    ``mark`` begins the temporary name, so that ``remove_partials`` can tell whose it is.
    """
    target = Path(path)
    partial = target.parent / f".{mark}{secrets.token_hex(8)}.partial"
    try:
        with partial.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.replace(target)
        _sync_folder(target.parent)
    except BaseException as error:
        with suppress(OSError):
            partial.unlink()
        if isinstance(error, OSError):
            raise output_error(target, error, "cannot be written") from error
        raise


def remove_partials(folder: Path, *, mark: str = "") -> None:
    """Take away what calls that were killed had half written in ``folder``, under this ``mark``.

    Only for whoever knows that nobody else is writing there under that mark now.
    """
    ours = re.compile(rf"\.{re.escape(mark)}[0-9a-f]{{16}}\.partial")
    try:
        found = [path for path in folder.iterdir() if ours.fullmatch(path.name)]
    except OSError:
        # It may be written to but not read, perhaps.
        return
    for path in found:
        remove_file(path)


def make_folder(path: str | PathLike[str]) -> Path:
    """Create a folder and those above it where they are missing; raises ``OutputError``."""
    folder = Path(path)
    try:
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            _sync_folder(folder.parent)
    except OSError as error:
        raise output_error(folder, error, "cannot be created") from error
    return folder


def move_file(source: str | PathLike[str], target: str | PathLike[str]) -> None:
    """Rename a file within one file system, over another if there is one; ``OutputError``."""
    place = Path(target)
    try:
        Path(source).replace(place)
        _sync_folder(place.parent)
    except OSError as error:
        raise output_error(place, error, "cannot be written") from error


def remove_file(path: str | PathLike[str]) -> None:
    """Take a file away if it is there; raises ``OutputError``."""
    try:
        Path(path).unlink(missing_ok=True)
    except OSError as error:
        raise output_error(Path(path), error, "cannot be replaced") from error


def _sync_folder(folder: Path) -> None:
    """Make a rename in ``folder`` last.

    Some network file systems cannot, and say EINVAL; a folder that may be written to but not read
    cannot be opened. The file is in its place all the same.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except PermissionError:
        return
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
    finally:
        os.close(descriptor)


def output_error(path: Path, error: OSError, what: str) -> OutputError:
    """What the system says went wrong with a file or folder of ours, and what helps against it."""
    reason = error.strerror if error.strerror is not None else type(error).__name__
    number = error.errno if error.errno is not None else 0
    return OutputError(path, f"{what} ({reason})", hint=_HINTS.get(number, _ANY_HINT))
