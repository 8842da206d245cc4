"""A claim on a recording or a table of an output folder: one process at a time, on any machine.

A claim is a POSIX lock on a hidden file, ``.NAME.lock``. Such locks hold between machines that
share a file system, NFS included, and end with their process, however that ends; the file is only
where the lock lies, and whoever finds one that nobody holds may take it. It goes with the claim.

Where a system or a file system has no such locks, there are no claims: then one call at a time is
the caller's business. Claims are between processes: threads of one process share them.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from video_pipeline.errors import OutputError
from video_pipeline.output.files import output_error
from video_pipeline.output.recording_folder import discard_unfinished

try:
    import fcntl
except ImportError:  # Windows has no such locks.
    fcntl = None  # type: ignore[assignment]

__all__ = ["claim", "clear_up"]

_HELD_ELSEWHERE = {errno.EACCES, errno.EAGAIN}
_NO_LOCKS_HERE = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL}
_GONE = {errno.ENOENT, errno.ESTALE}
_LOOK_EVERY_S = 0.01
_LONGEST_END_S = 1.0


@contextmanager
def claim(place: Path, *, wait_s: float = 0.0) -> Iterator[bool]:
    """Claim ``place``, a file or folder that need not be there yet; yield whether it is ours.

    It is not while another process holds it, for which ``wait_s`` is waited.

    Raises:
        OutputError: there can be no file beside ``place``.
    """
    if fcntl is None:
        yield True
        return
    lock = place.parent / f".{place.name}.lock"
    with ExitStack() as held:
        yield _is_taken(lock, held, wait_s)


def clear_up(folder: Path) -> None:
    """Take away what a process that is no more had begun to write for a recording's folder.

    Where another process has claimed the recording, what lies there is that one's.
    """
    # A decoder whose starter was killed ends by itself, a moment later.
    with suppress(OutputError), claim(folder, wait_s=_LONGEST_END_S) as is_ours:
        if is_ours:
            discard_unfinished(folder)


def _is_taken(lock: Path, held: ExitStack, wait_s: float) -> bool:
    give_up_at = time.monotonic() + wait_s
    while True:
        try:
            is_ours = _take(lock, held)
        except OSError as error:
            raise output_error(lock, error, "cannot be locked") from error
        if is_ours is not None and (is_ours or time.monotonic() >= give_up_at):
            return is_ours
        if is_ours is not None:
            time.sleep(_LOOK_EVERY_S)


def _take(lock: Path, held: ExitStack) -> bool | None:
    """Whether the lock is ours, kept until ``held`` ends; None where its file was exchanged."""
    with ExitStack() as trying:
        ours = _opened(lock, os.O_CREAT, trying)
        try:
            fcntl.lockf(ours, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in _HELD_ELSEWHERE:
                return False
            if error.errno in _GONE:
                return None
            if error.errno not in _NO_LOCKS_HERE:
                raise
        # Its holder may have taken the file away between our opening and locking it. Opened once
        # more, and not only looked up: that is what NFS promises to ask the server for. Both stay
        # open, since closing either would end the lock.
        try:
            there = _opened(lock, 0, trying)
        except OSError as error:
            if error.errno in _GONE:
                return None
            if os.path.samestat(os.fstat(ours), lock.lstat()):
                _remove(lock)
            raise
        if not os.path.sameopenfile(ours, there):
            return None
        trying.callback(_remove, lock)
        held.push(trying.pop_all())
    return True


def _opened(lock: Path, flags: int, closing: ExitStack) -> int:
    descriptor = os.open(lock, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | flags, 0o666)
    closing.callback(os.close, descriptor)
    return descriptor


def _remove(lock: Path) -> None:
    """While it is held, so that nobody else's is taken away; one that stays does no harm."""
    with suppress(OSError):
        lock.unlink()
