"""Cholec80's texts: ``tool_annotations/videoXX-tool.txt``, ``phase_annotations/videoXX-phase.txt``.

A row a second. The published phases have a row for every frame of the 25-fps video; their loaders
take every 25th, which are the rows here.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from video_pipeline.errors import TableError
from video_pipeline.formats.annotation_texts import (
    PHASE_FOLDER,
    TOOL_FOLDER,
    read_annotation_texts,
    text_files,
)
from video_pipeline.formats.exportable import file_names, loss_notes, require_all_names
from video_pipeline.formats.labelled import LabelledRecording
from video_pipeline.formats.phase_annotation import phase_annotation_text
from video_pipeline.formats.phase_names import why_no_phase_name
from video_pipeline.formats.registry import ExportSettings
from video_pipeline.formats.tool_annotation import tool_annotation_text, why_no_tool_name
from video_pipeline.output.files import make_folder, write_text

__all__ = ["read", "write"]

_HOLDS = frozenset({"tools", "phases"})


def write(
    recordings: Sequence[LabelledRecording], out: Path, settings: ExportSettings
) -> Sequence[str]:
    """Write a text of tools and one of phases for each recording, as far as they are known."""
    del settings
    require_all_names(recordings, out, tool=why_no_tool_name, phase=why_no_phase_name)
    notes = []
    for recording, name in zip(recordings, file_names(recordings, out), strict=True):
        timeline, phases = recording.timeline, recording.phases
        if timeline is not None:
            text = tool_annotation_text(
                timeline.tools, np.where(timeline.present, "1", "0").tolist()
            )
            write_text(make_folder(out / TOOL_FOLDER) / f"{name}-tool.txt", text)
        if phases is not None:
            text = phase_annotation_text(phases, every_frame=False)
            write_text(make_folder(out / PHASE_FOLDER) / f"{name}-phase.txt", text)
        notes += loss_notes(recording, _HOLDS)
    if any(recording.phases is not None for recording in recordings):
        notes.append("phases have a row a second; those of Cholec80 have one for every frame")
    return notes


def read(path: Path) -> Sequence[LabelledRecording]:
    """Read texts of tools and of phases, alone or in their folders; ``TableError``."""
    recordings = read_annotation_texts(path, text_files(path))
    if not recordings:
        raise TableError(
            path,
            "holds no annotation",
            hint="videoXX-tool.txt and videoXX-phase.txt are expected there",
        )
    return recordings
