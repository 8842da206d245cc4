"""Agreement by the second: counts over seconds, and what is computed from them.

With TP, FP and FN counted over seconds: precision TP / (TP + FP), recall TP / (TP + FN), F1
2 TP / (2 TP + FP + FN), accuracy the share of right answers (scikit-learn's definitions, with
``zero_division=nan``). Average precision is scikit-learn's step sum, not interpolated.

Error rate: in each second, what was missed and what was invented are paired off as substitutions;
the rest of either are deletions or insertions; ER = (S + D + I) / N with N true tool seconds. That
is the segment-based error rate of A. Mesaros, T. Heittola and T. Virtanen, "Metrics for polyphonic
sound event detection", Applied Sciences 6(6), 2016, at segments of 1 s; of one tool by itself
nothing can be substituted. The segment-based F1 at 1 s is the F1 per second, because timelines have
whole seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from video_pipeline.timeline.metrics.arithmetic import ratio

__all__ = [
    "FrameScores",
    "SegmentScores",
    "add_segments",
    "average_precision",
    "score_seconds",
    "score_segments",
]


@dataclass(frozen=True)
class FrameScores:
    """Agreement by the second, from 0 to 1."""

    precision: float | None
    """None where nothing was predicted."""
    recall: float | None
    """None where nothing is there to be found."""
    f1: float | None
    """None where neither is."""
    accuracy: float | None
    """None where no second was compared."""


@dataclass(frozen=True)
class SegmentScores:
    """Agreement in segments of one second, as sound event detection has it."""

    n_hits: int
    """Tool seconds, as are the others."""
    n_substitutions: int
    n_deletions: int
    n_insertions: int

    @property
    def n_reference(self) -> int:
        """True tool seconds."""
        return self.n_hits + self.n_substitutions + self.n_deletions

    @property
    def n_predicted(self) -> int:
        """Predicted tool seconds."""
        return self.n_hits + self.n_substitutions + self.n_insertions

    @property
    def f1(self) -> float | None:
        """None where nothing is there and nothing was predicted."""
        return ratio(2 * self.n_hits, self.n_predicted + self.n_reference)

    @property
    def error_rate(self) -> float | None:
        """(S + D + I) / N, from 0 and also above 1; None without true tool seconds."""
        errors = self.n_substitutions + self.n_deletions + self.n_insertions
        return ratio(errors, self.n_reference)


def score_seconds(said: NDArray[np.bool_], true: NDArray[np.bool_]) -> FrameScores:
    """Scores over all cells of ``said`` and ``true``, of one shape."""
    hits, n_said, n_true = int((said & true).sum()), int(said.sum()), int(true.sum())
    return FrameScores(
        precision=ratio(hits, n_said),
        recall=ratio(hits, n_true),
        f1=ratio(2 * hits, n_said + n_true),
        accuracy=ratio(int((said == true).sum()), true.size),
    )


def score_segments(said: NDArray[np.bool_], true: NDArray[np.bool_]) -> SegmentScores:
    """Scores of ``said`` and ``true``, (n_seconds, n_tools)."""
    missed = (true & ~said).sum(axis=1)
    invented = (said & ~true).sum(axis=1)
    swapped = np.minimum(missed, invented)
    return SegmentScores(
        n_hits=int((said & true).sum()),
        n_substitutions=int(swapped.sum()),
        n_deletions=int((missed - swapped).sum()),
        n_insertions=int((invented - swapped).sum()),
    )


def add_segments(scores: Sequence[SegmentScores]) -> SegmentScores:
    """The scores of several recordings together: their counts are added."""
    return SegmentScores(
        n_hits=sum(one.n_hits for one in scores),
        n_substitutions=sum(one.n_substitutions for one in scores),
        n_deletions=sum(one.n_deletions for one in scores),
        n_insertions=sum(one.n_insertions for one in scores),
    )


def average_precision(probabilities: NDArray[np.float64], true: NDArray[np.bool_]) -> float | None:
    """Area below the steps of precision over recall, of (n_seconds,) probabilities and presence.

    None where the tool never occurs, or a probability is not known: 0 would say that a detector
    failed which had nothing to find.
    """
    if not true.any() or np.isnan(probabilities).any():
        return None
    # Here, not above: scikit-learn takes a second to import, which `--help` need not wait for.
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(true, probabilities))
