"""What changed from one dataset to another, by their locks."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass

from classifier.dataset.lock import DatasetLock, LockedFile

__all__ = ["FilePair", "LockDifference", "diff_locks"]


@dataclass(frozen=True)
class FilePair:
    """One image in both datasets."""

    old: LockedFile
    new: LockedFile


@dataclass(frozen=True)
class LockDifference:
    """What changed; an image may be moved, relabelled and renamed at once."""

    added: tuple[LockedFile, ...]
    removed: tuple[LockedFile, ...]
    changed: tuple[FilePair, ...]
    """The same path, another content."""
    moved: tuple[FilePair, ...]
    """To another split."""
    relabelled: tuple[FilePair, ...]
    """What it shows, or whether that is known."""
    renamed: tuple[FilePair, ...]
    """The same content, another path; between class folders, that is a relabelled image."""
    counts: dict[str, tuple[int | None, int | None]]
    """For each class how many images show it, old and new; None where there is no such class."""

    @property
    def is_none(self) -> bool:
        """Whether both are the same images with the same labels and splits."""
        files = (self.added, self.removed, self.changed, self.moved, self.relabelled, self.renamed)
        same_classes = all(None not in pair for pair in self.counts.values())
        return same_classes and not any(files)


def diff_locks(old: DatasetLock, new: DatasetLock) -> LockDifference:
    """Find each image of ``old`` in ``new``: by path and content, by content, and by path.

    A lock without validation images is one of a dataset from which none have been drawn yet; then
    train and validation count as one split in both.
    """
    both_drawn = all("validation" in lock.splits for lock in (old, new))

    def split_of(file: LockedFile) -> str:
        return "train" if file.split == "validation" and not both_drawn else file.split

    keys: tuple[Callable[[LockedFile], Hashable], ...] = (
        lambda file: (file.path_sha256, file.sha256, split_of(file)),
        lambda file: (file.path_sha256, file.sha256),
        lambda file: (file.sha256, split_of(file)),
        lambda file: file.sha256,
        lambda file: (file.path_sha256, split_of(file)),
    )
    pairs: list[FilePair] = []
    removed, added = list(old.files), list(new.files)
    for key in keys:
        found, removed, added = _paired(removed, added, key)
        pairs += found
    pairs.sort(key=lambda pair: (pair.new.path or pair.new.path_sha256, pair.new.sha256))
    return LockDifference(
        added=tuple(added),
        removed=tuple(removed),
        changed=tuple(p for p in pairs if p.old.sha256 != p.new.sha256),
        moved=tuple(p for p in pairs if split_of(p.old) != split_of(p.new)),
        relabelled=tuple(p for p in pairs if p.old.labels != p.new.labels),
        renamed=tuple(p for p in pairs if p.old.path_sha256 != p.new.path_sha256),
        counts=_counts(old, new),
    )


def _paired(
    old: Iterable[LockedFile], new: Iterable[LockedFile], key: Callable[[LockedFile], Hashable]
) -> tuple[list[FilePair], list[LockedFile], list[LockedFile]]:
    """Pairs that agree in ``key``, and what of both sides is left over, each in its order."""
    waiting: defaultdict[Hashable, deque[LockedFile]] = defaultdict(deque)
    for file in new:
        waiting[key(file)].append(file)
    pairs, left = [], []
    taken: set[int] = set()
    for file in old:
        candidates = waiting[key(file)]
        if candidates:
            pairs.append(FilePair(file, candidates.popleft()))
            taken.add(id(pairs[-1].new))
        else:
            left.append(file)
    return pairs, left, [file for file in new if id(file) not in taken]


def _counts(old: DatasetLock, new: DatasetLock) -> dict[str, tuple[int | None, int | None]]:
    shown = [
        {name: sum(part[name] for part in lock.counts.values()) for name in lock.classes}
        for lock in (old, new)
    ]
    names = dict.fromkeys((*old.classes, *new.classes))
    return {name: (shown[0].get(name), shown[1].get(name)) for name in names}
