r"""Phases as TMRNet and Trans-SVNet exchange them: ``videoXX-phase.txt``, ``frame\tid``, no header.

The frame is that of the 25-fps video, a row a second: 25 times the second.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from video_pipeline.errors import TableError
from video_pipeline.formats.annotation_texts import text_files, video_id_of_text
from video_pipeline.formats.exportable import file_names, loss_notes, with_phases
from video_pipeline.formats.labelled import LabelledRecording
from video_pipeline.formats.phase_names import ID_ORDER, phase_ids
from video_pipeline.formats.phase_texts_by_id import ids_text, read_ids
from video_pipeline.formats.registry import ExportSettings
from video_pipeline.output.files import write_text

__all__ = ["read", "write"]

_STRIDE = 25


def write(
    recordings: Sequence[LabelledRecording], out: Path, settings: ExportSettings
) -> Sequence[str]:
    """Write the phases of each recording that has some; raises ``TableError`` for others' names."""
    del settings
    kept, notes = with_phases(recordings, out)
    names, ids = file_names(kept, out), [phase_ids(out, recording) for recording in kept]
    for recording, name, of_second in zip(kept, names, ids, strict=True):
        write_text(out / f"{name}-phase.txt", ids_text(of_second, header=False, stride=_STRIDE))
        notes += loss_notes(recording, frozenset({"phases"}))
    return [*notes, f"phases are written as {ID_ORDER}"]


def read(path: Path) -> Sequence[LabelledRecording]:
    """Read phases by id, a file or those in a folder; raises ``TableError``."""
    files = text_files(path)
    if not files:
        raise TableError(path, "holds no phases", hint="videoXX-phase.txt is expected there")
    found = {
        name: read_ids(file, name, header=False, stride=_STRIDE)
        for file in files
        for name in (video_id_of_text(file),)
    }
    if len(found) < len(files):
        raise TableError(path, "two files speak of one recording", hint="keep one")
    return tuple(found[name] for name in sorted(found))
