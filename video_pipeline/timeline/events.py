"""Matching the predicted uses of a tool with the true ones: one to one, by how far they overlap.

On lists of intervals at any times; on arrays of runs, three to five times as fast; and on many
columns at once, eight times as fast, for searches that call it by the thousand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Interval",
    "Uses",
    "count_matches",
    "count_matching_uses",
    "event_f1",
    "event_f1_of_columns",
    "find_uses",
    "overlap_ratio",
    "overlapping_pairs",
]

Interval = tuple[float, float]
"""(start, end), half-open."""


@dataclass(frozen=True, eq=False)
class Uses:
    """The uses of one tool in one recording, in order of time, free of overlaps."""

    start: NDArray[np.intp]
    """(n_uses,) first second."""
    stop: NDArray[np.intp]
    """(n_uses,) the second after the last one."""

    def __len__(self) -> int:
        return len(self.start)

    @property
    def length(self) -> NDArray[np.intp]:
        """(n_uses,) in seconds."""
        return self.stop - self.start

    @property
    def intervals(self) -> list[Interval]:
        """The same as pairs."""
        return list(zip(self.start.tolist(), self.stop.tolist(), strict=True))


def find_uses(present: NDArray[np.bool_]) -> Uses:
    """The runs of true cells in ``present``, (n_seconds,)."""
    padded = np.zeros(len(present) + 2, dtype=np.bool_)
    padded[1:-1] = present
    change = np.flatnonzero(padded[1:] != padded[:-1])
    return Uses(change[::2], change[1::2])


def event_f1(
    predicted: NDArray[np.bool_] | Uses,
    reference: NDArray[np.bool_] | Uses,
    *,
    min_overlap: float = 0.5,
) -> float | None:
    """2 matched / (predicted + reference) of one tool; None where there is neither.

    Either side is (n_seconds,) presence, or what ``find_uses`` found in it: whoever compares many
    predictions with one reference finds the reference's uses once. F1@50 of Lea et al., "Temporal
    convolutional networks for action segmentation and detection", CVPR 2017, for one tool, but with
    the largest matching where the original takes the best pair of each prediction in turn.
    """
    said = predicted if isinstance(predicted, Uses) else find_uses(predicted)
    true = reference if isinstance(reference, Uses) else find_uses(reference)
    n_uses = len(said) + len(true)
    if n_uses == 0:
        return None
    return 2 * count_matching_uses(said, true, min_overlap=min_overlap) / n_uses


def event_f1_of_columns(
    predicted: NDArray[np.bool_], reference: NDArray[np.bool_], *, min_overlap: float = 0.5
) -> NDArray[np.float64]:
    """(n_columns,) ``event_f1`` of many predictions of one tool at once; NaN where undefined.

    Args:
        predicted: (n_seconds, n_columns) presence, such as one column a setting that is tried.
        reference: (n_seconds,) presence.
        min_overlap: as in ``event_f1``.
    """
    n_seconds, n_columns = predicted.shape
    # All columns one after another, with a second without the tool after each.
    stride = n_seconds + 1
    line = np.zeros((n_columns, stride), dtype=np.bool_)
    line[:, :-1] = predicted.T
    said, true = find_uses(line.ravel()), find_uses(reference)
    offset = np.arange(n_columns)[:, np.newaxis] * stride
    tiled = Uses((true.start + offset).ravel(), (true.stop + offset).ravel())
    column = said.start // stride
    matched = np.bincount(
        column[_matching_uses(said, tiled, min_overlap=min_overlap)], minlength=n_columns
    )
    n_uses = np.bincount(column, minlength=n_columns) + len(true)
    return np.where(n_uses > 0, 2 * matched / np.maximum(n_uses, 1), np.nan)


def count_matching_uses(predicted: Uses, reference: Uses, *, min_overlap: float) -> int:
    """What ``count_matches`` counts, from arrays."""
    return len(_matching_uses(predicted, reference, min_overlap=min_overlap))


def _matching_uses(predicted: Uses, reference: Uses, *, min_overlap: float) -> NDArray[np.intp]:
    """(n_matched,) index of each predicted use that has a partner."""
    p, r, shared = overlapping_pairs(predicted, reference)
    union = predicted.length[p] + reference.length[r] - shared
    fits = shared / union >= min_overlap
    p, r = p[fits], r[fits]
    if min_overlap > 0.5:
        # Two that overlap a third by more than a half would overlap one another.
        return p
    # Pairs that compete for a use follow one another; these alone are walked one by one.
    competes = np.flatnonzero((p[1:] == p[:-1]) | (r[1:] == r[:-1]))
    keep = np.ones(len(p), dtype=np.bool_)
    last = 0
    for k in competes.tolist():
        last = k if keep[k] else last
        keep[k + 1] = p[k + 1] > p[last] and r[k + 1] > r[last]
    return p[keep]


def overlapping_pairs(
    predicted: Uses, reference: Uses
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """(n_pairs,) index of the predicted use, index of the true one, and the seconds they share.

    Ordered by the predicted use, then by the true one; there are fewer pairs than uses.
    """
    first = np.searchsorted(reference.stop, predicted.start, side="right")
    n_partners = np.searchsorted(reference.start, predicted.stop, side="left") - first
    p = np.repeat(np.arange(len(predicted)), n_partners)
    offset = first - np.cumsum(n_partners) + n_partners
    r = np.arange(len(p)) + offset[p]
    shared = np.minimum(predicted.stop[p], reference.stop[r]) - np.maximum(
        predicted.start[p], reference.start[r]
    )
    return p, r, shared


def overlap_ratio(a: Interval, b: Interval) -> float:
    """Return the intersection of two intervals over their union, from 0 to 1."""
    shared = max(0.0, min(a[1], b[1]) - max(a[0], b[0]))
    return shared / ((a[1] - a[0]) + (b[1] - b[0]) - shared)


def count_matches(
    predicted: Sequence[Interval], reference: Sequence[Interval], *, min_overlap: float
) -> int:
    """Count the pairs of the largest one-to-one matching with overlaps of at least ``min_overlap``.

    Each side is ordered and free of overlaps within itself. The pairs that overlap at all then form
    a staircase, and no two pairs on different steps compete for both of their members, so taking
    every admissible pair from left to right gives the largest matching; no search is needed.
    """
    matches = p = r = 0
    while p < len(predicted) and r < len(reference):
        if overlap_ratio(predicted[p], reference[r]) >= min_overlap:
            matches += 1
            p += 1
            r += 1
        elif predicted[p][1] <= reference[r][1]:
            p += 1
        else:
            r += 1
    return matches
