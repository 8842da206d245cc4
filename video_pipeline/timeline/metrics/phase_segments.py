"""Phases by their segments: whether they come in the right order, and lie where they should.

Edit score: the Levenshtein distance between the two sequences of segment labels over the length of
the longer one, taken from 1, times 100. F1@k: predicted segments in order each take the true
segment of the same label that they overlap most; at an intersection over union of k % or more it is
found, once; a second claim on it is a false positive. Both from C. Lea et al., "Temporal
convolutional networks for action segmentation and detection", CVPR 2017, as MS-TCN computes them,
with no background label.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from video_pipeline.timeline.metrics.arithmetic import ratio

__all__ = ["OVERLAPS", "Segments", "cut_segments", "edit_score", "segment_f1"]

OVERLAPS = (0.10, 0.25, 0.50)
"""Intersections over union at which segments are found."""


@dataclass(frozen=True, eq=False)
class Segments:
    """Stretches of one label each, in order of time, without gaps."""

    label: NDArray[np.int64]
    """(n_segments,)"""
    start: NDArray[np.intp]
    """(n_segments,) first second."""
    stop: NDArray[np.intp]
    """(n_segments,) the second after the last one."""


def cut_segments(labels: NDArray[np.int64]) -> Segments:
    """The segments of ``labels``, (n_seconds,)."""
    cuts = np.flatnonzero(np.diff(labels)) + 1
    start = np.concatenate([[0], cuts])[: len(labels)].astype(np.intp)
    stop = np.concatenate([cuts, [len(labels)]])[: len(labels)].astype(np.intp)
    return Segments(labels[start], start, stop)


def edit_score(predicted: Segments, reference: Segments) -> float | None:
    """From 0 to 100; None where there is no segment at all."""
    longer = max(len(predicted.label), len(reference.label))
    if longer == 0:
        return None
    return (1 - _levenshtein(predicted.label, reference.label) / longer) * 100


def segment_f1(predicted: Segments, reference: Segments, *, min_overlap: float) -> float | None:
    """2 TP / (2 TP + FP + FN), from 0 to 1; None where there is no segment at all."""
    found = np.zeros(len(reference.label), dtype=np.bool_)
    hits = 0
    for label, start, stop in zip(predicted.label, predicted.start, predicted.stop, strict=True):
        shared = np.minimum(reference.stop, stop) - np.maximum(reference.start, start)
        union = np.maximum(reference.stop, stop) - np.minimum(reference.start, start)
        overlap = shared / union * (reference.label == label)
        best = int(np.argmax(overlap))
        if overlap[best] >= min_overlap and not found[best]:
            found[best] = True
            hits += 1
    return ratio(2 * hits, len(predicted.label) + len(reference.label))


def _levenshtein(a: NDArray[np.int64], b: NDArray[np.int64]) -> int:
    """Insertions, deletions and substitutions between two sequences, the fewest."""
    places = np.arange(len(b) + 1)
    row = places
    for k, label in enumerate(a, start=1):
        best = np.empty_like(row)
        best[0] = k
        best[1:] = np.minimum(row[1:] + 1, row[:-1] + (b != label))
        # What is left is to come from the left, one insertion a place.
        row = np.minimum.accumulate(best - places) + places
    return int(row[-1])
