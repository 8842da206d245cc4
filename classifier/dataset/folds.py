"""Folds for cross-validation: each image is judged once, by a network that never saw its group."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier.dataset.record import Dataset
from classifier.dataset.splits import SplitBy, kept_together, label_strata
from classifier.errors import DatasetError

__all__ = ["Folds", "group_folds"]


@dataclass(frozen=True, eq=False)
class Folds:
    """Which images are judged together, and learned from otherwise."""

    fold_of: NDArray[np.int64]
    """(n_images,) 0 to n_folds - 1: the one fold in which an image is judged."""
    by: SplitBy
    """What no fold tears apart."""

    def __post_init__(self) -> None:
        if not np.array_equal(np.unique(self.fold_of), np.arange(len(self))) or len(self) < 2:
            raise ValueError("folds are numbered from 0, at least two, none of them empty")

    def __len__(self) -> int:
        return int(self.fold_of.max(initial=-1)) + 1

    def __iter__(self) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Rows to learn from and rows to judge, fold by fold."""
        for fold in range(len(self)):
            yield np.flatnonzero(self.fold_of != fold), np.flatnonzero(self.fold_of == fold)


def group_folds(dataset: Dataset, *, n_folds: int | None, seed: int) -> Folds:
    """Part the images into folds of whole patients, or recordings, about equally many images each.

    With ``n_folds`` None each patient or recording is a fold of its own, in the order of their
    names. Where no groups are known, frames are dealt out at random, each set of tools evenly, and
    the result says so.

    Raises:
        DatasetError: there are fewer groups, or images, than folds; or each group should be a fold
            and there are not two of them.
        ValueError: ``n_folds`` is below 2.
    """
    if n_folds is not None and n_folds < 2:
        raise ValueError(f"n_folds must be at least 2, got {n_folds}")
    by, groups = kept_together(dataset)
    if groups is None:
        return Folds(_dealt_frames(dataset, n_folds, seed), by)
    _, group_of = np.unique(np.array(groups), return_inverse=True)
    n_groups = int(group_of.max()) + 1
    if n_folds is None:
        return Folds(group_of.astype(np.int64), by)
    if n_folds > n_groups:
        raise DatasetError(
            dataset.source,
            f"its {n_groups} {by}s do not make {n_folds} folds",
            hint=f"take at most {n_groups}",
        )
    return Folds(_balanced_groups(group_of.astype(np.int64), n_folds, seed), by)


def _balanced_groups(group_of: NDArray[np.int64], n_folds: int, seed: int) -> NDArray[np.int64]:
    from sklearn.model_selection import GroupKFold

    # GroupKFold puts the largest group into the emptiest fold, and goes by number among equals.
    numbers = np.random.default_rng(seed).permutation(group_of.max() + 1)
    folds = GroupKFold(n_splits=n_folds).split(group_of, groups=numbers[group_of])
    fold_of = np.zeros(len(group_of), dtype=np.int64)
    for fold, (_, judged) in enumerate(folds):
        fold_of[judged] = fold
    return fold_of


def _dealt_frames(dataset: Dataset, n_folds: int | None, seed: int) -> NDArray[np.int64]:
    if n_folds is None:
        raise DatasetError(
            dataset.source,
            "nothing tells two recordings apart, so none can be left out",
            hint="name them in a column video, or by a pattern of the file names",
        )
    if n_folds > len(dataset):
        raise DatasetError(dataset.source, f"{len(dataset)} images do not make {n_folds} folds")
    shuffled = np.random.default_rng(seed).permutation(len(dataset))
    by_stratum = shuffled[np.argsort(label_strata(dataset)[shuffled], kind="stable")]
    fold_of = np.zeros(len(dataset), dtype=np.int64)
    fold_of[by_stratum] = np.arange(len(dataset)) % n_folds
    return fold_of
