"""How well predicted timelines agree with references, each figure by a published definition."""

from video_pipeline.timeline.metrics.tools import (
    EventScores,
    FrameScores,
    IncomparableError,
    TimelineComparison,
    ToolComparison,
    compare_timelines,
)

__all__ = [
    "EventScores",
    "FrameScores",
    "IncomparableError",
    "TimelineComparison",
    "ToolComparison",
    "compare_timelines",
]
