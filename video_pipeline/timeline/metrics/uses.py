"""Agreement by the use: how many uses of a tool were found, by overlap, by ends, by intersection.

By overlap: matched one to one at an intersection over union of at least 0.25, 0.5 or 0.75; at 0.5
that is the F1@50 of Lea et al., "Temporal convolutional networks for action segmentation and
detection", CVPR 2017, for each tool by itself (``timeline.events``).

By ends: one to one where both ends lie within a collar (``collars``). By intersection: PSDS's
criteria, where several uses may find one (``intersections``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from video_pipeline.timeline.events import Uses, matching_uses
from video_pipeline.timeline.metrics.arithmetic import ratio
from video_pipeline.timeline.metrics.collars import count_within_collars
from video_pipeline.timeline.metrics.intersections import count_intersecting

__all__ = ["OVERLAPS", "EventScores", "add_events", "score_events"]

OVERLAPS = (0.25, 0.5, 0.75)
"""Intersections over union at which uses are matched."""


@dataclass(frozen=True)
class EventScores:
    """Agreement by the use."""

    n_predicted: int
    n_reference: int
    n_matched: int
    """One to one, at the overlap that was asked for."""
    n_matched_at: tuple[int, ...]
    """The same at each of ``OVERLAPS``."""
    n_within_collars: int
    """One to one, by both ends."""
    n_intersected: int
    """True uses that predicted ones cover."""
    n_not_intersecting: int
    """Predicted uses that lie outside of true ones."""

    @property
    def f1(self) -> float | None:
        """2 matched / (predicted + reference); None where there is neither."""
        return ratio(2 * self.n_matched, self.n_predicted + self.n_reference)

    @property
    def f1_at(self) -> tuple[float | None, ...]:
        """The same at each of ``OVERLAPS``."""
        n_uses = self.n_predicted + self.n_reference
        return tuple(ratio(2 * matched, n_uses) for matched in self.n_matched_at)

    @property
    def collar_f1(self) -> float | None:
        """The same by the ends."""
        return ratio(2 * self.n_within_collars, self.n_predicted + self.n_reference)

    @property
    def intersection_f1(self) -> float | None:
        """2 TP / (2 TP + FP + FN): TP and FN true uses, covered or not, FP predictions outside."""
        return ratio(
            2 * self.n_intersected,
            self.n_intersected + self.n_reference + self.n_not_intersecting,
        )

    @property
    def segment_ratio(self) -> float | None:
        """Predicted uses over true ones: above 1 is over-segmentation; None without true ones."""
        return ratio(self.n_predicted, self.n_reference)


def score_events(predicted: Uses, reference: Uses, *, min_overlap: float) -> EventScores:
    """Scores of one tool in one recording; ``min_overlap`` is that of ``n_matched``."""
    n_intersected, n_not_intersecting = count_intersecting(predicted, reference)
    return EventScores(
        n_predicted=len(predicted),
        n_reference=len(reference),
        n_matched=_count(predicted, reference, min_overlap=min_overlap),
        n_matched_at=tuple(
            _count(predicted, reference, min_overlap=overlap) for overlap in OVERLAPS
        ),
        n_within_collars=count_within_collars(predicted.intervals, reference.intervals),
        n_intersected=n_intersected,
        n_not_intersecting=n_not_intersecting,
    )


def add_events(scores: Sequence[EventScores]) -> EventScores:
    """The scores of several tools or recordings together: their counts are added."""
    return EventScores(
        n_predicted=sum(one.n_predicted for one in scores),
        n_reference=sum(one.n_reference for one in scores),
        n_matched=sum(one.n_matched for one in scores),
        n_matched_at=tuple(
            sum(one.n_matched_at[k] for one in scores) for k in range(len(OVERLAPS))
        ),
        n_within_collars=sum(one.n_within_collars for one in scores),
        n_intersected=sum(one.n_intersected for one in scores),
        n_not_intersecting=sum(one.n_not_intersecting for one in scores),
    )


def _count(predicted: Uses, reference: Uses, *, min_overlap: float) -> int:
    return len(matching_uses(predicted, reference, min_overlap=min_overlap)[0])
