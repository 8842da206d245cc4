"""Matching the predicted uses of a tool with the true ones: one to one, by how far they overlap."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Interval", "Uses", "find_uses", "matching_uses", "overlapping_pairs"]

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


def matching_uses(
    predicted: Uses, reference: Uses, *, min_overlap: float
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """(n_matched,) index of each matched predicted use, and of its true one: a largest matching.

    Pairs match at an intersection over union of ``min_overlap`` or more. The pairs that overlap at
    all form a staircase, and no two of them on different steps compete for both of their members,
    so taking every admissible pair from left to right gives the largest matching; no search is
    needed.
    """
    p, r, shared = overlapping_pairs(predicted, reference)
    union = predicted.length[p] + reference.length[r] - shared
    fits = shared / union >= min_overlap
    p, r = p[fits], r[fits]
    if min_overlap > 0.5:
        # Two that overlap a third by more than a half would overlap one another.
        return p, r
    # Pairs that compete for a use follow one another; these alone are walked one by one.
    competes = np.flatnonzero((p[1:] == p[:-1]) | (r[1:] == r[:-1]))
    keep = np.ones(len(p), dtype=np.bool_)
    last = 0
    for k in competes.tolist():
        last = k if keep[k] else last
        keep[k + 1] = p[k + 1] > p[last] and r[k + 1] > r[last]
    return p[keep], r[keep]


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
