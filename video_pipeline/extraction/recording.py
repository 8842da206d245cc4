"""The whole of one recording: its frames sampled, written, listed, labelled, and remembered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from video_pipeline.batch.recordings import Recording
from video_pipeline.errors import RecordingError, TableError
from video_pipeline.extraction.frames_folder import RESERVED_NAMES, FramesFolder
from video_pipeline.extraction.frames_table import FrameRow
from video_pipeline.extraction.label_table import Labelled, update_label_table
from video_pipeline.extraction.measuring import count_seconds, measure_duration
from video_pipeline.extraction.moments import (
    Measured,
    ResolvedMoments,
    resolve_moments,
    why_another_length,
)
from video_pipeline.extraction.record import ExtractionRecord, read_record, write_record
from video_pipeline.extraction.settings import ExtractionSettings
from video_pipeline.extraction.taking import Sampling, Taken, take_frames
from video_pipeline.formats.annotation_search import find_annotation
from video_pipeline.formats.tool_annotation import ToolAnnotation, read_tool_annotation
from video_pipeline.output.provenance import digest_file

__all__ = ["Extraction", "Measuring", "Progress", "extract_frames"]


@dataclass(frozen=True)
class Measuring:
    """A recording is being read to see how long it is."""

    recording: Recording


Progress = Callable[[Measuring | Sampling], None]


@dataclass(frozen=True)
class Extraction:
    """What there is of one recording now."""

    n_frames: int
    """Frames of it in the folder, from this call and earlier ones."""
    n_new: int
    """Of those: written by this call."""
    n_left_out: int
    """Frames that were sampled but show several tools, or that nobody annotated."""
    labelled: Labelled | None
    is_whole: bool
    """Whether nothing of the recording was damaged or cut off."""
    was_finished: bool
    """Every frame was there already; nothing was decoded."""
    warnings: tuple[str, ...]
    """What was odd about the recording."""
    notes: tuple[str, ...]
    """What this call did otherwise than one might think."""


def extract_frames(
    recording: Recording,
    folder: FramesFolder,
    settings: ExtractionSettings,
    *,
    progress: Progress,
) -> Extraction:
    """Bring a recording's frames into ``folder``; those that are there stay as they are.

    Raises:
        RecordingError: it has no frame to show, or its name or frames clash with earlier ones.
        TableError: the annotation or the timeline is broken or not this recording's.
        OutputError: something cannot be written; what was written stays, and the same call goes on.
    """
    record = _own_record(recording, folder, settings)
    length = _Length(recording, record.duration_s, progress, stream=settings.stream)
    annotation, notes = _annotation(recording, settings, length)
    moments = resolve_moments(
        settings.moments,
        settings.part,
        Measured(recording.video_id, record.sha256, length.duration_s, length.n_seconds),
    )
    key = _key(moments, settings, annotation)
    rows = folder.rows_of(recording.video_id)
    finished = record.finished if len(rows) >= record.n_frames else ()
    taken = None
    if key not in finished:
        taken = take_frames(
            recording,
            folder,
            settings,
            times=moments.times,
            annotation=annotation,
            begin=lambda: _remember(folder.of(recording.video_id), record),
            progress=progress,
        )
        rows = _merged(rows, taken.rows)
        record = _with_report(record, taken, length.known)
    folder.list(recording.video_id, rows)
    labelled = None
    if annotation is not None and settings.split is None:
        labelled = update_label_table(folder.path, rows, annotation)
    finished = (*finished, key) if key not in finished else finished
    record = replace(record, n_frames=len(rows), finished=finished)
    _remember(folder.of(recording.video_id), record)
    return Extraction(
        n_frames=len(rows),
        n_new=taken.n_new if taken is not None else 0,
        n_left_out=taken.n_left_out if taken is not None else 0,
        labelled=labelled,
        is_whole=record.is_whole,
        was_finished=taken is None,
        warnings=record.warnings,
        notes=(*notes, *moments.notes, *_notes(taken, folder.n_without_row(recording.video_id))),
    )


def _own_record(
    recording: Recording, folder: FramesFolder, settings: ExtractionSettings
) -> ExtractionRecord:
    """The record of earlier calls or a new one; refuses what would mix with what is there."""
    path, place = recording.path, folder.of(recording.video_id)
    if recording.video_id.casefold() in RESERVED_NAMES:
        raise RecordingError(
            path, f"a recording cannot be called {recording.video_id!r} here", hint="rename it"
        )
    wanted = _new_record(path, settings)
    earlier = read_record(place)
    if earlier is None:
        return wanted
    if earlier.sha256 != wanted.sha256:
        raise RecordingError(
            path,
            f"is not the recording whose frames are in {place}",
            hint="rename it, or choose another folder",
        )
    if earlier.stream != wanted.stream:
        raise RecordingError(
            path,
            f"the frames in {place} are of another of its video streams",
            hint="choose another folder, or the same --stream",
        )
    if earlier.layout != wanted.layout:
        raise RecordingError(
            path,
            f"its frames were extracted for {folder.path / earlier.layout}"
            if earlier.layout != "frames"
            else f"its frames are in {place}, not in class folders",
            hint="choose another folder",
        )
    picture_format = settings.picture.format
    if earlier.pictures.get(picture_format, settings.picture.as_json()) != (
        settings.picture.as_json()
    ):
        raise RecordingError(
            path,
            f"its {picture_format} frames in {place} have another size or quality",
            hint="choose another folder, or the same --size and --quality",
        )
    return replace(earlier, pictures={**earlier.pictures, **wanted.pictures})


def _new_record(path: Path, settings: ExtractionSettings) -> ExtractionRecord:
    try:
        # Only a regular file has a content that can be digested; others are refused on opening.
        is_file = path.is_file()
        size_bytes, sha256 = (path.stat().st_size, digest_file(path)) if is_file else (0, "")
    except OSError as error:
        raise RecordingError(
            path, f"cannot be read ({error.strerror})", hint="check its permissions and its disk"
        ) from error
    return ExtractionRecord(
        stream=settings.stream,
        name=path.name,
        size_bytes=size_bytes,
        sha256=sha256,
        layout=settings.split or "frames",
        pictures={settings.picture.format: settings.picture.as_json()},
    )


class _Length:
    """How long a recording is: as remembered, or measured when somebody asks."""

    def __init__(
        self,
        recording: Recording,
        known: float | None,
        progress: Progress,
        *,
        stream: int | None,
    ) -> None:
        self._recording = recording
        self._stream = stream
        self._progress = progress
        self.known = known
        """Seconds; None as long as nobody asked."""

    def duration_s(self) -> float:
        if self.known is None:
            self._progress(Measuring(self._recording))
            self.known = measure_duration(self._recording.path, stream=self._stream)
        return self.known

    def n_seconds(self) -> int:
        return count_seconds(self.duration_s())


def _annotation(
    recording: Recording, settings: ExtractionSettings, length: _Length
) -> tuple[ToolAnnotation | None, tuple[str, ...]]:
    if settings.labels is None:
        return None, ()
    annotation = read_tool_annotation(find_annotation(settings.labels, recording.path))
    n_annotated, n_seconds = annotation.n_seconds, length.n_seconds()
    cause = why_another_length(n_annotated, n_seconds)
    if cause is not None:
        raise TableError(
            annotation.path, cause, hint=f"is it the annotation of {recording.path.name}?"
        )
    one_off = (
        f"{annotation.path.name} covers {n_annotated} s and the recording lasts {n_seconds} s; "
        "one second more or less is usual"
    )
    return annotation, (one_off,) if n_annotated != n_seconds else ()


def _key(
    moments: ResolvedMoments, settings: ExtractionSettings, annotation: ToolAnnotation | None
) -> str:
    """A name for all the frames that a call asks for of one recording."""
    key = f"{settings.picture.format}: {moments.key}"
    if settings.split is None or annotation is None:
        return key
    return f"{key}, one tool by {annotation.digest[:16]}"


def _merged(earlier: tuple[FrameRow, ...], new: tuple[FrameRow, ...]) -> tuple[FrameRow, ...]:
    """Rows that were there stay as they are."""
    by_name = {row.name: row for row in new} | {row.name: row for row in earlier}
    return tuple(by_name.values())


def _with_report(
    record: ExtractionRecord, taken: Taken, measured_s: float | None
) -> ExtractionRecord:
    report = taken.report
    duration_s = measured_s if measured_s is not None else report.duration_s
    if report.is_whole and not record.is_whole:
        # Only the frames that are asked for need be decoded: others may be damaged all the same.
        return replace(record, duration_s=duration_s)
    return replace(
        record, duration_s=duration_s, is_whole=report.is_whole, warnings=report.warnings
    )


def _remember(place: Path, record: ExtractionRecord) -> None:
    if read_record(place) != record:
        write_record(place, record)


def _notes(taken: Taken | None, n_without_row: int) -> tuple[str, ...]:
    notes = list(taken.notes) if taken is not None else []
    if n_without_row > 0:
        notes.append(
            f"frames that are not in frames.csv: {n_without_row}; the call that wrote them was "
            "interrupted, the same call again lists them"
        )
    return tuple(notes)
