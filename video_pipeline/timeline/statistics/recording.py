"""Statistics of one recording as a whole: what was seen of it, and when nothing was used."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from video_pipeline.records import ToolTimeline
from video_pipeline.timeline.statistics.tools import changes_per_minute

__all__ = ["RecordingStatistics", "summarise_recording"]


@dataclass(frozen=True)
class RecordingStatistics:
    """One recording, all its tools together."""

    n_seconds: int
    seen_s: float
    """Seconds with a frame; all figures below are of these."""
    unseen_s: float
    """Seconds without one."""
    n_tools_used: int
    idle_s: float
    """Seconds with a frame that show no tool."""
    idle_share: float | None
    """Of ``seen_s``; None where that is zero."""
    several_s: float
    """Seconds that show two tools or more."""
    changes_per_minute: float | None
    """How often the set of visible tools differs between two neighbouring seconds that both have a
    frame, a minute of ``seen_s``; None where no two such seconds are neighbours."""


def summarise_recording(timeline: ToolTimeline) -> RecordingStatistics:
    """Sum up a timeline over all tools."""
    seen = timeline.n_frames > 0
    n_seen = int(np.count_nonzero(seen))
    n_visible = timeline.present.sum(axis=1)
    n_idle = int(np.count_nonzero(seen & (n_visible == 0)))
    return RecordingStatistics(
        n_seconds=timeline.n_seconds,
        seen_s=float(n_seen),
        unseen_s=float(timeline.n_seconds - n_seen),
        n_tools_used=int(timeline.present.any(axis=0).sum()),
        idle_s=float(n_idle),
        idle_share=n_idle / n_seen if n_seen > 0 else None,
        several_s=float(np.count_nonzero(n_visible >= 2)),
        changes_per_minute=changes_per_minute(timeline.present, seen),
    )
