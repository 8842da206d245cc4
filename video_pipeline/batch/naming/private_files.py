"""Files of one user alone (mode 0600): read only if nobody else can, written whole."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from video_pipeline.errors import KeyFileError

__all__ = ["make_private", "private_folder", "read_private", "replace_private"]

_HAS_MODES = os.name == "posix"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_TO_READ = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


def read_private(path: Path, *, most_bytes: int) -> bytes | None:
    """A private file's content, at most ``most_bytes`` of it; None where there is no such file.

    Raises:
        KeyFileError: it is a link, no regular file, others than its owner may use it, or it cannot
            be read.
    """
    try:
        # Windows knows no flag against links.
        if path.is_symlink():
            raise KeyFileError(path, "is a link, and might lead anywhere", hint="name the file")
        descriptor = os.open(path, _TO_READ)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise _refusal(path, error, "cannot be read") from error
    try:
        _require_private(path, os.fstat(descriptor))
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read(most_bytes)
    except OSError as error:
        raise _refusal(path, error, "cannot be read") from error
    finally:
        os.close(descriptor)


def make_private(path: Path, content: bytes) -> None:
    """Write a private file, whole or not at all; one that is there by then is left alone.

    Raises:
        KeyFileError: it cannot be written.
    """
    with _written_beside(path, content) as partial, suppress(FileExistsError):
        # Not a renaming, which would replace the file of a call that was quicker.
        os.link(partial, path)


def replace_private(path: Path, content: bytes) -> None:
    """Write a private file, whole or not at all, over another if there is one.

    Raises:
        KeyFileError: it cannot be written.
    """
    with _written_beside(path, content) as partial:
        partial.replace(path)


def private_folder(folder: Path) -> None:
    """Make a folder for its owner alone, and those above it; one that is there stays as it is.

    Raises:
        KeyFileError: it cannot be made.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise _refusal(folder, error, "cannot be created") from error


@contextmanager
def _written_beside(path: Path, content: bytes) -> Iterator[Path]:
    """``content`` in a file beside ``path``, on the disk; it is gone behind the block."""
    partial = path.parent / f".{secrets.token_hex(8)}.partial"
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        yield partial
        _sync_folder(path.parent)
    except OSError as error:
        raise _refusal(path, error, "cannot be written") from error
    finally:
        with suppress(OSError):
            partial.unlink()


def _sync_folder(folder: Path) -> None:
    """Make a new name in ``folder`` last, where the system can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _require_private(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise KeyFileError(path, "is no regular file", hint="name another file")
    if _HAS_MODES and status.st_mode & _OTHERS:
        raise KeyFileError(
            path,
            f"others may use it (mode {stat.S_IMODE(status.st_mode):04o})",
            hint="chmod 600, if nobody has read it; else make a new one",
        )


def _refusal(path: Path, error: OSError | ValueError, what: str) -> KeyFileError:
    reason = getattr(error, "strerror", None) or str(error)
    return KeyFileError(path, f"{what} ({reason})", hint="name another key file")
