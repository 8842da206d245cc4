"""``NAME.parts``: a text file that names the files of one operation, one a line, in their order.

Names are relative to the list. A list may come from anywhere, so it can only name what lies beside
or below it: nothing absolute, no ``..``, no URL, no link that leads elsewhere.
"""

from __future__ import annotations

import os
import re
from pathlib import Path, PureWindowsPath

from video_pipeline.errors import RecordingError

__all__ = ["LIST_SUFFIX", "is_part_list", "read_part_list"]

LIST_SUFFIX = ".parts"

_MOST_BYTES = 1 << 20
_GIVE_NAMES = "one file name a line, relative to the list"


def is_part_list(path: Path) -> bool:
    """Whether a path is that of a list, and a regular file."""
    # Path.is_file raises where it may not look.
    return path.suffix.casefold() == LIST_SUFFIX and os.path.isfile(path)  # noqa: PTH113


def read_part_list(path: Path) -> tuple[Path, ...]:
    """The files that a list names, in its order; empty lines and those behind a ``#`` are passed.

    Raises:
        RecordingError: the list cannot be read, is no UTF-8, names nothing, or a line (which the
            error tells) names no regular file beside or below the list, or one for a second time.
    """
    found: dict[str, Path] = {}
    for n, line in enumerate(_text(path).splitlines(), 1):
        name = line.strip()
        if not name or name.startswith("#"):
            continue
        file = path.parent / name
        problem = _problem(path, name)
        if problem is None and os.path.realpath(file) in found:
            problem = "is named twice"
        if problem is not None:
            raise RecordingError(
                path,
                f"line {n}: {name} {problem}",
                hint=_GIVE_NAMES,
                nameless_cause=f"line {n}: its file {problem}",
            )
        found[os.path.realpath(file)] = file
    if not found:
        raise RecordingError(path, "names no file", hint=_GIVE_NAMES)
    return tuple(found.values())


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            raise RecordingError(path, "too large for a list of files", hint=_GIVE_NAMES)
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RecordingError(path, "not UTF-8 text", hint=_GIVE_NAMES) from error
    except OSError as error:
        raise RecordingError(path, f"cannot be read ({error.strerror})") from error


def _problem(path: Path, name: str) -> str | None:
    """What is wrong with a name in the list at ``path``; None if nothing is."""
    on_windows = PureWindowsPath(name)
    if "://" in name:
        return "is a URL"
    if on_windows.drive or on_windows.root:
        return "is not relative to the list"
    if ".." in re.split(r"[/\\]", name):
        return "leads out of the list's folder"
    try:
        file = path.parent / name
        if not file.is_file():
            return "is no file"
    except (OSError, ValueError):
        return "is no file"
    folder = os.path.realpath(path.parent)
    if not Path(os.path.realpath(file)).is_relative_to(folder):
        return "is a link out of the list's folder"
    return None
