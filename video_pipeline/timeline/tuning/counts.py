"""What one way of smoothing gets right, in numbers that add up over recordings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from video_pipeline.timeline.events import find_uses, matching_uses

__all__ = ["Counts", "count"]

MIN_OVERLAP = 0.5
"""Intersection over union from which on a predicted use is a true one."""


@dataclass(frozen=True)
class Counts:
    """Of one tool, over any number of recordings."""

    n_predicted: int = 0
    """Uses."""
    n_reference: int = 0
    n_matched: int = 0
    hit_s: int = 0
    """Seconds rightly said to show the tool."""
    predicted_s: int = 0
    reference_s: int = 0
    onset_delays_s: tuple[int, ...] = ()
    """Of each matched use: how much later than the true one it begins."""
    offset_delays_s: tuple[int, ...] = ()

    @property
    def event_f1(self) -> float | None:
        """2 matched / (predicted + reference) uses; None where there is neither."""
        return _ratio(2 * self.n_matched, self.n_predicted + self.n_reference)

    @property
    def segment_ratio(self) -> float | None:
        """Predicted uses over true ones."""
        return _ratio(self.n_predicted, self.n_reference)

    @property
    def frame_f1(self) -> float | None:
        """The same as ``event_f1``, of seconds."""
        return _ratio(2 * self.hit_s, self.predicted_s + self.reference_s)

    @property
    def onset_delay_s(self) -> float | None:
        """The mean; below zero is too early."""
        return float(np.mean(self.onset_delays_s)) if self.onset_delays_s else None

    @property
    def offset_delay_s(self) -> float | None:
        """The mean; below zero is too early."""
        return float(np.mean(self.offset_delays_s)) if self.offset_delays_s else None

    @classmethod
    def total(cls, parts: Iterable[Counts]) -> Counts:
        """Add up."""
        parts = list(parts)
        return cls(
            sum(part.n_predicted for part in parts),
            sum(part.n_reference for part in parts),
            sum(part.n_matched for part in parts),
            sum(part.hit_s for part in parts),
            sum(part.predicted_s for part in parts),
            sum(part.reference_s for part in parts),
            tuple(delay for part in parts for delay in part.onset_delays_s),
            tuple(delay for part in parts for delay in part.offset_delays_s),
        )


def count(predicted: NDArray[np.bool_], reference: NDArray[np.bool_]) -> Counts:
    """Count one tool in one recording; both (n,)."""
    said, true = find_uses(predicted), find_uses(reference)
    p, r = matching_uses(said, true, min_overlap=MIN_OVERLAP)
    return Counts(
        n_predicted=len(said),
        n_reference=len(true),
        n_matched=len(p),
        hit_s=int(np.count_nonzero(predicted & reference)),
        predicted_s=int(np.count_nonzero(predicted)),
        reference_s=int(np.count_nonzero(reference)),
        onset_delays_s=tuple((said.start[p] - true.start[r]).tolist()),
        offset_delays_s=tuple((said.stop[p] - true.stop[r]).tolist()),
    )


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole > 0 else None
