"""The choice: for each tool the way with the highest event F1 on recordings it was not fitted to.

The figure of the chosen one is the best of many, and so a little too good. What is reported is
therefore another: for each fold the choice is made again without it, by cross-validation within
the others, and judged on it. No recording has part in choosing what it judges.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from video_pipeline.timeline.smoothing import Smoothing, SmoothingSettings, UseModel
from video_pipeline.timeline.tuning.candidates import Candidate
from video_pipeline.timeline.tuning.counts import Counts
from video_pipeline.timeline.tuning.trial import FEWEST_TO_JUDGE, Trial

__all__ = ["Choice", "Tried", "choose", "smoothing_of"]


@dataclass(frozen=True)
class Tried:
    """One candidate for one tool, by cross-validation over all recordings."""

    candidate: Candidate
    counts: Counts


@dataclass(frozen=True)
class Choice:
    """What was chosen for one tool."""

    tool: str
    settings: SmoothingSettings | UseModel | None
    """Fitted to all recordings; None where the tool is never seen in them, or nothing fits."""
    chosen: Tried | None
    tried: tuple[Tried, ...]
    """All candidates, in their order."""
    judged: Counts | None
    """Of choices made without the recordings they are judged on; None with too few recordings."""


def choose(trial: Trial) -> tuple[Choice, ...]:
    """Choose for each tool of ``trial``."""
    return tuple(_choose(trial, k) for k in range(len(trial.tools)))


def smoothing_of(
    choices: Sequence[Choice], *, others: SmoothingSettings | None = None
) -> Smoothing:
    """What was chosen, for use; tools without a choice are smoothed like ``others``."""
    return Smoothing(
        others=SmoothingSettings() if others is None else others,
        by_tool={choice.tool: choice.settings for choice in choices if choice.settings is not None},
    )


def _choose(trial: Trial, tool: int) -> Choice:
    folds = range(trial.n_folds)
    tried = [
        Tried(candidate, counts)
        for candidate in trial.candidates
        if (counts := _judged_on(trial, candidate, tool, folds, kept_back=())) is not None
    ]
    chosen = _best(tried)
    if chosen is None:
        return Choice(trial.tools[tool], None, None, tuple(tried), None)
    return Choice(
        tool=trial.tools[tool],
        settings=trial.settings(chosen.candidate, tool),
        chosen=chosen,
        tried=tuple(tried),
        judged=_judge_choice(trial, tool),
    )


def _judge_choice(trial: Trial, tool: int) -> Counts | None:
    if len(trial.recordings) < FEWEST_TO_JUDGE:
        return None
    parts = []
    for fold in range(trial.n_folds):
        others = [other for other in range(trial.n_folds) if other != fold]
        inner = [
            Tried(candidate, counts)
            for candidate in trial.candidates
            if (counts := _judged_on(trial, candidate, tool, others, kept_back=(fold,))) is not None
        ]
        best = _best(inner)
        if best is None:
            continue
        counts = trial.counts(best.candidate, fold, kept_back=frozenset({fold}))[tool]
        if counts is not None:
            parts.append(counts)
    return Counts.total(parts)


def _judged_on(
    trial: Trial,
    candidate: Candidate,
    tool: int,
    folds: Sequence[int],
    *,
    kept_back: tuple[int, ...],
) -> Counts | None:
    parts = [
        trial.counts(candidate, fold, kept_back=frozenset({fold, *kept_back}))[tool]
        for fold in folds
    ]
    known = [part for part in parts if part is not None]
    # A model that cannot be fitted everywhere is judged nowhere: sums would not compare.
    return Counts.total(known) if known and len(known) == len(parts) else None


def _best(tried: Sequence[Tried]) -> Tried | None:
    """The highest event F1; of equals the one with a number of uses nearer to the true one."""
    usable = [one for one in tried if one.counts.n_reference > 0]
    if not usable:
        return None
    return max(usable, key=_merit)


def _merit(tried: Tried) -> tuple[float, float]:
    ratio = tried.counts.segment_ratio
    return tried.counts.event_f1 or 0.0, -abs((ratio or 0.0) - 1)
