"""One call at a time in a folder of frames, and nothing left over from one that was killed."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from video_pipeline.errors import OutputError
from video_pipeline.extraction.class_folders import SPLITS
from video_pipeline.extraction.record import RECORD_NAME
from video_pipeline.output.files import remove_file

try:
    import fcntl
except ImportError:  # Windows has no such locks.
    fcntl = None  # type: ignore[assignment]

__all__ = ["sole_user_of"]

_PARTIAL = re.compile(r"\.[0-9a-f]{16}\.partial")


@contextmanager
def sole_user_of(folder: Path) -> Iterator[None]:
    """Hold ``folder`` for this call; half-written files of a call that was killed are taken away.

    Two calls at once would each write a frames.csv without the other's rows. The lock is on the
    folder itself, so it leaves no file and ends with the process, however that ends. Where there
    are no such locks, there is none.

    Raises:
        OutputError: another call is at work there.
    """
    descriptor = _lock(folder)
    try:
        if descriptor is not None:
            for place in (folder, *_places(folder)):
                _remove_partials(place)
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _lock(folder: Path) -> int | None:
    if fcntl is None:
        return None
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        # It may be written to but not read, perhaps.
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        if error.errno in {errno.EWOULDBLOCK, errno.EACCES}:
            raise OutputError(
                folder, "another call is writing frames there", hint="wait until it is done"
            ) from error
        return None
    return descriptor


def _places(folder: Path) -> Iterator[Path]:
    """The folders into which we write, and no other: ``folder`` may hold a person's own."""
    for child in sorted(folder.iterdir()):
        if (child / RECORD_NAME).is_file():
            yield child
    for split in SPLITS:
        if (folder / split).is_dir():
            yield from (child for child in (folder / split).iterdir() if child.is_dir())


def _remove_partials(place: Path) -> None:
    for path in place.glob(".*.partial"):
        if _PARTIAL.fullmatch(path.name):
            remove_file(path)
