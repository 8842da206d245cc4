"""Which recordings a call means, and the name that each one's results carry."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from video_pipeline.batch.naming.folder_names import folder_name, name_key
from video_pipeline.batch.naming.named_or_not import require_unmixed
from video_pipeline.batch.naming.pseudonyms import Pseudonym, Pseudonyms
from video_pipeline.batch.search.searching import VIDEO_SUFFIXES, Found, find_files, refuse_nothing
from video_pipeline.output.manifest import read_manifest
from video_pipeline.output.provenance import InputLabel, digest_path

__all__ = [
    "VIDEO_SUFFIXES",
    "Operation",
    "Recording",
    "find_recordings",
    "name_operations",
    "name_recordings",
]


@dataclass(frozen=True)
class Operation:
    """The file of one operation, or its files in the order of their time."""

    path: Path
    """Where it lies: its file; of several their folder, their list, or the first of them."""
    name: str
    """What its owner calls it: may be shared with others, and may be no name for a folder."""
    paths: tuple[Path, ...]
    """At least one."""
    why_skipped: str | None = None
    """Why it is no recording and cannot be tried, in one line; None where it is to be."""

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
    why_skipped: str | None = None
    """Why it must not even be opened, in one line; it gets a row in ``batch.csv`` all the same."""
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


def find_recordings(paths: Sequence[Path]) -> Found:
    """Files as they are named; folders searched for videos; see ``find_files``.

    Raises:
        RecordingError: nothing was named but folders without a video.
    """
    found = find_files(paths)
    refuse_nothing(found)
    return found


def name_recordings(paths: Sequence[Path], out: Path) -> list[Recording]:
    """Give the recording in each file a name of its own below ``out``; see ``name_operations``."""
    return _named([Operation.of_file(path) for path in paths], out)


def name_operations(
    operations: Sequence[Operation], out: Path, *, pseudonyms: Pseudonyms | None = None
) -> list[Recording]:
    """Give each recording a name of its own below ``out``: the operation's where that is free.

    A name that two operations share, or under which ``out`` holds results of one elsewhere, is
    followed by a few digits of the path's digest, and by all of them where even that is not enough.
    Where ``out`` holds results of a recording, it keeps their name, whoever wants it now. The names
    do not depend on the order of operations. What is skipped takes no name from a recording.

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
        Recording(of.path, pseudonym.name, of.paths, of.why_skipped, pseudonym)
        for of, pseudonym in zip(operations, given, strict=True)
    ]


def _named(operations: Sequence[Operation], out: Path) -> list[Recording]:
    namings = [_Naming.of(operation, out) for operation in operations]
    while _part_the_equal(namings):
        pass
    return [
        Recording(of.path, naming.name, of.paths, of.why_skipped)
        for of, naming in zip(operations, namings, strict=True)
    ]


@dataclass(eq=False)
class _Naming:
    """The names that one operation may have, best first, and which of them is tried."""

    names: list[str]
    is_skipped: bool
    is_home: bool
    """Its results are there under the first of these names: it moves for nobody."""

    @classmethod
    def of(cls, operation: Operation, out: Path) -> _Naming:
        name, digest = folder_name(operation.name), digest_path(operation.path)
        is_skipped = operation.why_skipped is not None
        names = [name, f"{name}-{digest[:8]}", f"{name}-{digest}"]
        owners = [_owner(out / name) for name in names]
        if digest in owners:
            return cls([names[owners.index(digest)]], is_skipped, is_home=True)
        free = [name for name, owner in zip(names, owners, strict=True) if owner is None]
        return cls(free or names[-1:], is_skipped, is_home=False)

    @property
    def name(self) -> str:
        return self.names[0]

    @property
    def rank(self) -> tuple[bool, bool]:
        """Who has the lower one stays."""
        return (not self.is_home, self.is_skipped)


def _part_the_equal(namings: Sequence[_Naming]) -> bool:
    """Let those go on to their next name that share one; whether any did."""
    sharing = defaultdict(list)
    for naming in namings:
        sharing[name_key(naming.name)].append(naming)
    moved = False
    for group in sharing.values():
        best = min(naming.rank for naming in group)
        winners = [naming for naming in group if naming.rank == best]
        for naming in group:
            is_alone_at_best = naming in winners and len(winners) == 1
            if len(group) > 1 and not is_alone_at_best and len(naming.names) > 1:
                del naming.names[0]
                moved = True
    return moved


def _owner(folder: Path) -> str | None:
    """The digest of the path of the recording whose results lie there."""
    # A link is no folder of ours; nobody writes there, so nobody need know what it leads to.
    manifest = None if os.path.islink(folder) else read_manifest(folder)  # noqa: PTH114
    return None if manifest is None else manifest.path_sha256
