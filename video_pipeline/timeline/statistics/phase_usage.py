"""Which tools are used in which phase of the operation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from video_pipeline.records import PhaseTimeline, ToolTimeline

__all__ = ["PhaseUsage", "add_up_phase_usage", "align_phases", "count_phase_usage"]


@dataclass(frozen=True, eq=False)
class PhaseUsage:
    """Every tool in every phase, of one recording or of several."""

    phases: tuple[str, ...]
    tools: tuple[str, ...]
    phase_s: NDArray[np.int64]
    """(n_phases, n_tools) seconds of the phase that have a frame, where the tool is known."""
    presence_s: NDArray[np.int64]
    """(n_phases, n_tools) those of them that show the tool."""

    @property
    def share(self) -> NDArray[np.float64]:
        """(n_phases, n_tools) ``presence_s`` over ``phase_s``; NaN where the phase is not seen."""
        shares = np.full(self.phase_s.shape, np.nan)
        np.divide(self.presence_s, self.phase_s, out=shares, where=self.phase_s > 0)
        return shares


def align_phases(phases: PhaseTimeline, *, n_seconds: int) -> PhaseTimeline:
    """Phases of ``n_seconds``: cut by a second, or their last second said twice.

    Labels of tools and of phases often differ by the recording's last second.

    Raises:
        ValueError: they differ by more.
    """
    n = len(phases.phase)
    if abs(n - n_seconds) > 1 or n == 0:
        raise ValueError(f"{n_seconds} s of tools, {n} s of phases")
    rows = np.minimum(np.arange(n_seconds), n - 1)
    return PhaseTimeline(phases.phases, phases.probabilities[rows], phases.phase[rows])


def count_phase_usage(timeline: ToolTimeline, phases: PhaseTimeline) -> PhaseUsage:
    """Count the seconds of one recording; both speak of the same seconds."""
    if len(phases.phase) != timeline.n_seconds:
        raise ValueError(f"{timeline.n_seconds} s of tools, {len(phases.phase)} s of phases")
    seen = timeline.n_frames > 0
    in_phase = (phases.phase[:, np.newaxis] == np.arange(len(phases.phases))) & seen[:, np.newaxis]
    phase_s = np.repeat(in_phase.sum(axis=0)[:, np.newaxis], len(timeline.tools), axis=1)
    presence_s = in_phase.T.astype(np.int64) @ timeline.present.astype(np.int64)
    return PhaseUsage(phases.phases, timeline.tools, phase_s, presence_s)


def add_up_phase_usage(
    parts: Sequence[PhaseUsage], *, phases: Sequence[str], tools: Sequence[str]
) -> PhaseUsage:
    """Add recordings up, in the order of ``phases`` and ``tools``, which have all of theirs."""
    row_of = {phase: k for k, phase in enumerate(phases)}
    column_of = {tool: k for k, tool in enumerate(tools)}
    phase_s, presence_s = np.zeros((2, len(phases), len(tools)), dtype=np.int64)
    for part in parts:
        cells = np.ix_([row_of[p] for p in part.phases], [column_of[t] for t in part.tools])
        phase_s[cells] += part.phase_s
        presence_s[cells] += part.presence_s
    return PhaseUsage(tuple(phases), tuple(tools), phase_s, presence_s)
