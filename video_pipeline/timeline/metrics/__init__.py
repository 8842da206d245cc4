"""How well predicted timelines agree with references, each figure by a published definition.

``tools`` (by the second: ``seconds``; by the use: ``uses``), ``phases`` (strict and ``relaxed``,
and by ``phase_segments``), ``cohort`` over recordings; ``figures`` names each and its source.
"""

from video_pipeline.timeline.metrics.alignment import IncomparableError
from video_pipeline.timeline.metrics.seconds import FrameScores
from video_pipeline.timeline.metrics.tools import (
    TimelineComparison,
    ToolComparison,
    compare_timelines,
)
from video_pipeline.timeline.metrics.uses import EventScores

__all__ = [
    "EventScores",
    "FrameScores",
    "IncomparableError",
    "TimelineComparison",
    "ToolComparison",
    "compare_timelines",
]
