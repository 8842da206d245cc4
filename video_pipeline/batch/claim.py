"""One recording, one writer: a claim on it that ends with the process, however that ends.

Processes of one machine, or of several on a shared file system, may work on one output folder. Who
annotates a recording holds a lock on ``OUT/.<video_id>.lock``; a lock on a folder would leave no
file, but network file systems have none.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from video_pipeline.errors import OutputError
from video_pipeline.output.files import make_folder

try:
    import fcntl
except ImportError:  # Windows has no such locks.
    fcntl = None  # type: ignore[assignment]

__all__ = ["ClaimedElsewhereError", "claim", "lock_path"]

_HELD = {errno.EACCES, errno.EAGAIN, errno.EWOULDBLOCK}
_NO_LOCKS = {errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL}


class ClaimedElsewhereError(Exception):
    """Another process is at work there."""


def lock_path(place: Path) -> Path:
    """Of the lock file for ``place``, which need not exist."""
    return place.parent / f".{place.name}.lock"


@contextmanager
def claim(place: Path, *, waits: bool = False) -> Iterator[None]:
    """Hold ``place``, a file or folder, against every other process; the lock file goes at the end.

    ``waits``: until whoever holds it is done; else that is an error. Where the system or the file
    system has no locks, nothing is held.

    Raises:
        ClaimedElsewhereError: another process holds it.
        OutputError: the lock file cannot be made.
    """
    make_folder(place.parent)
    descriptor = _locked(lock_path(place), waits=waits)
    try:
        yield
    finally:
        # The file goes first: whoever opens it from now on makes a new one.
        with suppress(OSError):
            lock_path(place).unlink()
        os.close(descriptor)


def _locked(path: Path, *, waits: bool) -> int:
    """A descriptor that holds the lock, on the file that bears the name now."""
    while True:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError as error:
            raise OutputError(
                path.parent,
                f"cannot be written ({error.strerror})",
                hint="choose an output folder that you may write to, with space left",
            ) from error
        try:
            _lock(descriptor, waits=waits)
            if _is_still_called(path, descriptor):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _lock(descriptor: int, *, waits: bool) -> None:
    if fcntl is None:
        return
    how = fcntl.LOCK_EX if waits else fcntl.LOCK_EX | fcntl.LOCK_NB
    try:
        fcntl.lockf(descriptor, how)
    except OSError as error:
        if error.errno in _HELD:
            raise ClaimedElsewhereError from error
        if error.errno not in _NO_LOCKS:
            raise


def _is_still_called(path: Path, descriptor: int) -> bool:
    """Whether the name leads to this very file: its last holder may have taken it away."""
    try:
        there = path.stat()
    except OSError:
        return False
    return os.path.samestat(there, os.fstat(descriptor))
