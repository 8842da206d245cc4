"""Labels wherever they lie: a file, our own output folder, or a folder of many recordings' files.

The kind of a file is known by its header and the recording by the file's name:

    OUT/<video_id>/timeline.csv     our own output, with segments, phases and features beside it
    <video_id>.csv                  our own table, second,<tool>,... of 0 and 1, or second,phase
    video41-tool.txt, -phase.txt    Cholec80's, also in tool_annotations/ and phase_annotations/
    tool_video_41.txt               m2cai16's

What is of one recording is put together.
"""

from __future__ import annotations

import csv
from pathlib import Path

from video_pipeline.errors import TableError
from video_pipeline.formats.annotation_texts import (
    merged,
    read_annotation_text,
    text_files,
    timeline_of_annotation,
    video_id_of_text,
)
from video_pipeline.formats.labelled import LabelledRecording, phase_segments_of
from video_pipeline.formats.own_folder import (
    PHASES_NAME,
    TIMELINE_NAME,
    is_own_folder,
    read_own_folder,
)
from video_pipeline.output.phase_tables import is_phase_header, read_phases
from video_pipeline.output.table_reading import read_timeline

__all__ = ["read_folder", "table_files", "timeline_of_annotation", "video_id_of"]

# Our own tables of a whole batch, which speak of no single recording.
_NOT_TIMELINES = frozenset({"batch.csv", "statistics.csv", "segments.csv", "frames.csv"})


def read_folder(path: Path) -> tuple[LabelledRecording, ...]:
    """Read every recording's labels at ``path``, ordered by video id.

    Raises:
        TableError: there are none, one cannot be read, or two speak of the same recording.
    """
    if not path.is_dir():
        return (_read(path),)
    if is_own_folder(path):
        return (read_own_folder(path),)
    folders = [entry for entry in _entries(path) if is_own_folder(entry)]
    if folders:
        return tuple(read_own_folder(folder) for folder in folders)
    recordings = _merged_files(path)
    if not recordings:
        raise TableError(
            path, "holds no timeline", hint="expected are OUT/<video_id>/timeline.csv or tables"
        )
    return recordings


def video_id_of(path: Path) -> str:
    """The recording that a file speaks of: its name without what says the kind of the file."""
    if path.name in {TIMELINE_NAME, PHASES_NAME}:
        return path.absolute().parent.name
    return video_id_of_text(path)


def _merged_files(path: Path) -> tuple[LabelledRecording, ...]:
    """The recordings that the tables and texts in a folder speak of."""
    tables = [entry for entry in _entries(path) if _is_table(entry)]
    tools: dict[str, LabelledRecording] = {}
    phases: dict[str, LabelledRecording] = {}
    for file in (*tables, *text_files(path)):
        recording = _read(file)
        of_kind = phases if recording.timeline is None else tools
        if recording.video_id in of_kind:
            raise TableError(
                path, f"two files speak of the recording {recording.video_id!r}", hint="keep one"
            )
        of_kind[recording.video_id] = recording
    return merged(path, tools, phases)


def table_files(path: Path) -> list[Path]:
    """The tables at ``path`` of which each speaks of one recording's seconds, ours or another's."""
    if not path.is_dir():
        return [path]
    if (path / TIMELINE_NAME).is_file():
        return [path / TIMELINE_NAME]
    entries = _entries(path)
    folders = [entry / TIMELINE_NAME for entry in entries if (entry / TIMELINE_NAME).is_file()]
    return folders if folders else [entry for entry in entries if _is_table(entry)]


def _is_table(path: Path) -> bool:
    return path.suffix.lower() == ".csv" and path.is_file() and path.name not in _NOT_TIMELINES


def _entries(path: Path) -> list[Path]:
    """What lies in a folder and is not hidden, by name."""
    try:
        return [entry for entry in sorted(path.iterdir()) if not entry.name.startswith(".")]
    except OSError as error:
        raise TableError(path, f"cannot be read ({error.strerror})") from error


def _read(path: Path) -> LabelledRecording:
    if path.suffix.lower() == ".txt":
        return read_annotation_text(path)
    if is_phase_header(_header(path)):
        phases = read_phases(path)
        return LabelledRecording(
            video_id_of(path), None, phases=phases, phase_segments=phase_segments_of(phases)
        )
    table = read_timeline(path)
    return LabelledRecording.of(video_id_of(path), table.timeline, flags=table.flags)


def _header(path: Path) -> list[str]:
    """The first line's cells as far as they tell the kind of a table; nothing is judged here."""
    if not path.is_file():
        return []
    try:
        with path.open("rb") as file:
            line = file.readline(1 << 20).decode("utf-8-sig", errors="replace")
        return next(csv.reader([line.rstrip("\r\n")]), [])
    except (OSError, csv.Error):
        # Whoever reads all of it says what is wrong.
        return []
