"""Candidates tried on recordings: each is judged only where it was not fitted.

Recordings are dealt into folds. A filter's counts are the same whichever recordings are kept back;
a model is fitted to all recordings but the ones that are, once for each set of folds kept back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from video_pipeline.timeline.smoothing import Smoothing, SmoothingSettings, UseModel, smooth_tools
from video_pipeline.timeline.smoothing.inference import presence_probabilities
from video_pipeline.timeline.smoothing.per_tool import ToolSmoothing, decide
from video_pipeline.timeline.smoothing.use_model import CalibratedEvidence, FittedEvidence
from video_pipeline.timeline.tuning.candidates import Candidate, FittedWay
from video_pipeline.timeline.tuning.counts import Counts, count
from video_pipeline.timeline.tuning.fitting import (
    LabelledColumn,
    fit_calibrated_evidence,
    fit_learned_evidence,
    fit_use_model,
)

__all__ = ["FEWEST_TO_JUDGE", "Trial", "TuningRecording"]

FEWEST_TO_JUDGE = 4
"""Recordings: with fewer, a choice can be made, but not judged on others."""


@dataclass(frozen=True, eq=False)
class TuningRecording:
    """A recording's probabilities and the truth about it."""

    video_id: str
    probabilities: NDArray[np.float64]
    """(n_seconds, n_tools), NaN where there was no frame."""
    present: NDArray[np.bool_]
    """(n_seconds, n_tools) the truth."""
    is_known: NDArray[np.bool_]
    """(n_seconds,) where there is a truth."""

    def column(self, k: int) -> LabelledColumn:
        """One tool of it."""
        return LabelledColumn(self.probabilities[:, k], self.present[:, k], self.is_known)


class Trial:
    """Counts of candidates on recordings, remembered."""

    def __init__(
        self,
        recordings: Sequence[TuningRecording],
        tools: Sequence[str],
        candidates: Sequence[Candidate],
        *,
        n_folds: int,
        done: Callable[[], object] = lambda: None,
    ) -> None:
        """``done`` is called after each recording that was smoothed."""
        self.recordings = tuple(recordings)
        self.tools = tuple(tools)
        self.candidates = tuple(candidates)
        self.n_folds = n_folds
        self._done = done
        self._alike: dict[object, list[Candidate]] = {}
        for candidate in candidates:
            self._alike.setdefault(_costly_part(candidate), []).append(candidate)
        self._evidence: dict[
            tuple[int, bool, frozenset[int]], CalibratedEvidence | FittedEvidence
        ] = {}
        self._models: dict[tuple[int, int, bool, frozenset[int]], UseModel | None] = {}
        self._counts: dict[tuple[Candidate, int, frozenset[int]], tuple[Counts | None, ...]] = {}

    @property
    def n_steps(self) -> int:
        """How often ``done`` will be called, if every candidate is judged as ``choosing`` does."""
        filters = sum(isinstance(of[0].way, SmoothingSettings) for of in self._alike.values())
        rounds = self.n_folds if len(self.recordings) >= FEWEST_TO_JUDGE else 1
        return len(self.recordings) * (filters + (len(self._alike) - filters) * rounds)

    def counts(
        self, candidate: Candidate, fold: int, *, kept_back: frozenset[int]
    ) -> tuple[Counts | None, ...]:
        """Of each tool, over the recordings of ``fold``, fitted to those outside ``kept_back``.

        ``kept_back`` holds ``fold`` itself. None where a model cannot be fitted.
        """
        if fold not in kept_back:
            raise ValueError("a fold is judged only where it is kept back")
        if isinstance(candidate.way, SmoothingSettings):
            kept_back = frozenset({fold})
        if (candidate, fold, kept_back) not in self._counts:
            alike = self._alike[_costly_part(candidate)]
            for one, counts in zip(alike, self._judge(alike, fold, kept_back), strict=True):
                self._counts[one, fold, kept_back] = counts
        return self._counts[candidate, fold, kept_back]

    def settings(
        self, candidate: Candidate, tool: int, *, kept_back: frozenset[int] = frozenset()
    ) -> SmoothingSettings | UseModel | None:
        """The candidate as it is applied to a tool, fitted to all but the folds kept back."""
        if isinstance(candidate.way, SmoothingSettings):
            return candidate.way
        fitted = self._fitted(candidate.way, tool, kept_back)
        return None if fitted is None else candidate.way.of(fitted)

    def _judge(
        self, candidates: Sequence[Candidate], fold: int, kept_back: frozenset[int]
    ) -> list[tuple[Counts | None, ...]]:
        """Judge candidates that differ in their thresholds only: the costly part is shared."""
        ways = [
            [self.settings(one, k, kept_back=kept_back) for k in range(len(self.tools))]
            for one in candidates
        ]
        usable = [k for k, way in enumerate(ways[0]) if way is not None]
        parts: list[list[list[Counts]]] = [[[] for _ in self.tools] for _ in candidates]
        for recording in self._in_fold(fold):
            for of_candidate, said in zip(
                parts, self._smoothed(recording, ways, usable), strict=True
            ):
                # What nobody labelled can be neither right nor wrong.
                said, true = said[recording.is_known], recording.present[recording.is_known]
                for column, k in enumerate(usable):
                    of_candidate[k].append(count(said[:, column], true[:, k]))
            self._done()
        return [
            tuple(
                Counts.total(of_tool) if k in usable else None
                for k, of_tool in enumerate(of_candidate)
            )
            for of_candidate in parts
        ]

    def _smoothed(
        self,
        recording: TuningRecording,
        ways: Sequence[Sequence[ToolSmoothing | None]],
        usable: Sequence[int],
    ) -> Iterator[NDArray[np.bool_]]:
        """(n_seconds, n_usable) for each candidate's ways, a way a tool."""
        probabilities = recording.probabilities[:, usable]
        first = [way for k in usable if isinstance(way := ways[0][k], UseModel)]
        if not first or first[0].decision == "path":
            tools = [self.tools[k] for k in usable]
            for of_tools in ways:
                named = {self.tools[k]: way for k in usable if (way := of_tools[k]) is not None}
                yield smooth_tools(probabilities, tools, Smoothing(by_tool=named))
            return
        believed = presence_probabilities(probabilities, first, lag_s=first[0].lag_s)
        for of_tools in ways:
            models = [way for k in usable if isinstance(way := of_tools[k], UseModel)]
            yield decide(believed, models) & ~np.isnan(probabilities)

    def _fitted(self, way: FittedWay, tool: int, kept_back: frozenset[int]) -> UseModel | None:
        key = (tool, way.n_components, way.with_errors, kept_back)
        if key not in self._models:
            rest = [
                recording.column(tool)
                for fold in range(self.n_folds)
                if fold not in kept_back
                for recording in self._in_fold(fold)
            ]
            self._models[key] = (
                fit_use_model(
                    rest,
                    n_components=way.n_components,
                    evidence=self._evidence_of(rest, way, tool, kept_back),
                )
                if rest
                else None
            )
        return self._models[key]

    def _evidence_of(
        self,
        columns: Sequence[LabelledColumn],
        way: FittedWay,
        tool: int,
        kept_back: frozenset[int],
    ) -> CalibratedEvidence | FittedEvidence:
        """The costly half of a fit, which does not depend on the durations."""
        key = (tool, way.with_errors, kept_back)
        if key not in self._evidence:
            fit = fit_learned_evidence if way.with_errors else fit_calibrated_evidence
            self._evidence[key] = fit(columns)
        return self._evidence[key]

    def _in_fold(self, fold: int) -> tuple[TuningRecording, ...]:
        """Dealt out like cards, so that recordings of one period come into different folds."""
        return self.recordings[fold :: self.n_folds]


def _costly_part(candidate: Candidate) -> object:
    """What candidates share that differ only in how they decide from the same beliefs."""
    way = candidate.way
    if isinstance(way, SmoothingSettings):
        return way
    return (way.n_components, way.with_errors, way.exponent, way.decision, way.lag_s)
