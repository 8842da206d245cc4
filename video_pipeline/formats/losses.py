"""What a format cannot hold of a recording, in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from video_pipeline.formats.labelled import LabelledRecording

__all__ = ["listed", "losses_of", "unknown_videos"]

_MOST_NAMED = 3


def losses_of(recordings: Iterable[LabelledRecording], *, has_phases: bool = True) -> list[str]:
    """A line for each recording that loses something in an editor's file."""
    lines = []
    for recording in recordings:
        lost = _lost(recording, has_phases=has_phases)
        if lost:
            lines.append(f"{recording.video_id}: not in this format: {', '.join(lost)}")
    return lines


def unknown_videos(recordings: Iterable[LabelledRecording], *, program: str) -> list[str]:
    """A line where ``program`` will not find the video of some recordings by itself."""
    names = [of.video_id for of in recordings if of.video is None]
    if not names:
        return []
    return [f"{program} will ask for the video of {listed(names)}: --videos says where they lie"]


def listed(names: Sequence[str]) -> str:
    """The first few names, and how many more there are."""
    shown = ", ".join(names[:_MOST_NAMED])
    n_more = len(names) - _MOST_NAMED
    return shown if n_more <= 0 else f"{shown} and {n_more} more"


def _lost(recording: LabelledRecording, *, has_phases: bool) -> list[str]:
    lost = []
    timeline, flags, phases = recording.timeline, recording.flags, recording.phases
    if timeline is not None:
        n_missing = int(np.count_nonzero(timeline.n_frames == 0))
        if n_missing > 0:
            lost.append(f"{n_missing} s without a frame (written as seconds without a tool)")
        if not np.isnan(timeline.probabilities).all():
            lost.append("probabilities")
    if flags is not None and any(flags):
        lost.append(f"flags of {sum(flag != '' for flag in flags)} s")
    if phases is not None and not has_phases:
        lost.append("phases")
    elif phases is not None and not np.isin(phases.probabilities, (0, 1)).all():
        lost.append("probabilities of phases")
    if recording.features is not None:
        lost.append("features")
    return lost
