r"""Phases as Surgformer exchanges them: ``video-XX.txt`` with the header ``Frame\tPhase``, and ids.

The frame counts seconds, a row each.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from video_pipeline.errors import TableError
from video_pipeline.formats.annotation_texts import text_files
from video_pipeline.formats.exportable import file_names, loss_notes, with_phases
from video_pipeline.formats.labelled import LabelledRecording
from video_pipeline.formats.phase_names import ID_ORDER, phase_ids
from video_pipeline.formats.phase_texts_by_id import ids_text, read_ids
from video_pipeline.formats.registry import ExportSettings
from video_pipeline.output.files import write_text

__all__ = ["read", "write"]

_OURS = re.compile(r"video(\d+)")
_THEIRS = re.compile(r"video-(\d+)")


def write(
    recordings: Sequence[LabelledRecording], out: Path, settings: ExportSettings
) -> Sequence[str]:
    """Write the phases of each recording that has some; raises ``TableError`` for others' names."""
    del settings
    kept, notes = with_phases(recordings, out)
    names, ids = (
        file_names(kept, out, _their_name),
        [phase_ids(out, recording) for recording in kept],
    )
    for recording, name, of_second in zip(kept, names, ids, strict=True):
        write_text(out / f"{name}.txt", ids_text(of_second, header=True, stride=1))
        notes += loss_notes(recording, frozenset({"phases"}))
    return [*notes, f"phases are written as {ID_ORDER}"]


def read(path: Path) -> Sequence[LabelledRecording]:
    """Read phases by id, a file or those in a folder; raises ``TableError``.

    ``video-07.txt`` is the recording video07.
    """
    files = text_files(path)
    if not files:
        raise TableError(path, "holds no phases", hint="video-XX.txt is expected there")
    found = {
        name: read_ids(file, name, header=True, stride=1)
        for file in files
        for name in (_our_name(file.stem),)
    }
    if len(found) < len(files):
        raise TableError(path, "two files speak of one recording", hint="keep one")
    return tuple(found[name] for name in sorted(found))


def _their_name(video_id: str) -> str:
    match = _OURS.fullmatch(video_id)
    return video_id if match is None else f"video-{match[1]}"


def _our_name(stem: str) -> str:
    match = _THEIRS.fullmatch(stem)
    return stem if match is None else f"video{match[1]}"
