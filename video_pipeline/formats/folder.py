"""Labels wherever they lie: a file, our own output folder, or a folder of many recordings' files.

The kind of a file is known by its header and the recording by the file's name:

    OUT/<video_id>/timeline.csv     our own output, with segments, phases and features beside it
    <video_id>.csv                  our own table, or second,<tool>,... of 0 and 1
    video41-tool.txt                Cholec80's tools; tool_video_41.txt of m2cai16
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from video_pipeline.errors import TableError
from video_pipeline.formats.labelled import LabelledRecording
from video_pipeline.formats.tool_annotation import ToolAnnotation, read_tool_annotation
from video_pipeline.output.table_reading import read_timeline
from video_pipeline.records import ToolTimeline

__all__ = ["label_files", "read_folder", "timeline_of_annotation", "video_id_of"]

TIMELINE_NAME = "timeline.csv"
_SUFFIXES = ("-tool", "-phase", "_pred", ".reference")
_KINDS = frozenset({".csv", ".txt"})
# Our own tables of a whole batch, which speak of no single recording.
_NOT_TIMELINES = frozenset({"batch.csv", "statistics.csv", "segments.csv", "frames.csv"})


def read_folder(path: Path) -> tuple[LabelledRecording, ...]:
    """Read every recording's labels at ``path``, ordered by video id.

    Raises:
        TableError: there are none, one cannot be read, or two speak of the same recording.
    """
    found: dict[str, LabelledRecording] = {}
    for place in label_files(path):
        recording = _read(place)
        if recording.video_id in found:
            raise TableError(
                path, f"two files speak of the recording {recording.video_id!r}", hint="keep one"
            )
        found[recording.video_id] = recording
    if not found:
        raise TableError(
            path, "holds no timeline", hint="expected are OUT/<video_id>/timeline.csv or tables"
        )
    return tuple(found[video_id] for video_id in sorted(found))


def video_id_of(path: Path) -> str:
    """The recording that a file speaks of: its name without what says the kind of the file."""
    if path.name == TIMELINE_NAME:
        return path.absolute().parent.name
    name = path.stem
    for suffix in _SUFFIXES:
        name = name.removesuffix(suffix)
    return name.removeprefix("tool_")


def timeline_of_annotation(annotation: ToolAnnotation) -> ToolTimeline:
    """Seconds of a tool annotation; those that nobody annotated have no frame."""
    shape = (annotation.n_seconds, len(annotation.tools))
    present = np.zeros(shape, dtype=np.bool_)
    present[annotation.seconds] = annotation.present
    n_frames = np.zeros(shape[0], dtype=np.int64)
    n_frames[annotation.seconds] = 1
    return ToolTimeline(annotation.tools, np.full(shape, np.nan), present, n_frames)


def label_files(path: Path) -> list[Path]:
    """The files at ``path`` of which each speaks of one recording; raises ``TableError``."""
    if not path.is_dir():
        return [path]
    if (path / TIMELINE_NAME).is_file():
        return [path / TIMELINE_NAME]
    try:
        entries = sorted(path.iterdir())
    except OSError as error:
        raise TableError(path, f"cannot be read ({error.strerror})") from error
    entries = [entry for entry in entries if not entry.name.startswith(".")]
    folders = [entry / TIMELINE_NAME for entry in entries if (entry / TIMELINE_NAME).is_file()]
    files = [
        entry
        for entry in entries
        if entry.suffix.lower() in _KINDS and entry.is_file() and entry.name not in _NOT_TIMELINES
    ]
    return folders if folders else files


def _read(path: Path) -> LabelledRecording:
    if path.suffix.lower() == ".txt":
        annotation = read_tool_annotation(path)
        return LabelledRecording.of(video_id_of(path), timeline_of_annotation(annotation))
    table = read_timeline(path)
    return LabelledRecording.of(video_id_of(path), table.timeline, flags=table.flags)
