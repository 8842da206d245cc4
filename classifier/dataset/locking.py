"""A dataset on disk -> its lock, as a training would see its images."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from classifier.dataset.checking import check_images
from classifier.dataset.class_folders import find_split, read_class_folders
from classifier.dataset.inspection import inspect_images
from classifier.dataset.lock import DatasetLock, lock_dataset
from classifier.dataset.record import Dataset, ImageProblem
from classifier.dataset.table import is_table, read_table, splits_of_table
from classifier.errors import DatasetError

__all__ = ["lock_of_dataset"]


def lock_of_dataset(
    path: Path, *, progress: Callable[[int, int], None] | None = None
) -> tuple[DatasetLock, tuple[ImageProblem, ...]]:
    """Read, decode and digest a folder with ``train`` and ``test``, class folders, or a table.

    Images that cannot be decoded are no part of it, as of no training, and are listed. Nothing has
    been drawn for validation yet, unless a table's column says so. The paths are in the lock.

    ``progress`` is told how many images of how many are done.

    Raises:
        DatasetError: it is no dataset, or none of its images can be read.
    """
    parts = _parts(path)
    n_images = sum(map(len, parts.values()))
    n_done = 0

    def count(n: int) -> None:
        nonlocal n_done
        n_done += n
        if progress is not None:
            progress(n_done, n_images)

    paths = [image for part in parts.values() for image in part.paths]
    inspected = inspect_images(paths, progress=count)
    checked = {split: check_images(part, inspected=inspected)[0] for split, part in parts.items()}
    files = [image.file for image in inspected.values() if image.file is not None]
    if not files:
        raise DatasetError(path, "no image that can be read")
    problems = tuple(problem for part in checked.values() for problem in part.problems)
    return lock_dataset(checked, files, names=True), problems


def _parts(path: Path) -> Mapping[str, Dataset]:
    if is_table(path):
        splits = splits_of_table(path) or {"train"}
        return {split: read_table(path, split=split) for split in sorted(splits)}
    found = {split: find_split(path, split) for split in ("train", "test")}
    folders = {split: folder for split, folder in found.items() if folder is not None}
    if not folders:
        # Class folders by themselves: one of another dataset's splits, called by its name.
        own = path.name.casefold()
        folders = {own if own == "test" else "train": path}
    return {split: read_class_folders(folder) for split, folder in folders.items()}
