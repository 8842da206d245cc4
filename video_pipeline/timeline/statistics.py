"""Statistics of one recording: how long, how often and when each tool was visible."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from video_pipeline.records import ToolTimeline
from video_pipeline.timeline.runs import find_runs

__all__ = ["ToolStatistics", "summarise_tools"]


@dataclass(frozen=True)
class ToolStatistics:
    """One tool in one recording; what a tool never used does not have is None, not zero."""

    tool: str
    presence_s: float
    """Seconds in which the tool is visible."""
    share: float | None
    """``presence_s`` over the seconds that have a frame; None where not one second has."""
    n_uses: int
    """Uninterrupted uses; seconds without a frame interrupt."""
    median_use_s: float | None
    longest_use_s: float | None
    first_second: int | None
    """The first second in which the tool is visible."""
    last_second: int | None
    """The last one, itself included: a tool seen only in [4, 6) s has first 4 and last 5."""


def summarise_tools(timeline: ToolTimeline) -> list[ToolStatistics]:
    """Sum up a timeline, a record per tool in the timeline's order."""
    runs = find_runs(timeline.present)
    n_seen = int(np.count_nonzero(timeline.n_frames))
    statistics = []
    for k, tool in enumerate(timeline.tools):
        uses = runs.where(runs.column == k)
        used = len(uses.start) > 0
        presence_s = float(uses.length.sum())
        statistics.append(
            ToolStatistics(
                tool=tool,
                presence_s=presence_s,
                share=presence_s / n_seen if n_seen > 0 else None,
                n_uses=len(uses.start),
                median_use_s=float(np.median(uses.length)) if used else None,
                longest_use_s=float(uses.length.max()) if used else None,
                first_second=int(uses.start[0]) if used else None,
                last_second=int(uses.stop[-1]) - 1 if used else None,
            )
        )
    return statistics
