"""Images held back from learning: whole patients or recordings where they are known."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from classifier.dataset.record import Dataset
from classifier.errors import DatasetError

__all__ = ["SplitBy", "kept_together", "label_strata", "split_validation"]

SplitBy = Literal["patient", "recording", "random frames"]
"""What stays together when images are parted; random frames overstate accuracy."""

_MOST_EXCESS = 1.25
"""Whole recordings seldom give exactly the share; so much more is taken."""


def kept_together(dataset: Dataset) -> tuple[SplitBy, tuple[str, ...] | None]:
    """What can be kept together, and its name for each image: there have to be two to part them.

    All images of one patient still have recordings to part them by, which is less than two
    patients and more than random frames; with neither, there are no names.
    """
    if dataset.patients is not None and len(set(dataset.patients)) >= 2:
        return "patient", dataset.patients
    if dataset.videos is not None and len(set(dataset.videos)) >= 2:
        return "recording", dataset.videos
    return "random frames", None


def split_validation(dataset: Dataset, *, share: float, seed: int) -> tuple[Dataset, Dataset]:
    """Take about ``share`` of the images for validation, by whole groups where they are known.

    Frames of one operation resemble one another, so a random split of frames overstates accuracy;
    it is used only where ``kept_together`` says so. Then each class gives its share, and at least
    one image as long as it has two. Images of which the group is not known (an empty name) stay
    together as one.

    Raises:
        DatasetError: nothing would be left to learn from or to validate on.
    """
    rng = np.random.default_rng(seed)
    _, groups = kept_together(dataset)
    if groups is None:
        chosen = _choose_images(dataset, share=share, rng=rng)
    else:
        chosen = _choose_groups(dataset, np.array(groups), share=share, rng=rng)
    if not chosen.any() or chosen.all():
        raise DatasetError(
            dataset.source,
            f"{len(dataset)} images are too few to learn from and to validate on",
            hint="add images, at least two a class",
        )
    return dataset.take(np.flatnonzero(~chosen)), dataset.take(np.flatnonzero(chosen))


def label_strata(dataset: Dataset) -> NDArray[np.int64]:
    """(n,) the same number for images that show the same tools and leave the same ones unknown."""
    # No NaN equals another.
    _, strata = np.unique(np.nan_to_num(dataset.labels, nan=-1.0), axis=0, return_inverse=True)
    return strata.astype(np.int64)


def _choose_groups(
    dataset: Dataset, groups: NDArray[np.str_], *, share: float, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Groups in random order, as many as fit into the share; if none fits, the smallest one."""
    names, sizes = np.unique(groups, return_counts=True)
    chosen = np.zeros(len(dataset), dtype=np.bool_)
    for name in rng.permutation(names):
        with_it = chosen | (groups == name)
        if with_it.mean() <= share * _MOST_EXCESS and _teaches_every_class(dataset, ~with_it):
            chosen = with_it
        if chosen.mean() >= share:
            break
    for name in names[np.argsort(sizes, kind="stable")]:
        if chosen.any():
            break
        if _teaches_every_class(dataset, groups != name):
            chosen = groups == name
    return chosen


def _teaches_every_class(dataset: Dataset, rows: NDArray[np.bool_]) -> bool:
    """Whether each class that the dataset is known to show is shown by these rows."""
    shows = dataset.labels == 1
    return bool(np.array_equal(shows[rows].any(axis=0), shows.any(axis=0)))


def _choose_images(
    dataset: Dataset, *, share: float, rng: np.random.Generator
) -> NDArray[np.bool_]:
    chosen = np.zeros(len(dataset), dtype=np.bool_)
    strata = label_strata(dataset)
    for stratum in np.unique(strata):
        rows = np.flatnonzero(strata == stratum)
        n_validation = round(share * len(rows))
        if len(rows) >= 2:
            n_validation = max(n_validation, 1)
        chosen[rng.permutation(rows)[:n_validation]] = True
    return chosen
