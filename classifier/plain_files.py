"""Files that strangers wrote: opened only where they are plain files of a bearable size.

A pipe would hang the command, a device may do anything, a link leads to some other file of this
machine, and a file without end fills the memory: each is refused before a byte of it is read.
"""

from __future__ import annotations

import errno
import os
import stat
from io import BufferedReader
from pathlib import Path

from classifier.errors import ClassifierError

__all__ = ["open_plain_file", "read_plain_text"]

# Neither flag is known everywhere; where they are, no race with the file system is lost.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)


def open_plain_file(
    path: Path, *, most_bytes: int, error: type[ClassifierError], follow_links: bool
) -> BufferedReader:
    """Open a plain file of at most ``most_bytes`` for reading.

    ``follow_links`` is for files that the user named; those of a stranger's folder are no links.

    Raises:
        ``error``: it is not there, no plain file, a link, or too large.
    """
    try:
        # A device is not even opened: that alone may move a tape.
        _require_plain(path, path.stat() if follow_links else path.lstat(), most_bytes, error)
        descriptor = os.open(path, _FLAGS | (0 if follow_links else _NO_FOLLOW))
    except (OSError, ValueError) as cause:
        raise error(path, _why_not_opened(cause)) from cause
    file = os.fdopen(descriptor, "rb")
    try:
        _require_plain(path, os.fstat(descriptor), most_bytes, error)
    except BaseException:
        file.close()
        raise
    return file


def read_plain_text(
    path: Path, *, most_bytes: int, error: type[ClassifierError], follow_links: bool
) -> str:
    """Read a plain file of UTF-8 text; a byte-order mark at its beginning is passed over.

    Raises:
        ``error``: it cannot be opened, see ``open_plain_file``, or is no UTF-8 text.
    """
    with open_plain_file(
        path, most_bytes=most_bytes, error=error, follow_links=follow_links
    ) as file:
        try:
            return file.read(most_bytes).decode("utf-8-sig")
        except UnicodeDecodeError as cause:
            raise error(path, "is not UTF-8 text") from cause
        except OSError as cause:
            raise error(path, f"cannot be read ({cause.strerror})") from cause


def _require_plain(
    path: Path, status: os.stat_result, most_bytes: int, error: type[ClassifierError]
) -> None:
    if stat.S_ISLNK(status.st_mode):
        raise error(path, "is a link", hint="put the file itself in its place")
    if stat.S_ISDIR(status.st_mode):
        raise error(path, "is a folder where a file is expected")
    if not stat.S_ISREG(status.st_mode):
        raise error(path, "is not a plain file but a pipe, socket or device")
    if status.st_size > most_bytes:
        raise error(path, f"is larger than {most_bytes / (1 << 20):g} MiB, which no such file is")


def _why_not_opened(cause: OSError | ValueError) -> str:
    if not isinstance(cause, OSError):
        return "is no possible file name"
    if cause.errno == errno.ENOENT:
        return "no such file"
    if cause.errno == errno.ELOOP:
        return "is a link"
    return f"cannot be read ({cause.strerror})"
