"""Many recordings: each by itself, all together, and how the figures are spread over them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from video_pipeline.timeline.metrics.alignment import AlignedTools
from video_pipeline.timeline.metrics.figures import PHASE_FIGURES, TOOL_FIGURES
from video_pipeline.timeline.metrics.phases import PhaseComparison, PhaseScores, mean_scores
from video_pipeline.timeline.metrics.spread import (
    SEED,
    Difference,
    Spread,
    compare_paired,
    spread_of,
)
from video_pipeline.timeline.metrics.tools import TimelineComparison, pool_tools

__all__ = [
    "CohortComparison",
    "RecordingComparison",
    "compare_cohort",
    "compare_recording",
    "compare_runs",
    "pool_phases",
]


@dataclass(frozen=True, eq=False)
class RecordingComparison:
    """What was compared of one recording."""

    video_id: str
    tools: TimelineComparison | None
    """None where one side does not have them."""
    phases: PhaseComparison | None
    aligned: AlignedTools | None
    """What ``tools`` was computed from."""

    @property
    def figures(self) -> dict[str, float | None]:
        """Every figure by name, of tools where there are tools and of phases likewise."""
        found: dict[str, float | None] = {}
        if self.tools is not None:
            found |= {name: figure.value(self.tools) for name, figure in TOOL_FIGURES.items()}
        if self.phases is not None:
            found |= {name: figure.value(self.phases) for name, figure in PHASE_FIGURES.items()}
        return found


@dataclass(frozen=True, eq=False)
class CohortComparison:
    """All recordings of one run."""

    recordings: tuple[RecordingComparison, ...]
    tools: TimelineComparison | None
    """All recordings' seconds and uses together; None where no recording has tools to compare."""
    phases: tuple[PhaseScores, ...]
    """Of each phase the mean over the recordings that define it, seconds added."""
    summary: dict[str, Spread]
    """Of each figure, over recordings."""


def compare_recording(
    video_id: str, *, aligned: AlignedTools | None, phases: PhaseComparison | None
) -> RecordingComparison:
    """Compute the tools' figures of one recording beside those of its phases."""
    tools = None if aligned is None else pool_tools([aligned])
    return RecordingComparison(video_id, tools, phases, aligned)


def compare_cohort(
    recordings: Sequence[RecordingComparison], *, seed: int = SEED
) -> CohortComparison:
    """Pool the recordings and summarise their figures."""
    aligned = [one.aligned for one in recordings if one.aligned is not None]
    if len(recordings) == 1:
        tools = recordings[0].tools
    else:
        tools = pool_tools(aligned) if aligned else None
    each = [one.figures for one in recordings]
    names = dict.fromkeys(name for figures in each for name in figures)
    return CohortComparison(
        recordings=tuple(recordings),
        tools=tools,
        phases=pool_phases([one.phases for one in recordings if one.phases is not None]),
        summary={
            name: spread_of([figures.get(name) for figures in each], seed=seed) for name in names
        },
    )


def compare_runs(
    first: CohortComparison, second: CohortComparison, *, seed: int = SEED
) -> dict[str, Difference]:
    """Each figure of the first run minus that of the second, over recordings that both have."""
    others = {one.video_id: one.figures for one in second.recordings}
    pairs = [
        (one.figures, others[one.video_id]) for one in first.recordings if one.video_id in others
    ]
    names = dict.fromkeys(name for a, b in pairs for name in a if name in b)
    return {
        name: compare_paired(
            [a.get(name) for a, _ in pairs], [b.get(name) for _, b in pairs], seed=seed
        )
        for name in names
    }


def pool_phases(comparisons: Sequence[PhaseComparison]) -> tuple[PhaseScores, ...]:
    """Of each phase the mean over recordings, of each figure over those that define it."""
    each = [{scores.phase: scores for scores in one.phases} for one in comparisons]
    names = dict.fromkeys(name for scores in each for name in scores)
    return tuple(_pool_phase(name, [one[name] for one in each if name in one]) for name in names)


def _pool_phase(phase: str, scores: Sequence[PhaseScores]) -> PhaseScores:
    return PhaseScores(
        phase=phase,
        n_predicted=sum(one.n_predicted for one in scores),
        n_reference=sum(one.n_reference for one in scores),
        strict=mean_scores([one.strict for one in scores]),
        relaxed=mean_scores([one.relaxed for one in scores]),
    )
