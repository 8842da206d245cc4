"""Timelines of ours, or whatever else is read as one, as annotations that pictures are joined with.

What a person corrected in an editor comes back as a timeline; this is its way into training.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from video_pipeline.errors import TableError
from video_pipeline.extraction.importing.annotated import AnnotatedRecording
from video_pipeline.formats.folder import read_folder
from video_pipeline.formats.labelled import LabelledRecording
from video_pipeline.formats.tool_annotation import ToolAnnotation, why_no_tool_name
from video_pipeline.records import PhaseTimeline, ToolTimeline
from video_pipeline.timeline.flags import GAP

__all__ = ["read_timelines"]


def read_timelines(source: Path) -> tuple[AnnotatedRecording, ...]:
    """Read what ``formats.folder`` reads: OUT, one OUT/<video_id>, or a table of one recording.

    A second without a frame (``n_frames`` 0, or flagged as a gap) has no label. Probabilities say
    nothing of that: a corrected timeline has none, and was looked at all the same.

    Raises:
        TableError: there is none, one is damaged, one knows no tools, or a tool is called so that
            a label table cannot have a column of it.
    """
    return tuple(_annotated(source, recording) for recording in read_folder(source))


def _annotated(source: Path, recording: LabelledRecording) -> AnnotatedRecording:
    path = _place_of(source, recording.video_id)
    timeline = recording.timeline
    if timeline is None:
        raise TableError(
            path,
            f"{recording.video_id}: its phases are known, but no tools to learn",
            hint="move it elsewhere",
        )
    _require_columns(path, timeline.tools)
    labelled = _has_frame(timeline, recording.flags)
    seconds = np.flatnonzero(labelled).astype(np.int64)
    n_left_out = timeline.n_seconds - len(seconds)
    notes = list(recording.notes)
    if n_left_out > 0:
        notes.append(f"seconds without a frame, which have no label: {n_left_out}")
    if not np.isnan(timeline.probabilities).all():
        notes.append("labels with probabilities are a model's, unless somebody corrected them")
    return AnnotatedRecording(
        name=recording.video_id,
        annotation=ToolAnnotation(path, timeline.tools, seconds, timeline.present[seconds]),
        phases=None if recording.phases is None else _names(recording.phases),
        n_seconds=timeline.n_seconds,
        notes=tuple(notes),
    )


def _has_frame(timeline: ToolTimeline, flags: tuple[str, ...] | None) -> NDArray[np.bool_]:
    """(n_seconds,) whether something was shown that could be labelled."""
    shown: NDArray[np.bool_] = timeline.n_frames > 0
    if flags is None:
        return shown
    # A table that was edited by hand may say so in one of the two places only.
    return shown & np.array([GAP not in flag.split("+") for flag in flags], dtype=np.bool_)


def _names(phases: PhaseTimeline) -> dict[int, str]:
    return {second: phases.phases[k] for second, k in enumerate(phases.phase.tolist())}


def _require_columns(path: Path, tools: tuple[str, ...]) -> None:
    for k, tool in enumerate(tools):
        cause = why_no_tool_name(tool, tools[:k])
        if cause is not None:
            raise TableError(path, f"the tool {tool!r} {cause}", hint="rename it")


def _place_of(source: Path, video_id: str) -> Path:
    """Where a recording's labels lie below ``source``, for whoever has to look at them."""
    places = (source / video_id, source / f"{video_id}.csv")
    return next((place for place in places if place.exists()), source)
