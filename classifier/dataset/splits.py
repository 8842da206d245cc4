"""Images held back from learning: whole recordings where they are known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from classifier.dataset.record import Dataset
from classifier.errors import DatasetError

__all__ = ["split_validation"]

_MOST_EXCESS = 1.25
"""Whole recordings seldom give exactly the share; so much more is taken."""


def split_validation(dataset: Dataset, *, share: float, seed: int) -> tuple[Dataset, Dataset]:
    """Take about ``share`` of the images for validation, by whole recordings where they are known.

    Frames of one operation resemble one another, so a random split of frames overstates accuracy;
    it is used only where no recording is named. Then each class gives its share, and at least one
    image as long as it has two.

    Raises:
        DatasetError: nothing would be left to learn from or to validate on.
    """
    rng = np.random.default_rng(seed)
    n_videos = len(set(dataset.videos)) if dataset.videos is not None else 0
    if n_videos >= 2:
        chosen = _choose_videos(dataset, share=share, rng=rng)
    else:
        chosen = _choose_images(dataset, share=share, rng=rng)
    if not chosen.any() or chosen.all():
        raise DatasetError(
            dataset.source,
            f"{len(dataset)} images are too few to learn from and to validate on",
            hint="add images, at least two a class",
        )
    return dataset.take(np.flatnonzero(~chosen)), dataset.take(np.flatnonzero(chosen))


def _choose_videos(
    dataset: Dataset, *, share: float, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Recordings in random order, as many as fit into the share; if none fits, the smallest one."""
    if dataset.videos is None:
        raise ValueError("a split by recordings needs the images' recordings")
    videos = np.array(dataset.videos)
    names, sizes = np.unique(videos, return_counts=True)
    chosen = np.zeros(len(dataset), dtype=np.bool_)
    for name in rng.permutation(names):
        with_it = chosen | (videos == name)
        if with_it.mean() <= share * _MOST_EXCESS and _teaches_every_class(dataset, ~with_it):
            chosen = with_it
        if chosen.mean() >= share:
            break
    for name in names[np.argsort(sizes, kind="stable")]:
        if chosen.any():
            break
        if _teaches_every_class(dataset, videos != name):
            chosen = videos == name
    return chosen


def _teaches_every_class(dataset: Dataset, rows: NDArray[np.bool_]) -> bool:
    """Whether each class that the dataset shows at all is shown by these rows."""
    shown = dataset.labels.any(axis=0)
    return bool(np.array_equal(dataset.labels[rows].any(axis=0), shown))


def _choose_images(
    dataset: Dataset, *, share: float, rng: np.random.Generator
) -> NDArray[np.bool_]:
    chosen = np.zeros(len(dataset), dtype=np.bool_)
    # Frames that show the same set of tools form a stratum.
    _, strata = np.unique(dataset.labels, axis=0, return_inverse=True)
    for stratum in np.unique(strata):
        rows = np.flatnonzero(strata == stratum)
        n_validation = round(share * len(rows))
        if len(rows) >= 2:
            n_validation = max(n_validation, 1)
        chosen[rng.permutation(rows)[:n_validation]] = True
    return chosen
