"""What other programs' files say about one recording: its tools, its phases, its features.

The seconds are the truth as this project has it (``timeline``); what people draw in an editor
begins and ends between them, so the segments are kept too, to the millisecond. Each follows from
the other where only one is known: ``LabelledRecording.of`` and ``from_segments``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from video_pipeline.records import PhaseTimeline, ToolSegment, ToolTimeline
from video_pipeline.timeline.runs import find_runs
from video_pipeline.timeline.segments import find_segments

__all__ = [
    "LabelledRecording",
    "PhaseSegment",
    "VideoFile",
    "from_segments",
    "phase_segments_of",
    "present_in_seconds",
]


@dataclass(frozen=True)
class PhaseSegment:
    """One stretch of an operation."""

    phase: str
    start_s: float
    end_s: float
    """Half-open."""

    def __post_init__(self) -> None:
        if not self.start_s < self.end_s:
            raise ValueError(
                f"a phase must start before it ends, got [{self.start_s}, {self.end_s})"
            )


@dataclass(frozen=True)
class VideoFile:
    """The video that a timeline speaks of, for programs that open it beside the labels."""

    path: Path
    frame_rate: Fraction | None = None
    """Frames a second, where they come at a constant rate."""


@dataclass(frozen=True, eq=False)
class LabelledRecording:
    """One recording's labels, from this project or from elsewhere."""

    video_id: str
    timeline: ToolTimeline | None
    """None where the file speaks of phases only."""
    segments: tuple[ToolSegment, ...] = ()
    """Uses of tools, ordered by start, then by the timeline's order of tools."""
    flags: tuple[str, ...] | None = None
    """(n_seconds,) why a second is doubtful, or empty; None where nothing is said of that."""
    phases: PhaseTimeline | None = None
    phase_segments: tuple[PhaseSegment, ...] = ()
    features: NDArray[np.float16] | None = None
    """(n_seconds, n_features), row k is second k."""
    video: VideoFile | None = None
    notes: tuple[str, ...] = ()
    """What a reader left out or changed, in words."""

    def __post_init__(self) -> None:
        lengths = {
            name: length
            for name, length in (
                ("timeline", None if self.timeline is None else self.timeline.n_seconds),
                ("phases", None if self.phases is None else len(self.phases.phase)),
                ("flags", None if self.flags is None else len(self.flags)),
                ("features", None if self.features is None else len(self.features)),
            )
            if length is not None
        }
        if not lengths or (self.timeline is None and self.phases is None):
            raise ValueError("a labelled recording has tools or phases")
        if len(set(lengths.values())) > 1:
            raise ValueError(f"parts of one recording are equally long, got {lengths}")

    @property
    def n_seconds(self) -> int:
        """How many seconds the recording lasts, rounded up."""
        if self.timeline is not None:
            return self.timeline.n_seconds
        assert self.phases is not None  # noqa: S101  __post_init__ saw to it
        return len(self.phases.phase)

    @property
    def tools(self) -> tuple[str, ...]:
        """In the order of the timeline's columns; also those that are never used."""
        return () if self.timeline is None else self.timeline.tools

    @classmethod
    def of(
        cls, video_id: str, timeline: ToolTimeline, *, flags: tuple[str, ...] | None = None
    ) -> LabelledRecording:
        """A recording of which the seconds are known."""
        return cls(video_id, timeline, tuple(find_segments(timeline)), flags)


def from_segments(
    segments: Iterable[ToolSegment], *, tools: Sequence[str], n_seconds: int
) -> tuple[ToolTimeline, tuple[ToolSegment, ...]]:
    """Seconds of segments that begin and end anywhere, and these in the usual order.

    A second shows a tool where the tool's segments cover half of it or more; so segments at whole
    seconds come back as they were. Nobody gave probabilities (NaN), every second was looked at.
    """
    ordered = sorted(segments, key=lambda s: (s.start_s, tools.index(s.tool)))
    present = np.stack(
        [
            present_in_seconds(
                [(s.start_s, s.end_s) for s in ordered if s.tool == tool], n_seconds=n_seconds
            )
            for tool in tools
        ],
        axis=1,
    )
    timeline = ToolTimeline(
        tools=tuple(tools),
        probabilities=np.full(present.shape, np.nan),
        present=present,
        n_frames=np.ones(n_seconds, dtype=np.int64),
    )
    return timeline, tuple(ordered)


def present_in_seconds(
    intervals: Iterable[tuple[float, float]], *, n_seconds: int
) -> NDArray[np.bool_]:
    """(n_seconds,) whether ``intervals``, half-open seconds, cover half of each second or more."""
    covered_ms = np.zeros(n_seconds)
    for start_s, end_s in intervals:
        start_ms, end_ms = round(start_s * 1000), round(end_s * 1000)
        for second in range(max(start_ms // 1000, 0), min(math.ceil(end_ms / 1000), n_seconds)):
            inside = min(end_ms, 1000 * (second + 1)) - max(start_ms, 1000 * second)
            covered_ms[second] += inside
    enough: NDArray[np.bool_] = covered_ms >= 500
    return enough


def phase_segments_of(phases: PhaseTimeline) -> tuple[PhaseSegment, ...]:
    """The stretches of one phase each, in order of time."""
    runs = find_runs(phases.phase[:, np.newaxis] == np.arange(len(phases.phases)))
    found = [
        PhaseSegment(phases.phases[column], float(start), float(stop))
        for column, start, stop in zip(
            runs.column.tolist(), runs.start.tolist(), runs.stop.tolist(), strict=True
        )
    ]
    return tuple(sorted(found, key=lambda segment: segment.start_s))
