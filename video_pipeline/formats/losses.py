"""What files for people cannot hold, and what their programs will ask for, in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from video_pipeline.formats.exportable import loss_notes
from video_pipeline.formats.labelled import LabelledRecording

__all__ = ["listed", "losses_of", "unknown_videos"]

_MOST_NAMED = 3


def losses_of(
    recordings: Iterable[LabelledRecording], *, has_phases: bool = True, carries: bool = True
) -> list[str]:
    """What an editor's file, which holds uses and mostly phases, cannot hold; a line each.

    ``carries``: whether it carries besides, for an import, which seconds have no frame.
    """
    holds = frozenset({"tools", "milliseconds", *(("phases",) if has_phases else ())})
    if carries:
        holds |= {"missing"}
    return [text for recording in recordings for text in loss_notes(recording, holds)]


def unknown_videos(recordings: Iterable[LabelledRecording], *, program: str) -> list[str]:
    """A line where ``program`` will not find the video of some recordings by itself."""
    names = [of.video_id for of in recordings if of.video is None]
    if not names:
        return []
    return [f"{program} will ask for the video of {listed(names)}: --videos says where they lie"]


def listed(names: Sequence[str], *, most: int = _MOST_NAMED) -> str:
    """The first few names, and how many more there are."""
    shown = ", ".join(names[:most])
    n_more = len(names) - most
    return shown if n_more <= 0 else f"{shown} and {n_more} more"
