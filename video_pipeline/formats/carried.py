"""What an export of ours leaves in a document beside the labels, so that an import is exact.

Editors have places for uses, but seldom one for the recording's length, and none for the order of
tools or for those that are never used. A line of JSON says so; where a stranger's file has none,
its labels alone speak.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from video_pipeline.formats.file_names import is_folder_name
from video_pipeline.formats.json_document import JsonValue
from video_pipeline.formats.labelled import LabelledRecording
from video_pipeline.timeline.runs import find_runs

__all__ = ["CARRIED_NAME", "Carried", "carried_line", "carried_of", "parse_carried", "phase_labels"]

CARRIED_NAME = "surgical-video"
"""What the place of it is called in a document."""

_LONGEST_S = 7 * 24 * 3600


@dataclass(frozen=True)
class Carried:
    """Facts about one recording."""

    video_id: str | None = None
    n_seconds: int | None = None
    tools: tuple[str, ...] = ()
    phases: tuple[str, ...] = ()
    without_frame: tuple[tuple[int, int], ...] = ()
    """[start, end) of seconds in which nothing was recorded, or nobody looked."""


def carried_of(recording: LabelledRecording) -> dict[str, Any]:
    """As a JSON object."""
    carried = {
        "video_id": recording.video_id,
        "duration_s": recording.n_seconds,
        "tools": list(recording.tools),
        "phases": [] if recording.phases is None else list(recording.phases.phases),
    }
    if recording.timeline is not None and (recording.timeline.n_frames == 0).any():
        runs = find_runs((recording.timeline.n_frames == 0)[:, np.newaxis])
        pairs = zip(runs.start.tolist(), runs.stop.tolist(), strict=True)
        carried["without_frame"] = [list(pair) for pair in pairs]
    return carried


def carried_line(recording: LabelledRecording) -> str:
    """As one line of ASCII in which nothing is markup."""
    line = json.dumps(carried_of(recording), ensure_ascii=True)
    # Inside JSON's texts these may be written as escapes, and they occur nowhere else.
    return line.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def parse_carried(value: JsonValue | None) -> Carried:
    """Read it back; raises ``TableError`` where it is there and not what was written."""
    if value is None:
        return Carried()
    video_id, length = value.get("video_id"), value.get("duration_s")
    tools, phases = value.get("tools"), value.get("phases")
    without_frame = value.get("without_frame")
    if video_id is not None and not is_folder_name(video_id.text()):
        raise video_id.error("cannot be the name of a recording")
    if length is not None and not 0 < length.whole_number() <= _LONGEST_S:
        raise length.error("is no length of a recording in seconds")
    return Carried(
        video_id=None if video_id is None else video_id.text(),
        n_seconds=None if length is None else length.whole_number(),
        tools=() if tools is None else tools.texts(),
        phases=() if phases is None else phases.texts(),
        without_frame=() if without_frame is None else tuple(_stretches(without_frame)),
    )


def _stretches(value: JsonValue) -> Iterator[tuple[int, int]]:
    for pair in value.items():
        ends = [end.whole_number() for end in pair.items()]
        if len(ends) != 2 or not 0 <= ends[0] < ends[1] <= _LONGEST_S:
            raise pair.error("is no stretch of seconds")
        yield ends[0], ends[1]


def phase_labels(phases: Iterable[str], tools: Iterable[str]) -> dict[str, str]:
    """What each phase is called where tools and phases share one list of labels.

    ``phase: Preparation``, with another ``phase: `` before it where a label is called so already.
    """
    taken = set(tools)
    labels = {}
    for phase in phases:
        label = f"phase: {phase}"
        while label in taken:
            label = f"phase: {label}"
        taken.add(label)
        labels[phase] = label
    return labels
