"""Annotations and frames -> the rows of a label table, recording by recording."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from video_pipeline.errors import TableError
from video_pipeline.extraction.importing.annotated import AnnotatedRecording
from video_pipeline.extraction.importing.frame_files import FrameFile
from video_pipeline.extraction.moments import why_another_length
from video_pipeline.output.tables import armoured_cell

__all__ = ["ImportedRecording", "LabelRow", "join_labels", "label_table_csv"]

_NUMBER = re.compile(r"[0-9]+")


@dataclass(frozen=True)
class LabelRow:
    """One labelled picture."""

    path: Path
    video: str
    second: int
    present: tuple[bool, ...]
    """For each tool, in the order of the table's columns."""
    phase: str | None


@dataclass(frozen=True)
class ImportedRecording:
    """What became of one recording."""

    name: str
    rows: tuple[LabelRow, ...]
    n_missing: int
    """Annotated seconds without a picture."""
    n_unannotated: int
    """Pictures without an annotation."""
    is_off_by_one: bool
    """Whether pictures go on for one second after the last annotated one, or stop one before."""
    notes: tuple[str, ...] = ()
    """What the annotation's reader left out or changed, in words."""


def join_labels(
    recordings: Sequence[AnnotatedRecording],
    frames: Sequence[FrameFile],
    *,
    is_contiguous: bool,
) -> tuple[tuple[str, ...], tuple[ImportedRecording, ...]]:
    """Label each frame; return the tools and each recording that has frames, by its name.

    Published annotations end up to a second before or after the last frame; that is accepted and
    said. Pictures of a later second are an error, for they show that one does not belong to the
    other; so is an earlier end where frames are numbered without gaps (``is_contiguous``), for
    they were then not taken once a second.

    Raises:
        TableError: as said; or recordings with other tools, or no frame of any recording.
    """
    tools = recordings[0].annotation.tools
    frames_of = _by_recording(recordings, frames)
    joined = []
    for recording in recordings:
        if set(recording.annotation.tools) != set(tools):
            raise TableError(
                recording.annotation.path,
                f"has the tools {', '.join(recording.annotation.tools)}, but "
                f"{recordings[0].name} has {', '.join(tools)}",
            )
        own = frames_of.get(recording.name, [])
        if own:
            joined.append(_joined(recording, own, tools, is_contiguous=is_contiguous))
    if not any(recording.rows for recording in joined):
        raise TableError(
            frames[0].path.parent,
            f"holds no frame of {recordings[0].name} or any other of {len(recordings)} annotated "
            "recordings",
            hint="frames and annotations must call the recordings alike; see --frame-pattern",
        )
    return tools, tuple(joined)


def label_table_csv(
    folder: Path, tools: Sequence[str], recordings: Sequence[ImportedRecording]
) -> str:
    """Format ``image,video,second,<tool>,...[,phase]``, its images relative to ``folder``.

    Raises:
        TableError: an image's path holds bytes that are no text.
    """
    rows = [row for recording in recordings for row in recording.rows]
    with_phase = any(row.phase is not None for row in rows)
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["image", "video", "second", *tools, *(["phase"] if with_phase else [])])
    ways = {place: _way(folder, place) for place in {row.path.parent for row in rows}}
    for row in rows:
        image = _image_cell(ways[row.path.parent], row.path)
        cells = [image, armoured_cell(row.video), str(row.second)]
        cells += ["1" if shown else "0" for shown in row.present]
        writer.writerow([*cells, *([armoured_cell(row.phase or "")] if with_phase else [])])
    return buffer.getvalue()


def _by_recording(
    recordings: Sequence[AnnotatedRecording], frames: Sequence[FrameFile]
) -> Mapping[str, list[FrameFile]]:
    """Each recording's frames: of the same name, else of the only one with the same number."""
    by_name: dict[str, str] = {}
    for recording in recordings:
        if by_name.setdefault(recording.name.casefold(), recording.name) != recording.name:
            raise TableError(recording.annotation.path, "another annotation has the same name")
    by_number: dict[int, list[str]] = {}
    for recording in recordings:
        number = _only_number(recording.name)
        if number is not None:
            by_number.setdefault(number, []).append(recording.name)
    recording_of: dict[str, str | None] = {}
    for video in {frame.video for frame in frames}:
        number = _only_number(video)
        same_number = by_number.get(number, []) if number is not None else []
        alone = same_number[0] if len(same_number) == 1 else None
        recording_of[video] = by_name.get(video.casefold(), alone)
    of_recording: dict[str, list[FrameFile]] = {}
    for frame in frames:
        name = recording_of[frame.video]
        if name is not None:
            of_recording.setdefault(name, []).append(frame)
    for name, own in of_recording.items():
        videos = sorted({frame.video for frame in own})
        if len(videos) > 1:
            raise TableError(
                own[0].path.parent,
                f"{' and '.join(videos[:3])} could each be the frames of {name}",
                hint="call the frames as the annotations do",
            )
    return of_recording


def _only_number(name: str) -> int | None:
    numbers = _NUMBER.findall(name)
    return int(numbers[0]) if len(numbers) == 1 and len(numbers[0]) <= 9 else None


def _joined(
    recording: AnnotatedRecording,
    frames: Sequence[FrameFile],
    tools: Sequence[str],
    *,
    is_contiguous: bool,
) -> ImportedRecording:
    annotation = recording.annotation
    order = [annotation.tools.index(tool) for tool in tools]
    timed = [(frame.second, frame) for frame in frames if frame.second is not None]
    n_seconds = max((second for second, _ in timed), default=-1) + 1
    if is_contiguous or n_seconds > recording.n_seconds:
        _require_same_length(recording, n_seconds, frames[0].path.parent)
    rows = []
    for second, frame in timed:
        present = annotation.at(second)
        if present is not None:
            shown = tuple(bool(present[k]) for k in order)
            phase = recording.phases.get(second) if recording.phases is not None else None
            rows.append(LabelRow(frame.path, recording.name, second, shown, phase))
    rows.sort(key=lambda row: (row.second, row.path))
    is_off_by_one = n_seconds == recording.n_seconds + 1 or (
        is_contiguous and n_seconds == recording.n_seconds - 1
    )
    return ImportedRecording(
        name=recording.name,
        rows=tuple(rows),
        n_missing=len(set(annotation.seconds.tolist()) - {row.second for row in rows}),
        n_unannotated=len(frames) - len(rows),
        is_off_by_one=is_off_by_one,
        notes=recording.notes,
    )


def _require_same_length(recording: AnnotatedRecording, n_seconds: int, frames: Path) -> None:
    if why_another_length(recording.n_seconds, n_seconds) is not None:
        raise TableError(
            recording.annotation.path,
            f"covers {recording.n_seconds} s, but the frames in {frames} {n_seconds} s",
            hint="they must be taken once a second from the first frame on; see --frame-pattern",
        )


def _image_cell(way: Path, image: Path) -> str:
    """An image's path, which no spreadsheet runs as a formula."""
    text = (way / image.name).as_posix()
    if any("\udc80" <= c <= "\udcff" for c in text):
        raise TableError(image, "its path holds bytes that are no text", hint="rename it")
    return f"./{text}" if armoured_cell(text) != text else text


def _way(folder: Path, to: Path) -> Path:
    """The way from one folder to another; where there is none, its absolute place."""
    there = to.resolve()
    try:
        return Path(os.path.relpath(there, folder.resolve()))
    except ValueError:
        # It lies on another drive.
        return there
