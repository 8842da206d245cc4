"""Which files a call means: as they are named, or found in folders; what is no file is said.

Whatever is found is only looked at, never opened: a pipe would keep us waiting for ever, and a
device may do anything. Links to files are followed; links to folders are not, since they may lead
round in a circle or to a whole other disk, and whoever wants that folder can name it.

A file that has several names through links is one file and is taken once, under its own name if
that was found too, else under the first in the order of names. Hard links are as many files.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from video_pipeline.errors import RecordingError

__all__ = ["VIDEO_SUFFIXES", "Found", "Skipped", "find_files", "refuse_nothing", "why_no_file"]

VIDEO_SUFFIXES = frozenset(
    {
        *(".3gp", ".asf", ".avi", ".dcm", ".divx", ".dv", ".f4v", ".flv", ".h264", ".hevc", ".ivf"),
        *(".m2p", ".m2t", ".m2ts", ".m2v", ".m4v", ".mjpeg", ".mjpg", ".mkv", ".mov", ".mp4"),
        *(".mpeg", ".mpg", ".mts", ".mxf", ".ogv", ".ts", ".vob", ".webm", ".wmv"),
    }
)
"""What is taken from a folder; a file that is named itself is tried whatever its suffix."""

_KINDS = (
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


@dataclass(frozen=True)
class Skipped:
    """Something that was named or found and cannot be tried."""

    path: Path
    cause: str
    hint: str | None = None
    is_empty_folder: bool = False
    """A folder in which nothing was found; no file then stands behind this."""

    @property
    def reason(self) -> str:
        """Cause and hint in one line."""
        return self.cause if self.hint is None else f"{self.cause}; {self.hint}"


@dataclass(frozen=True)
class Found:
    """What a call means."""

    by_argument: dict[Path, tuple[Path, ...]]
    """Files under each path that was named; each file once, under the first of them."""
    skipped: tuple[Skipped, ...]

    @property
    def files(self) -> tuple[Path, ...]:
        """All of them, in the order in which they were named or found."""
        return tuple(file for files in self.by_argument.values() for file in files)


def find_files(
    paths: Sequence[Path],
    suffixes: Collection[str] = VIDEO_SUFFIXES,
    *,
    is_deep: bool = True,
) -> Found:
    """Files as they are named, missing ones too; folders searched, in the order of their names.

    Hidden files and folders are passed over; with ``is_deep=False`` also folders in folders. What
    has one of the suffixes and is no file, or a folder that cannot be searched, is skipped with
    its cause, and so is a folder without either.
    """
    skipped: dict[Path, Skipped] = {}
    names: dict[Path, list[Path]] = {}
    for path in dict.fromkeys(paths):
        if not os.path.isdir(path):  # noqa: PTH112  Path.is_dir raises where it may not look
            cause = why_no_file(path)
            names[path] = [] if cause is not None else [path]
            if cause is not None:
                skipped[path] = Skipped(path, cause)
            continue
        inside = list(_search(path, suffixes, is_deep=is_deep))
        names[path] = [one for one in inside if isinstance(one, Path)]
        for one in inside:
            if isinstance(one, Skipped):
                skipped.setdefault(one.path, one)
        if not inside:
            skipped[path] = _empty(path, is_deep=is_deep)
    return Found(_each_once(names), _named_once(skipped.values()))


def refuse_nothing(found: Found) -> None:
    """Raise ``RecordingError`` where a call names nothing but folders without a video."""
    if not found.files and all(one.is_empty_folder for one in found.skipped):
        for one in found.skipped:
            raise RecordingError(one.path, one.cause, hint=one.hint)


def why_no_file(path: Path) -> str | None:
    """Why a path that is no folder is no file either; None for a file, and where nothing is."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        if error.errno == errno.ELOOP:
            return "a link that leads in a circle"
        if error.errno == errno.ENOENT and path.is_symlink():
            return "a link that leads nowhere"
        if error.errno == errno.ENOENT:
            return None
        return f"cannot be looked at ({error.strerror})"
    except ValueError as error:
        return f"no name of a file ({error})"
    return next((f"{kind}, not a file" for is_it, kind in _KINDS if is_it(mode)), None)


def _search(folder: Path, suffixes: Collection[str], *, is_deep: bool) -> Iterator[Path | Skipped]:
    """Files first, then the folders; without recursion, since folders may lie very deep."""
    searched = os.path.realpath(folder)
    waiting = [folder]
    while waiting:
        place = waiting.pop()
        files, folders, problem = _look_into(place)
        if problem is not None:
            yield problem
        for path in files:
            if path.suffix.casefold() in suffixes:
                cause = why_no_file(path)
                yield path if cause is None else Skipped(path, cause)
        if is_deep:
            yield from (_not_followed(path, searched) for path in folders if path.is_symlink())
            waiting += [path for path in reversed(folders) if not path.is_symlink()]


def _look_into(place: Path) -> tuple[list[Path], list[Path], Skipped | None]:
    """Files, or what is in their place, and folders, links to some included; by their names."""
    files: list[Path] = []
    folders: list[Path] = []
    problem = None
    try:
        with os.scandir(place) as entries:
            for entry in entries:
                if not entry.name.startswith("."):
                    # Links included; False, and no error, where it leads nowhere.
                    is_folder = os.path.isdir(entry.path)  # noqa: PTH112
                    (folders if is_folder else files).append(place / entry.name)
    except OSError as error:
        problem = Skipped(place, f"a folder that cannot be searched ({error.strerror})")
    return sorted(files), sorted(folders), problem


def _not_followed(link: Path, searched: str) -> Skipped:
    target = os.path.realpath(link)
    if target == searched or target.startswith(os.path.join(searched, "")):  # noqa: PTH118
        return Skipped(link, "a link to a folder that is searched already")
    return Skipped(link, "a link to a folder, which is not followed", "name the folder itself")


def _empty(folder: Path, *, is_deep: bool) -> Skipped:
    if is_deep:
        cause, hint = "no video in this folder", "name the files themselves"
    else:
        cause = "no video directly in this folder"
        hint = "name the folders that hold the files of one operation each"
    return Skipped(folder, cause, hint, is_empty_folder=True)


def _each_once(names: dict[Path, list[Path]]) -> dict[Path, tuple[Path, ...]]:
    """Leave one name of each file, where the file was found first."""
    real = {path: os.path.realpath(path) for files in names.values() for path in files}
    best: dict[str, Path] = {}
    for path, target in real.items():
        other = best.get(target)
        best[target] = path if other is None else min(other, path, key=_rank)
    return {
        argument: tuple(best.pop(real[path]) for path in files if real[path] in best)
        for argument, files in names.items()
    }


def _rank(path: Path) -> tuple[bool, str]:
    """A file's own name before those that links give it."""
    own = os.path.abspath(path)  # noqa: PTH100  without following links
    return os.path.realpath(path) != own, str(path)


def _named_once(skipped: Iterable[Skipped]) -> tuple[Skipped, ...]:
    """The same thing under an absolute and a relative name is one; links stay themselves."""
    return tuple({os.path.abspath(one.path): one for one in skipped}.values())  # noqa: PTH100
