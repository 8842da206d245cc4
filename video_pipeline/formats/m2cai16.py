"""m2cai16's texts: ``tool_video_XX.txt``, its ``_pred.txt``, and ``workflow_video_XX.txt``.

Tools have a row a second, 0 or 1; predictions have the same rows and real-valued confidences,
because they are judged by average precision; phases have a row for every frame of the 25-fps video.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from video_pipeline.errors import TableError
from video_pipeline.formats.annotation_texts import (
    PREDICTED,
    read_annotation_texts,
    text_files,
    video_id_of_text,
)
from video_pipeline.formats.exportable import file_names, loss_notes, require_all_names
from video_pipeline.formats.labelled import LabelledRecording
from video_pipeline.formats.phase_annotation import phase_annotation_text
from video_pipeline.formats.phase_names import why_no_phase_name
from video_pipeline.formats.registry import ExportSettings
from video_pipeline.formats.tool_annotation import tool_annotation_text, why_no_tool_name
from video_pipeline.output.files import write_text
from video_pipeline.records import ToolTimeline

__all__ = ["read", "write"]

_HOLDS = frozenset({"tools", "phases", "probabilities"})


def write(
    recordings: Sequence[LabelledRecording], out: Path, settings: ExportSettings
) -> Sequence[str]:
    """Write states, confidences and phases of each recording, as far as they are known."""
    require_all_names(recordings, out, tool=why_no_tool_name, phase=why_no_phase_name)
    for recording in recordings:
        _require_found_again(out, recording.video_id)
    notes = []
    for recording, name in zip(recordings, file_names(recordings, out), strict=True):
        timeline, phases = recording.timeline, recording.phases
        if timeline is not None:
            states = np.where(timeline.present, "1", "0").tolist()
            text = tool_annotation_text(timeline.tools, states)
            write_text(out / f"tool_{name}.txt", text)
        if timeline is not None and not np.isnan(timeline.probabilities).all():
            text = tool_annotation_text(timeline.tools, _confidences(timeline, settings.n_decimals))
            write_text(out / f"tool_{name}{PREDICTED}.txt", text)
            notes += [f"{name}: {note}" for note in _two_valued(timeline, settings.n_decimals)]
        if phases is not None:
            write_text(
                out / f"workflow_{name}.txt", phase_annotation_text(phases, every_frame=True)
            )
        notes += loss_notes(recording, _HOLDS, seen_as="no tool, with the confidence 0")
    return notes


def read(path: Path) -> Sequence[LabelledRecording]:
    """Read texts of tools, confidences and phases; raises ``TableError``.

    Confidences beside the states of the same recording are its probabilities.
    """
    recordings = read_annotation_texts(path, text_files(path), with_confidences=True)
    if not recordings:
        raise TableError(path, "holds no annotation", hint="tool_video_XX.txt is expected there")
    return recordings


def _require_found_again(out: Path, video_id: str) -> None:
    """Refuse a name that would be read as another one's predictions."""
    if video_id_of_text(Path(f"tool_{video_id}.txt")) != video_id:
        raise TableError(
            out,
            f"the recording {video_id!r} is called like a file of this format",
            hint="rename it",
        )


def _confidences(timeline: ToolTimeline, n_decimals: int) -> list[list[str]]:
    # Adding 0 makes -0.0, which is a probability too, print as 0.
    known = np.nan_to_num(timeline.probabilities) + 0.0
    return [[f"{value:.{n_decimals}f}" for value in row] for row in known.tolist()]


def _two_valued(timeline: ToolTimeline, n_decimals: int) -> Iterator[str]:
    """What the scorer would warn of: it takes a column of two values for states."""
    rounded = np.round(np.nan_to_num(timeline.probabilities), n_decimals)
    for tool, column in zip(timeline.tools, rounded.T, strict=True):
        if len(np.unique(column)) <= 2:
            yield f"the confidences of {tool} have two values at most; the scorer warns of that"
