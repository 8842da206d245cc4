"""A dataset's lock: which images, with which labels, on which side of the split.

As ``dataset.lock.json`` it lies beside a model and says, for every image that was learned from, its
size, its SHA-256, what it shows and on which side of the split it was. A model folder is handed on,
and file names often carry patients' names: so by default a file is called by the SHA-256 of its
path. That keeps names from being read; whoever can guess a name can still check it. ``names=True``
writes the paths.

Paths are relative to the folder of classes, or to the table; never absolute. The same dataset gives
the same bytes, wherever it lies.
"""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from classifier.dataset.checking import CheckedFile, fingerprint
from classifier.dataset.record import Dataset

__all__ = ["SPLITS", "DatasetLock", "LockedFile", "digest_of_path", "lock_dataset"]

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class LockedFile:
    """One image and what was said about it."""

    path_sha256: str
    """Of its path relative to the dataset, with forward slashes."""
    size_bytes: int
    sha256: str
    """Of its content."""
    split: str
    """``train``, ``validation`` or ``test``."""
    shows: tuple[str, ...]
    """Classes that it is known to show."""
    unknown: tuple[str, ...] = ()
    """Classes of which nobody said whether it shows them; it shows none of the others."""
    path: str | None = None
    """The path itself, None where it is not to be told."""

    @property
    def labels(self) -> tuple[frozenset[str], frozenset[str]]:
        """What it shows and what is unknown, whatever the order of the columns."""
        return frozenset(self.shows), frozenset(self.unknown)


@dataclass(frozen=True)
class DatasetLock:
    """All images of one dataset, as they were when somebody looked."""

    dataset_sha256: str
    """The fingerprint that `train` writes into ``classifier.json``."""
    tools: tuple[str, ...]
    background: tuple[str, ...]
    n_recordings: int | None
    """None where nothing tells the recordings."""
    n_patients: int | None
    files: tuple[LockedFile, ...]

    @property
    def classes(self) -> tuple[str, ...]:
        """The tools, then the classes without any."""
        return self.tools + self.background

    @property
    def splits(self) -> tuple[str, ...]:
        """Those that it has images of."""
        there = {file.split for file in self.files}
        return tuple(split for split in SPLITS if split in there)

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """For each split how many images are known to show each class."""
        counts = {split: dict.fromkeys(self.classes, 0) for split in self.splits}
        for file in self.files:
            for name in file.shows:
                counts[file.split][name] += 1
        return counts

    @property
    def split_sha256(self) -> str:
        """Changes when an image goes to another split, and with the images themselves."""
        lines = sorted(f"{file.path_sha256}\0{file.sha256}\0{file.split}" for file in self.files)
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    def only(self, splits: AbstractSet[str]) -> DatasetLock:
        """The images of these splits; the fingerprint stays that of the whole."""
        return replace(self, files=tuple(file for file in self.files if file.split in splits))


def lock_dataset(
    splits: Mapping[str, Dataset], files: Iterable[CheckedFile], *, names: bool = False
) -> DatasetLock:
    """Describe the images of ``train``, ``validation`` and ``test``, as far as there are any.

    ``files`` has the digest of each image, in any order. Give the datasets as they were read, with
    their background classes, or two heads' models of one dataset would seem to differ.

    Raises:
        ValueError: there is no such split, no image, or no digest of one.
    """
    if not set(splits) <= set(SPLITS) or not any(map(len, splits.values())):
        raise ValueError(f"images of {', '.join(SPLITS)} are expected, got {list(splits)}")
    digested = {file.path: file for file in files}
    locked = [
        file
        for split, dataset in splits.items()
        for file in _locked_files(split, dataset, digested, names=names)
    ]
    parts = list(splits.values())
    return DatasetLock(
        dataset_sha256=fingerprint(digested[path] for part in parts for path in part.paths),
        tools=tuple(dict.fromkeys(name for part in parts for name in part.tools)),
        background=tuple(dict.fromkeys(name for part in parts for name in part.background)),
        n_recordings=_n_different([part.videos for part in parts]),
        n_patients=_n_different([part.patients for part in parts]),
        files=tuple(sorted(locked, key=_order)),
    )


def digest_of_path(path: str) -> str:
    """What stands for a path that is not to be told."""
    return hashlib.sha256(path.encode("utf-8", "surrogateescape")).hexdigest()


def _locked_files(
    split: str, dataset: Dataset, digested: Mapping[Path, CheckedFile], *, names: bool
) -> Iterable[LockedFile]:
    root = dataset.source if dataset.source.is_dir() else dataset.source.parent
    classes = np.array(dataset.classes)
    for path, labels in zip(dataset.paths, dataset.labels, strict=True):
        if path not in digested:
            raise ValueError(f"no digest of {path}")
        name = _relative_name(root, path)
        yield LockedFile(
            path_sha256=digest_of_path(name),
            size_bytes=digested[path].size_bytes,
            sha256=digested[path].sha256,
            split=split,
            shows=tuple(classes[labels == 1].tolist()),
            unknown=tuple(classes[np.isnan(labels)].tolist()),
            path=name if names else None,
        )


def _relative_name(root: Path, path: Path) -> str:
    """The way to an image from its dataset; of one that a table names absolutely, its end."""
    try:
        return posixpath.normpath(path.relative_to(root).as_posix())
    except ValueError:
        return f"{path.parent.name}/{path.name}"


def _n_different(groups: Iterable[tuple[str, ...] | None]) -> int | None:
    known = [names for names in groups if names is not None]
    return len({name for names in known for name in names if name != ""}) if known else None


def _order(file: LockedFile) -> tuple[str, str, str]:
    return file.path if file.path is not None else file.path_sha256, file.sha256, file.split
