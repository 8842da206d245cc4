"""Which recordings a call means, and the name that each one's results carry."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from video_pipeline.batch.named_or_not import require_unmixed
from video_pipeline.batch.pseudonyms import Pseudonym, Pseudonyms
from video_pipeline.errors import RecordingError
from video_pipeline.output.manifest import InputLabel, digest_path, read_manifest

__all__ = [
    "VIDEO_SUFFIXES",
    "Operation",
    "Recording",
    "files_in",
    "find_recordings",
    "name_operations",
    "name_recordings",
]

VIDEO_SUFFIXES = frozenset(
    {
        *(".3gp", ".asf", ".avi", ".dcm", ".divx", ".dv", ".f4v", ".flv", ".h264", ".hevc", ".ivf"),
        *(".m2p", ".m2t", ".m2ts", ".m2v", ".m4v", ".mjpeg", ".mjpg", ".mkv", ".mov", ".mp4"),
        *(".mpeg", ".mpg", ".mts", ".mxf", ".ogv", ".ts", ".vob", ".webm", ".wmv"),
    }
)
"""What is taken from a folder; a file that is named itself is tried whatever its suffix."""

_LONGEST_NAME = 100


@dataclass(frozen=True)
class Operation:
    """The file of one operation, or its files in the order of their time."""

    path: Path
    """Where it lies: its file; of several their folder, their list, or the first of them."""
    name: str
    """What its owner calls it: may be shared with others, and may be no name for a folder."""
    paths: tuple[Path, ...]
    """At least one."""

    @classmethod
    def of_file(cls, path: Path) -> Operation:
        """The operation that one file holds."""
        return cls(path, path.stem, (path,))


@dataclass(frozen=True)
class Recording:
    """One recording and the name of its results."""

    path: Path
    """Where it lies: its file; of several their folder, their list, or the first of them."""
    video_id: str
    paths: tuple[Path, ...] = ()
    """Its files in the order of their time, which are read as one; ``path`` alone if not given."""
    pseudonym: Pseudonym | None = None
    """What stands for its name and its path wherever they could be seen; None: they do."""

    def __post_init__(self) -> None:
        if not self.paths:
            object.__setattr__(self, "paths", (self.path,))

    @property
    def shown_as(self) -> str:
        """What tables and screens call it."""
        return str(self.path) if self.pseudonym is None else self.pseudonym.name

    @property
    def part_names(self) -> tuple[str, ...] | None:
        """What each file is called instead of its own name; None: by that."""
        if self.pseudonym is None:
            return None
        return tuple(f"part {k}" for k in range(1, len(self.paths) + 1))

    @property
    def label(self) -> InputLabel:
        """What its manifest calls it."""
        if self.pseudonym is None:
            return InputLabel.of(self.path)
        return InputLabel(self.pseudonym.name, self.pseudonym.path_digest, self.part_names)


def find_recordings(paths: Sequence[Path]) -> list[Path]:
    """Files as they are named; folders searched for videos, in the order of their names.

    Hidden files and folders are passed over, links to folders not followed, and no file is taken
    twice.

    Raises:
        RecordingError: a folder holds no video at all.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if not path.is_dir():
            found[path] = None
            continue
        inside = list(files_in(path))
        if not inside:
            raise RecordingError(path, "no video in this folder", hint="name the files themselves")
        found.update(dict.fromkeys(inside))
    return list(found)


def files_in(
    folder: Path, suffixes: Collection[str] = VIDEO_SUFFIXES, *, is_deep: bool = True
) -> Iterable[Path]:
    """Files of these suffixes in a folder and those below it, in the order of their names.

    Hidden ones are passed over; ``is_deep=False``: those directly inside only.
    """
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and is_deep)
        for name in sorted(files):
            if not name.startswith(".") and Path(name).suffix.casefold() in suffixes:
                yield Path(place, name)


def name_recordings(paths: Sequence[Path], out: Path) -> list[Recording]:
    """Give the recording in each file a name of its own below ``out``; see ``name_operations``."""
    return _named([Operation.of_file(path) for path in paths], out)


def name_operations(
    operations: Sequence[Operation], out: Path, *, pseudonyms: Pseudonyms | None = None
) -> list[Recording]:
    """Give each recording a name of its own below ``out``: the operation's where that is free.

    A name that two operations share, or under which ``out`` holds results of one elsewhere, is
    followed by a few digits of the path's digest, so that the same call finds its results again.
    With ``pseudonyms`` each has its pseudonym instead, and their table says which is which.

    Raises:
        OutputError: ``out`` holds names where pseudonyms are asked for, or the reverse.
        KeyFileError: the table of pseudonyms cannot be kept.
    """
    require_unmixed(out, key_id=None if pseudonyms is None else pseudonyms.key_id)
    if pseudonyms is None:
        return _named(operations, out)
    given = pseudonyms.give([operation.path for operation in operations])
    return [
        Recording(of.path, pseudonym.name, of.paths, pseudonym)
        for of, pseudonym in zip(operations, given, strict=True)
    ]


def _named(operations: Sequence[Operation], out: Path) -> list[Recording]:
    names = [_as_folder_name(operation.name) for operation in operations]
    keys = [name.casefold() for name in names]
    return [
        Recording(
            of.path,
            _unshared(name, of.path) if keys.count(key) > 1 else _own(name, of.path, out),
            of.paths,
        )
        for of, name, key in zip(operations, names, keys, strict=True)
    ]


def _own(stem: str, path: Path, out: Path) -> str:
    there = read_manifest(out / stem)
    taken = there is not None and there.path_sha256 != digest_path(path)
    return _unshared(stem, path) if taken else stem


def _unshared(stem: str, path: Path) -> str:
    return f"{stem}-{digest_path(path)[:8]}"


def _as_folder_name(stem: str) -> str:
    """The stem itself where it is a plain name everywhere; else a plain one made from it."""
    plain = re.sub(r"[^\w .,()+=@~-]|^[.\s]+|[.\s]+$", "_", stem, flags=re.UNICODE)
    if plain == stem and len(stem.encode()) <= _LONGEST_NAME:
        return stem
    digest = hashlib.sha256(stem.encode("utf-8", "surrogateescape")).hexdigest()[:8]
    return f"{plain.encode()[: _LONGEST_NAME - 9].decode(errors='ignore')}-{digest}"
