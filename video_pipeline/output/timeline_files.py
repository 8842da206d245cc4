"""The tables of one timeline: its seconds, its segments, its statistics."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from video_pipeline.output.tables import write_segments, write_statistics, write_timeline
from video_pipeline.records import ToolSegment, ToolTimeline
from video_pipeline.timeline.segments import find_segments
from video_pipeline.timeline.statistics import summarise_tools

__all__ = ["write_timeline_files"]


def write_timeline_files(
    folder: Path,
    timeline: ToolTimeline,
    *,
    flags: Sequence[str] | None,
    segments: Sequence[ToolSegment] | None = None,
) -> dict[str, int]:
    """Write timeline.csv, segments.csv and statistics.csv; return their names and row counts.

    ``segments``: where they are known more exactly than by the second.

    Raises:
        OutputError: one cannot be written.
    """
    if segments is None:
        segments = find_segments(timeline)
    write_timeline(folder / "timeline.csv", timeline, flags=flags)
    write_segments(folder / "segments.csv", segments)
    write_statistics(folder / "statistics.csv", summarise_tools(timeline))
    return {
        "timeline.csv": timeline.n_seconds,
        "segments.csv": len(segments),
        "statistics.csv": len(timeline.tools),
    }
