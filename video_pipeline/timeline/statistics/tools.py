"""Statistics of the tools of one recording: how long, how often and when each was visible."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from video_pipeline.records import ToolTimeline
from video_pipeline.timeline.runs import Runs, find_runs

__all__ = ["ToolStatistics", "changes_per_minute", "summarise_tools"]


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
    n_gaps: int
    """Holes between one use and the next that have a frame in each of their seconds."""
    median_gap_s: float | None
    changes_per_minute: float | None
    """How often it appears or disappears between two neighbouring seconds that both have a frame,
    a minute of seconds with a frame; None where no two such seconds are neighbours."""


def summarise_tools(timeline: ToolTimeline) -> list[ToolStatistics]:
    """Sum up a timeline, a record per tool in the timeline's order."""
    runs = find_runs(timeline.present)
    seen = timeline.n_frames > 0
    n_seen = int(np.count_nonzero(seen))
    statistics = []
    for k, tool in enumerate(timeline.tools):
        uses = runs.where(runs.column == k)
        used = len(uses.start) > 0
        presence_s = float(uses.length.sum())
        gaps = _seen_gaps(uses, seen)
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
                n_gaps=len(gaps),
                median_gap_s=float(np.median(gaps)) if len(gaps) > 0 else None,
                changes_per_minute=changes_per_minute(timeline.present[:, k : k + 1], seen),
            )
        )
    return statistics


def changes_per_minute(present: NDArray[np.bool_], seen: NDArray[np.bool_]) -> float | None:
    """How often any of the columns (n_seconds, n) changes, a minute of the seconds ``seen``.

    Counted are neighbouring seconds that both have a frame; None where there are no such two.
    """
    comparable = seen[1:] & seen[:-1]
    if not comparable.any():
        return None
    changes = (present[1:] != present[:-1]).any(axis=1) & comparable
    return 60 * int(np.count_nonzero(changes)) / int(np.count_nonzero(seen))


def _seen_gaps(uses: Runs, seen: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Lengths in seconds of the holes between ``uses`` of which every second has a frame."""
    n_unseen_before = np.concatenate([[0], np.cumsum(~seen)])
    start, stop = uses.stop[:-1], uses.start[1:]
    whole = n_unseen_before[start] == n_unseen_before[stop]
    lengths: NDArray[np.intp] = (stop - start)[whole]
    return lengths
