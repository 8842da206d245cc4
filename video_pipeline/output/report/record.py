"""What one report is made from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from video_pipeline.output.report.run_record import RunRecord
from video_pipeline.output.report.video_link import VideoLink
from video_pipeline.records import PhaseTimeline, ToolSegment, ToolTimeline
from video_pipeline.timeline.runs import find_runs

__all__ = ["NO_FRAME", "PhaseStretch", "RecordingReport", "Stretch"]

NO_FRAME = "no frame"
"""What is said of a second without a frame for which no flag gives a reason."""

Stretch = tuple[int, int]
"""[start, stop) in whole seconds."""


@dataclass(frozen=True)
class PhaseStretch:
    """An uninterrupted stretch of one phase."""

    phase: int
    """Index into the phases' names."""
    start: int
    stop: int
    """[start, stop) in whole seconds."""


@dataclass(frozen=True, eq=False)
class RecordingReport:
    """One recording, for its page."""

    video_id: str
    timeline: ToolTimeline | None
    """None where only phases are known."""
    segments: tuple[ToolSegment, ...]
    """Uses of the timeline's tools, ordered by start."""
    flags: tuple[str, ...] | None = None
    """(n_seconds,) why a second is doubtful, or empty; None where nothing is said of that."""
    phases: PhaseTimeline | None = None
    run: RunRecord | None = None
    """None where there is no ``run.json``, as for labels from elsewhere."""
    videos: tuple[VideoLink, ...] = ()
    """The recording's files in the order of their time; none where the page shows no video."""

    def __post_init__(self) -> None:
        lengths = {
            len(part)
            for part in (
                None if self.timeline is None else self.timeline.n_frames,
                None if self.phases is None else self.phases.phase,
                self.flags,
            )
            if part is not None
        }
        if self.timeline is None and self.phases is None:
            raise ValueError("a report is of tools or of phases")
        if len(lengths) != 1:
            raise ValueError(f"parts of one recording are equally long, got {sorted(lengths)}")
        if self.n_seconds < 1:
            raise ValueError("a report is of a recording that lasts a second or more")
        starts = [video.start_s for video in self.videos]
        if starts[:1] not in ([], [0]) or starts != sorted(set(starts)):
            raise ValueError(f"a recording's files follow one another from 0 on, got {starts}")
        strangers = {segment.tool for segment in self.segments} - set(self.tools)
        if strangers:
            raise ValueError(f"segments are of the timeline's tools, got {sorted(strangers)}")

    @property
    def n_seconds(self) -> int:
        """How many seconds the recording lasts, rounded up."""
        if self.timeline is not None:
            return self.timeline.n_seconds
        return 0 if self.phases is None else len(self.phases.phase)

    @property
    def tools(self) -> tuple[str, ...]:
        """In the order of the timeline's columns."""
        return () if self.timeline is None else self.timeline.tools

    @property
    def has_probabilities(self) -> bool:
        """Whether any second has one; labels made by people have none."""
        return self.timeline is not None and not bool(np.isnan(self.timeline.probabilities).all())

    def segments_of(self, tool: str) -> list[ToolSegment]:
        """The uses of one tool, in order of time."""
        return [segment for segment in self.segments if segment.tool == tool]

    def phase_stretches(self) -> list[PhaseStretch]:
        """The stretches of one phase each, in order of time."""
        if self.phases is None:
            return []
        runs = find_runs(self.phases.phase[:, np.newaxis] == np.arange(len(self.phases.phases)))
        columns = (runs.column.tolist(), runs.start.tolist(), runs.stop.tolist())
        found = [PhaseStretch(*cells) for cells in zip(*columns, strict=True)]
        return sorted(found, key=lambda stretch: stretch.start)

    def doubtful(self) -> dict[str, list[Stretch]]:
        """For each reason to doubt, the stretches of seconds; in the order in which they occur.

        A second with several reasons (joined by ``+`` in its flag) is in each one's stretches.
        """
        masks: dict[str, NDArray[np.bool_]] = {}
        for second, flag in enumerate(self._flags_with_missing_frames()):
            for reason in flag.split("+") if flag != "" else ():
                masks.setdefault(reason, np.zeros(self.n_seconds, dtype=np.bool_))[second] = True
        return {reason: _stretches(mask) for reason, mask in masks.items()}

    def is_doubtful(self) -> NDArray[np.bool_]:
        """(n_seconds,) whether there is any reason to doubt a second."""
        return np.array([flag != "" for flag in self._flags_with_missing_frames()], dtype=np.bool_)

    def _flags_with_missing_frames(self) -> list[str]:
        flags = list(self.flags) if self.flags is not None else [""] * self.n_seconds
        if self.timeline is not None:
            for second in np.flatnonzero(self.timeline.n_frames == 0).tolist():
                if flags[second] == "":
                    flags[second] = NO_FRAME
        return flags


def _stretches(mask: NDArray[np.bool_]) -> list[Stretch]:
    runs = find_runs(mask[:, np.newaxis])
    return list(zip(runs.start.tolist(), runs.stop.tolist(), strict=True))
