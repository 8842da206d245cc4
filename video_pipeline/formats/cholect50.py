"""CholecT50's labels, ``labels/VIDXX.json``: tools as instruments, and phases, a frame a second.

Of the 15 values of a row, ours have the instrument's id and the phase's; verbs, targets and boxes
are unknown, and -1. A second without a tool has one row, of the phase alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from video_pipeline.formats.annotation_texts import timeline_of_annotation
from video_pipeline.formats.cholect50_labels import (
    N_VALUES,
    PLACE_OF_INSTRUMENT,
    PLACE_OF_PHASE,
    CholecT50Labels,
    read_cholect50_labels,
    why_no_cholect50_name,
)
from video_pipeline.formats.exportable import file_names, loss_notes, require_all_names, with_tools
from video_pipeline.formats.labelled import LabelledRecording, phase_segments_of
from video_pipeline.formats.registry import ExportSettings
from video_pipeline.output.files import make_folder, write_text
from video_pipeline.output.phase_tables import certain_phases
from video_pipeline.records import PhaseTimeline
from video_pipeline.timeline.segments import find_segments

__all__ = ["read", "write"]

_HOLDS = frozenset({"tools", "phases", "missing"})
_NUMBER = re.compile(r"(\d+)\D*")
_AS_THEIRS = re.compile(r"VID\d+")


def write(
    recordings: Sequence[LabelledRecording], out: Path, settings: ExportSettings
) -> Sequence[str]:
    """Write a file for each recording that has tools."""
    del settings
    kept, notes = with_tools(recordings, out)
    require_all_names(kept, out, tool=why_no_cholect50_name, phase=why_no_cholect50_name)
    folder = make_folder(out / "labels")
    for recording, name in zip(kept, file_names(kept, out), strict=True):
        text = json.dumps(_content(recording), indent=None, separators=(", ", ": "))
        write_text(folder / f"{name}.json", text + "\n")
        notes += [f"{name}: {note}" for note in _own_notes(recording)]
        notes += loss_notes(recording, _HOLDS)
    if not all(_AS_THEIRS.fullmatch(recording.video_id) for recording in kept):
        notes.append("files keep the recordings' names; CholecT50's loaders expect VID01 and so on")
    return notes


def read(path: Path) -> Sequence[LabelledRecording]:
    """Read ``VIDXX.json``, or those in a folder or its ``labels``; raises ``TableError``.

    Where a second has no phase, as seconds without a triplet have none, it is that of the second
    before it.
    """
    return tuple(_recording(labels) for labels in read_cholect50_labels(path))


def _content(recording: LabelledRecording) -> dict[str, Any]:
    timeline, phases = recording.timeline, recording.phases
    assert timeline is not None  # noqa: S101  with_tools chose it
    number = _NUMBER.search(recording.video_id)
    return {
        "video": int(number[1][:9]) if number is not None else recording.video_id,
        "fps": 1,
        "num_frames": timeline.n_seconds,
        "categories": {
            "triplet": {},
            "instrument": _by_id(timeline.tools),
            "verb": {},
            "target": {},
            **({} if phases is None else {"phase": _by_id(phases.phases)}),
        },
        "annotations": {
            str(second): _rows(timeline.present[second], phases, second)
            for second in np.flatnonzero(timeline.n_frames > 0).tolist()
        },
    }


def _by_id(names: Sequence[str]) -> dict[str, str]:
    return {str(k): name for k, name in enumerate(names)}


def _rows(present: NDArray[np.bool_], phases: PhaseTimeline | None, second: int) -> list[list[int]]:
    """A row a tool; none, or one of the phase alone, where there is no tool."""
    instruments = np.flatnonzero(present).tolist()
    if not instruments and phases is not None:
        instruments = [-1]
    rows = []
    for instrument in instruments:
        row = [-1] * N_VALUES
        row[PLACE_OF_INSTRUMENT] = instrument
        row[PLACE_OF_PHASE] = -1 if phases is None else int(phases.phase[second])
        rows.append(row)
    return rows


def _own_notes(recording: LabelledRecording) -> list[str]:
    notes = []
    timeline = recording.timeline
    assert timeline is not None  # noqa: S101  with_tools chose it
    seen = np.flatnonzero(timeline.n_frames > 0)
    n_after = timeline.n_seconds - (int(seen[-1]) + 1 if len(seen) else 0)
    if n_after > 0:
        notes.append(f"the last {n_after} s have no frame, and end the recording sooner")
    if recording.phases is not None and n_after < timeline.n_seconds - len(seen):
        notes.append("seconds without a frame have no phase either")
    return notes


def _recording(labels: CholecT50Labels) -> LabelledRecording:
    timeline = timeline_of_annotation(labels.annotation)
    phases, notes = _phases(labels, timeline.n_seconds)
    return LabelledRecording(
        labels.name,
        timeline,
        tuple(find_segments(timeline)),
        phases=phases,
        phase_segments=() if phases is None else phase_segments_of(phases),
        notes=notes,
    )


def _phases(
    labels: CholecT50Labels, n_seconds: int
) -> tuple[PhaseTimeline | None, tuple[str, ...]]:
    said: Mapping[int, str] = labels.phases or {}
    if not said:
        return None, ()
    index = {name: k for k, name in enumerate(labels.phase_names)}
    known = np.array(sorted(said))
    ids = np.array([index[said[second]] for second in known.tolist()])
    # The last known one up to each second; before the first one, that one.
    row = np.maximum(np.searchsorted(known, np.arange(n_seconds), side="right") - 1, 0)
    phases = certain_phases(labels.phase_names, ids[row])
    n_filled = n_seconds - len(known)
    note = f"{n_filled} s without a phase have that of the second before them"
    return phases, (note,) if n_filled > 0 else ()
