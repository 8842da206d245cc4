"""Parts of one recording that were written by different hands, on one length.

Cholec80's loaders take a frame a second and one more, so its tools and phases may end a second
apart. That is accepted and said; more shows that the one does not belong to the other.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

from video_pipeline.errors import TableError
from video_pipeline.formats.labelled import LabelledRecording, phase_segments_of
from video_pipeline.records import PhaseTimeline, ToolSegment, ToolTimeline
from video_pipeline.timeline.segments import find_segments

__all__ = ["first_seconds", "together"]

_MOST_SECONDS_APART = 1


def together(path: Path, tools: LabelledRecording, phases: LabelledRecording) -> LabelledRecording:
    """One recording of its tools and its phases, as long as the shorter of both.

    Raises:
        TableError: their lengths differ by more than a second.
    """
    n_tools, n_phases = tools.n_seconds, phases.n_seconds
    if abs(n_tools - n_phases) > _MOST_SECONDS_APART:
        raise TableError(
            path,
            f"{tools.video_id}: its tools cover {n_tools} s, but its phases {n_phases} s",
            hint="they may differ by a second, as those of Cholec80 do",
        )
    n = min(n_tools, n_phases)
    notes = [*tools.notes, *phases.notes]
    if n_tools != n_phases:
        longer = "tools" if n_tools > n_phases else "phases"
        notes.append(f"the last second of its {longer} has no counterpart and is left out")
    tools, phases = first_seconds(tools, n), first_seconds(phases, n)
    return dataclasses.replace(
        tools, phases=phases.phases, phase_segments=phases.phase_segments, notes=tuple(notes)
    )


def first_seconds(recording: LabelledRecording, n_seconds: int) -> LabelledRecording:
    """The same without what follows its first seconds."""
    if recording.n_seconds == n_seconds:
        return recording
    timeline, phases = recording.timeline, recording.phases
    if timeline is not None:
        timeline = ToolTimeline(
            timeline.tools,
            timeline.probabilities[:n_seconds],
            timeline.present[:n_seconds],
            timeline.n_frames[:n_seconds],
        )
    if phases is not None:
        phases = PhaseTimeline(
            phases.phases, phases.probabilities[:n_seconds], phases.phase[:n_seconds]
        )
    return dataclasses.replace(
        recording,
        timeline=timeline,
        segments=_cut(recording, timeline, n_seconds),
        flags=None if recording.flags is None else recording.flags[:n_seconds],
        phases=phases,
        phase_segments=() if phases is None else phase_segments_of(phases),
        features=None if recording.features is None else recording.features[:n_seconds],
    )


def _cut(
    recording: LabelledRecording, timeline: ToolTimeline | None, n_seconds: int
) -> tuple[ToolSegment, ...]:
    """Uses up to ``n_seconds``; those that follow from the seconds follow from fewer."""
    if timeline is None:
        return ()
    assert recording.timeline is not None  # noqa: S101  the shorter one was made of it
    if tuple(find_segments(recording.timeline)) == recording.segments:
        return tuple(find_segments(timeline))
    return tuple(
        dataclasses.replace(segment, end_s=min(segment.end_s, float(n_seconds)))
        for segment in recording.segments
        if segment.start_s < n_seconds
    )
