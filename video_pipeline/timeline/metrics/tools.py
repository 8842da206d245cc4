"""How well predicted tools agree with true ones: of one recording, or of many pooled.

Frame level (``seconds``): *micro* pools the counts of all tools, *macro* is the mean over tools for
which the value is defined. What is undefined is None and left out of means: a tool absent from a
video has no average precision, and counting it as 0 would give a perfect detector 0.33.

Mean average precision has two definitions, and both are here. Pooled: all seconds of all recordings
of one tool together, then the mean over tools, Cholec80's habit (Twinanda et al., "EndoNet", IEEE
TMI 36(1), 2017). Video-wise: of each recording in which the tool occurs, then the mean over these
recordings, then over tools, recommended for CholecT50 (Nwoye and Padoy, "Data splits and metrics
for method benchmarking on surgical action triplet datasets", arXiv 2204.05235). Of one recording
they are the same.

Event level (``uses``): a use never goes on from one recording into the next; counts are added.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from video_pipeline.records import ToolTimeline
from video_pipeline.timeline.events import find_uses
from video_pipeline.timeline.metrics.alignment import AlignedTools, align_tools
from video_pipeline.timeline.metrics.arithmetic import mean_of_known
from video_pipeline.timeline.metrics.seconds import (
    FrameScores,
    SegmentScores,
    add_segments,
    average_precision,
    score_seconds,
    score_segments,
)
from video_pipeline.timeline.metrics.uses import EventScores, add_events, score_events

__all__ = ["TimelineComparison", "ToolComparison", "compare_timelines", "pool_tools"]


@dataclass(frozen=True)
class ToolComparison:
    """One tool's agreement."""

    tool: str
    frames: FrameScores
    average_precision: float | None
    """All seconds together; None where the tool is absent from the reference, or probabilities are
    not known."""
    average_precision_videowise: float | None
    """The mean over the recordings in which the tool occurs."""
    events: EventScores
    segments: SegmentScores
    n_recordings: int
    """How many have the tool in both timelines."""


@dataclass(frozen=True)
class TimelineComparison:
    """Agreement over the tools that both timelines have."""

    tools: tuple[ToolComparison, ...]
    """In the reference's order."""
    micro: FrameScores
    macro: FrameScores
    """Means over the tools for which the value is defined."""
    mean_average_precision: float | None
    """Over tools, of that of all seconds together."""
    mean_average_precision_videowise: float | None
    """Over tools, of the video-wise one."""
    events: EventScores
    """All tools together."""
    macro_event_f1: float | None
    """Mean over tools, at ``min_overlap``."""
    segments: SegmentScores
    """All tools together; here a tool can be taken for another."""
    min_overlap: float
    n_seconds: int
    """Seconds compared."""
    notes: tuple[str, ...]
    """What was left out, in words for the person who reads the numbers."""


def compare_timelines(
    predicted: ToolTimeline, reference: ToolTimeline, *, min_overlap: float = 0.5
) -> TimelineComparison:
    """Compare a prediction with the truth; tools are matched by name, whatever their order.

    Lengths that differ by one second are cut to the shorter, and the notes say so; a larger
    difference is an ``IncomparableError``, as is having no tool in common.
    """
    return pool_tools([align_tools(predicted, reference)], min_overlap=min_overlap)


def pool_tools(
    recordings: Sequence[AlignedTools], *, min_overlap: float = 0.5
) -> TimelineComparison:
    """Compare all recordings together, each tool over those that have it."""
    if not 0 < min_overlap <= 1:
        raise ValueError(f"min_overlap must lie in (0, 1], got {min_overlap}")
    names = dict.fromkeys(tool for recording in recordings for tool in recording.tools)
    tools = tuple(_pool_tool(name, recordings, min_overlap=min_overlap) for name in names)
    return TimelineComparison(
        tools=tools,
        micro=score_seconds(
            np.concatenate([one.said.ravel() for one in recordings]),
            np.concatenate([one.true.ravel() for one in recordings]),
        ),
        macro=FrameScores(
            precision=mean_of_known(tool.frames.precision for tool in tools),
            recall=mean_of_known(tool.frames.recall for tool in tools),
            f1=mean_of_known(tool.frames.f1 for tool in tools),
            accuracy=mean_of_known(tool.frames.accuracy for tool in tools),
        ),
        mean_average_precision=mean_of_known(tool.average_precision for tool in tools),
        mean_average_precision_videowise=mean_of_known(
            tool.average_precision_videowise for tool in tools
        ),
        events=add_events([tool.events for tool in tools]),
        macro_event_f1=mean_of_known(tool.events.f1 for tool in tools),
        segments=add_segments([score_segments(one.said, one.true) for one in recordings]),
        min_overlap=min_overlap,
        n_seconds=sum(len(one.true) for one in recordings),
        notes=tuple(dict.fromkeys(text for one in recordings for text in one.notes)),
    )


@dataclass(frozen=True, eq=False)
class _Column:
    """One tool in one recording, each (n_seconds,)."""

    said: NDArray[np.bool_]
    true: NDArray[np.bool_]
    probabilities: NDArray[np.float64]


def _pool_tool(
    tool: str, recordings: Sequence[AlignedTools], *, min_overlap: float
) -> ToolComparison:
    columns = [_column(one, tool) for one in recordings if tool in one.tools]
    said = np.concatenate([one.said for one in columns])
    true = np.concatenate([one.true for one in columns])
    each = [average_precision(one.probabilities, one.true) for one in columns]
    pooled = (
        each[0]
        if len(each) == 1
        else average_precision(np.concatenate([one.probabilities for one in columns]), true)
    )
    return ToolComparison(
        tool=tool,
        frames=score_seconds(said, true),
        average_precision=pooled,
        average_precision_videowise=mean_of_known(each),
        events=add_events(
            [
                score_events(find_uses(one.said), find_uses(one.true), min_overlap=min_overlap)
                for one in columns
            ]
        ),
        segments=score_segments(said[:, np.newaxis], true[:, np.newaxis]),
        n_recordings=len(columns),
    )


def _column(recording: AlignedTools, tool: str) -> _Column:
    k = recording.tools.index(tool)
    return _Column(recording.said[:, k], recording.true[:, k], recording.probabilities[:, k])
