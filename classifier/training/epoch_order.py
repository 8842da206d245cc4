"""Which image is shown when: one epoch's order, a function of the seed and the epoch alone.

Nothing is remembered between epochs, so a training that was interrupted goes on exactly where it
was.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier.dataset.record import Dataset

__all__ = ["EpochOrder", "plan_epoch", "whole_batches"]

_NOBODY = -1


@dataclass(frozen=True, eq=False)
class EpochOrder:
    """The images of one epoch in the order in which they are shown."""

    rows: NDArray[np.int64]
    """(n,) rows of the dataset."""
    partners: NDArray[np.int64]
    """(n,) row of the image that each is paired with, or -1."""
    labels: NDArray[np.float32]
    """(n, n_classes) of what is shown: 1 where either image of a pair shows the tool."""
    seeds: NDArray[np.int64]
    """(n,) what the chance in making each pair starts from."""

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, places: NDArray[np.int64]) -> EpochOrder:
        """What stands in these places, in that order."""
        return EpochOrder(
            self.rows[places], self.partners[places], self.labels[places], self.seeds[places]
        )


def whole_batches(n_images: int, batch_size: int, *, after: int = 0) -> NDArray[np.int64]:
    """Places 0, 1, ... of ``n_images``, begun again from the front until the last batch is full.

    A batch of another size would be another graph, which may round otherwise: whether it was traced
    first or second would show in the weights. ``after`` so many the rest is given.
    """
    n_filled = -(-n_images // batch_size) * batch_size
    return np.arange(after, n_filled) % n_images


def plan_epoch(
    dataset: Dataset, *, seed: tuple[int, ...], balanced: bool = False, pair_share: float = 0.0
) -> EpochOrder:
    """Order the dataset's images for one epoch, as many as it has.

    Each image comes once. With ``balanced`` they are drawn instead: first a class (or "none of
    them"), all equally likely; then a recording that shows it; then one of its images.
    ``pair_share`` of the images are given a partner that shows another tool.
    """
    rng = np.random.default_rng(seed)
    n = len(dataset)
    rows = _draw_balanced(dataset, rng) if balanced else rng.permutation(n)
    partners = np.full(n, _NOBODY, dtype=np.int64)
    if pair_share > 0:
        paired = rng.random(n) < pair_share
        partners[paired] = _draw_partners(dataset, rows[paired], rng)
    return EpochOrder(
        rows=rows,
        partners=partners,
        labels=_united(dataset.labels, rows, partners),
        seeds=rng.integers(0, 2**62, n),
    )


def _draw_balanced(dataset: Dataset, rng: np.random.Generator) -> NDArray[np.int64]:
    groups = np.array(dataset.groups if dataset.groups is not None else [""] * len(dataset))
    shown = dataset.labels == 1
    members = [np.flatnonzero(shown[:, k]) for k in range(shown.shape[1])]
    members.append(np.flatnonzero(~shown.any(axis=1)))
    by_class = [_by_group(rows, groups) for rows in members if len(rows) > 0]
    drawn = np.empty(len(dataset), dtype=np.int64)
    for i, choice in enumerate(rng.integers(0, len(by_class), len(dataset))):
        recordings = by_class[choice]
        images = recordings[rng.integers(0, len(recordings))]
        drawn[i] = images[rng.integers(0, len(images))]
    return drawn


def _by_group(rows: NDArray[np.int64], groups: NDArray[np.str_]) -> list[NDArray[np.int64]]:
    _, which = np.unique(groups[rows], return_inverse=True)
    return [rows[which == k] for k in range(which.max() + 1)]


def _draw_partners(
    dataset: Dataset, rows: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.int64]:
    """For each row an image of a tool that it does not show; tools equally likely; -1 if none."""
    n_tools = len(dataset.tools)
    shown = dataset.labels[:, :n_tools] == 1
    members = [np.flatnonzero(shown[:, k]) for k in range(n_tools)]
    has_images = np.array([len(rows) > 0 for rows in members], dtype=np.bool_)
    partners = np.full(len(rows), _NOBODY, dtype=np.int64)
    for i, row in enumerate(rows):
        # An image of no tool gains nothing from a partner: the partner alone says as much.
        others = np.flatnonzero(has_images & ~shown[row])
        if shown[row].any() and len(others) > 0:
            images = members[rng.choice(others)]
            partners[i] = images[rng.integers(0, len(images))]
    return partners


def _united(
    labels: NDArray[np.float32], rows: NDArray[np.int64], partners: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Labels of pairs: shown by either is shown, unknown unless shown is unknown."""
    own = labels[rows]
    other = np.where((partners == _NOBODY)[:, None], np.float32(0), labels[partners])
    shown = (own == 1) | (other == 1)
    # NaN + 0 is NaN: what one of the two leaves open stays open.
    return np.where(shown, np.float32(1), own + other).astype(np.float32)
