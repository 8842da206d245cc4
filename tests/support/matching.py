"""The matching of uses as one would write it first, on lists: an oracle for the one on arrays."""

from __future__ import annotations

from collections.abc import Sequence

from video_pipeline.timeline.events import Interval

__all__ = ["count_matches", "overlap_ratio"]


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
