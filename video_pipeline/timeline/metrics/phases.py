"""How well predicted phases agree with true ones, in one recording.

Of each phase, over seconds: precision, recall, Jaccard index TP / (TP + FP + FN) and F1; accuracy
over all. *Strict* (scikit-learn's definitions, ``zero_division=nan``): undefined where a phase is
absent in both; where it is predicted but absent from the reference, the recall is undefined and the
others are 0. *Relaxed*: TP is any second of the union of prediction and reference that is right or
forgiven (``relaxed``), precision and recall are cut at 1, F1 is their harmonic mean, and a phase
that is absent from the reference is undefined, as in the evaluation it comes from. Means are over
the phases for which a value is defined; the mean F1 is the mean of F1s. I. Funke, D. Rivoir and S.
Speidel, "Metrics Matter in Surgical Phase Recognition", arXiv 2305.13961, compare these choices.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from video_pipeline.records import PhaseTimeline
from video_pipeline.timeline.metrics.alignment import IncomparableError, comparable_seconds
from video_pipeline.timeline.metrics.arithmetic import mean_of_known, ratio
from video_pipeline.timeline.metrics.phase_segments import (
    OVERLAPS,
    cut_segments,
    edit_score,
    segment_f1,
)
from video_pipeline.timeline.metrics.relaxed import (
    Order,
    forgiven,
    order_of_phases,
)

__all__ = [
    "AgreementScores",
    "PhaseComparison",
    "PhaseScores",
    "compare_phase_names",
    "compare_phases",
    "mean_scores",
]


@dataclass(frozen=True)
class AgreementScores:
    """Agreement by the second, from 0 to 1; None is undefined."""

    precision: float | None
    recall: float | None
    jaccard: float | None
    f1: float | None


@dataclass(frozen=True)
class PhaseScores:
    """One phase's agreement."""

    phase: str
    n_predicted: int
    """Seconds."""
    n_reference: int
    """Seconds."""
    strict: AgreementScores
    relaxed: AgreementScores


@dataclass(frozen=True)
class PhaseComparison:
    """One recording's agreement in phases."""

    phases: tuple[PhaseScores, ...]
    """In the workflow's order, then those that are only predicted."""
    accuracy: float | None
    """The share of right seconds; None where none was compared."""
    relaxed_accuracy: float | None
    """The share of seconds that are right or forgiven."""
    strict: AgreementScores
    """Means over phases."""
    relaxed: AgreementScores
    edit_score: float | None
    """From 0 to 100."""
    segment_f1_at: tuple[float | None, ...]
    """At 10, 25 and 50 % of intersection over union."""
    workflow: str
    """Whose order of phases the relaxed figures go by."""
    n_seconds: int
    notes: tuple[str, ...]


def compare_phases(
    predicted: PhaseTimeline,
    reference: PhaseTimeline,
    *,
    predicted_seen: NDArray[np.bool_] | None = None,
    reference_seen: NDArray[np.bool_] | None = None,
) -> PhaseComparison:
    """Compare predicted phases with true ones, by name.

    Args:
        predicted: what was predicted.
        reference: as long, or one second longer or shorter.
        predicted_seen: (n_seconds,) whether the prediction has a frame there; None: always.
        reference_seen: the same of the reference.

    Raises:
        IncomparableError: lengths differ by more than one second, or no phase is in common.
    """
    return compare_phase_names(
        np.array(predicted.phases)[predicted.phase],
        np.array(reference.phases)[reference.phase],
        phases=reference.phases,
        predicted_phases=predicted.phases,
        predicted_seen=predicted_seen,
        reference_seen=reference_seen,
    )


def compare_phase_names(
    predicted: Sequence[str] | NDArray[np.str_],
    reference: Sequence[str] | NDArray[np.str_],
    *,
    phases: Sequence[str],
    predicted_phases: Sequence[str] | None = None,
    predicted_seen: NDArray[np.bool_] | None = None,
    reference_seen: NDArray[np.bool_] | None = None,
) -> PhaseComparison:
    """The same from a name a second; ``phases`` are the reference's, in order.

    ``predicted_phases`` are those that the prediction knows; None: those that it says.
    """
    rows, notes = comparable_seconds(
        np.ones(len(predicted), np.bool_) if predicted_seen is None else predicted_seen,
        np.ones(len(reference), np.bool_) if reference_seen is None else reference_seen,
    )
    order = order_of_phases(phases)
    said = [order.resolve(str(name)) for name in predicted]
    true = [order.resolve(str(name)) for name in reference]
    if not set(true) <= set(order.phases):
        raise ValueError(f"reference phases are {tuple(phases)}, got {sorted(set(true))}")
    known = dict.fromkeys(
        said if predicted_phases is None else (order.resolve(name) for name in predicted_phases)
    )
    if not any(phase in known for phase in phases):
        raise IncomparableError(
            f"no phase in common: predicted {', '.join(known)}; reference {', '.join(phases)}"
        )
    strangers = [phase for phase in known if phase not in order.phases]
    index = {phase: k for k, phase in enumerate((*order.phases, *strangers))}
    return _compare(
        np.array([index[name] for name in said], dtype=np.int64)[rows],
        np.array([index[name] for name in true], dtype=np.int64)[rows],
        order=order,
        strangers=strangers,
        notes=(*notes, *_notes_on_names(phases, tuple(known))),
    )


def _compare(
    said: NDArray[np.int64],
    true: NDArray[np.int64],
    *,
    order: Order,
    strangers: Sequence[str],
    notes: tuple[str, ...],
) -> PhaseComparison:
    right = said == true
    right_or_forgiven = right | forgiven(said, true, order)
    scores = tuple(
        PhaseScores(
            phase=phase,
            n_predicted=int((said == k).sum()),
            n_reference=int((true == k).sum()),
            strict=_strict(said == k, true == k),
            relaxed=_relaxed(said == k, true == k, right_or_forgiven),
        )
        for k, phase in enumerate((*order.phases, *strangers))
    )
    segments = cut_segments(said), cut_segments(true)
    return PhaseComparison(
        phases=scores,
        accuracy=ratio(int(right.sum()), len(right)),
        relaxed_accuracy=ratio(int(right_or_forgiven.sum()), len(right)),
        strict=mean_scores([phase.strict for phase in scores]),
        relaxed=mean_scores([phase.relaxed for phase in scores]),
        edit_score=edit_score(*segments),
        segment_f1_at=tuple(segment_f1(*segments, min_overlap=overlap) for overlap in OVERLAPS),
        workflow=order.workflow,
        n_seconds=len(true),
        notes=notes,
    )


def _strict(said: NDArray[np.bool_], true: NDArray[np.bool_]) -> AgreementScores:
    hits, n_said, n_true = int((said & true).sum()), int(said.sum()), int(true.sum())
    return AgreementScores(
        precision=ratio(hits, n_said),
        recall=ratio(hits, n_true),
        jaccard=ratio(hits, n_said + n_true - hits),
        f1=ratio(2 * hits, n_said + n_true),
    )


def _relaxed(
    said: NDArray[np.bool_], true: NDArray[np.bool_], right_or_forgiven: NDArray[np.bool_]
) -> AgreementScores:
    n_said, n_true = int(said.sum()), int(true.sum())
    if n_true == 0:
        return AgreementScores(None, None, None, None)
    union = said | true
    hits = int((union & right_or_forgiven).sum())
    precision = min(1.0, hits / n_said) if n_said > 0 else None
    recall = min(1.0, hits / n_true)
    both = 0.0 if precision is None else precision + recall
    return AgreementScores(
        precision=precision,
        recall=recall,
        jaccard=hits / int(union.sum()),
        f1=0.0 if precision is None or both == 0 else 2 * precision * recall / both,
    )


def mean_scores(scores: Sequence[AgreementScores]) -> AgreementScores:
    """Each figure's mean over the scores that define it."""
    return AgreementScores(
        precision=mean_of_known(one.precision for one in scores),
        recall=mean_of_known(one.recall for one in scores),
        jaccard=mean_of_known(one.jaccard for one in scores),
        f1=mean_of_known(one.f1 for one in scores),
    )


def _notes_on_names(phases: Sequence[str], predicted_phases: Sequence[str]) -> Iterator[str]:
    for name, one, other in (
        ("predicted", predicted_phases, phases),
        ("reference", phases, predicted_phases),
    ):
        alone = [phase for phase in one if phase not in other]
        if alone:
            yield f"phases only in the {name} timeline: {', '.join(alone)}"
