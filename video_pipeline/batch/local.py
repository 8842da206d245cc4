"""Recordings one after another on this machine; finished ones are left as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from video_pipeline.annotate import annotate_video
from video_pipeline.batch.recordings import Recording
from video_pipeline.batch.table import BatchRow
from video_pipeline.config import AnnotationSettings
from video_pipeline.errors import PipelineError, RecordingError
from video_pipeline.frame_classifier import FrameClassifier
from video_pipeline.frames.pictures.field_of_view import FieldOfView
from video_pipeline.output.manifest import (
    InputFile,
    Manifest,
    ModelIdentity,
    Provenance,
    is_finished,
    read_manifest,
    require_no_newer_manifest,
)
from video_pipeline.output.recording_folder import write_recording_folder
from video_pipeline.records import VideoInfo

__all__ = ["Outcome", "annotate_recordings"]

Progress = Callable[[Recording, float, VideoInfo], None]


@dataclass(frozen=True)
class Outcome:
    """What became of one recording."""

    recording: Recording
    row: BatchRow
    folder: Path
    was_finished: bool = False
    """It had been annotated before with the same model and parameters."""
    warnings: tuple[str, ...] = ()


def annotate_recordings(
    recordings: Iterable[Recording],
    classifier: FrameClassifier,
    out: Path,
    settings: AnnotationSettings,
    *,
    model: ModelIdentity,
    progress: Progress | None = None,
) -> Iterator[Outcome]:
    """Annotate each recording into ``out/<video_id>/``; a failure costs its own recording only."""
    for recording in recordings:
        try:
            yield _annotate_one(recording, classifier, out, settings, model, progress)
        except PipelineError as error:
            row = _row(recording, "failed", None, _cause(error, recording))
            yield Outcome(recording, row, out / recording.video_id)


def _annotate_one(
    recording: Recording,
    classifier: FrameClassifier,
    out: Path,
    settings: AnnotationSettings,
    model: ModelIdentity,
    progress: Progress | None,
) -> Outcome:
    folder = out / recording.video_id
    require_no_newer_manifest(folder)
    provenance = _provenance(recording, model, settings)
    earlier = read_manifest(folder)
    if (
        earlier is not None
        and earlier.provenance.suffices_for(provenance)
        and is_finished(folder, earlier)
    ):
        error = _what_is_missing(earlier.warnings) if earlier.status == "partial" else ""
        row = _row(recording, earlier.status, earlier.n_seconds, error)
        return Outcome(recording, row, folder, was_finished=True, warnings=earlier.warnings)

    def tell(position_s: float, info: VideoInfo) -> None:
        if progress is not None:
            progress(recording, position_s, info)

    annotation = annotate_video(
        recording.paths,
        classifier,
        settings,
        field_of_view=_known_field_of_view(earlier, provenance),
        progress=tell,
    )
    status = "done" if annotation.report.is_whole else "partial"
    write_recording_folder(
        folder,
        annotation,
        provenance,
        recording=recording.path,
        status=status,
        model=model,
        plots=settings.plots,
    )
    warnings = annotation.report.warnings
    error = _what_is_missing(warnings) if status == "partial" else ""
    row = _row(recording, status, annotation.timeline.n_seconds, error)
    return Outcome(recording, row, folder, warnings=warnings)


def _known_field_of_view(earlier: Manifest | None, provenance: Provenance) -> FieldOfView | None:
    """What an earlier run found in the same file and stream, with whatever model."""
    if earlier is None or earlier.provenance.input_sha256 != provenance.input_sha256:
        return None
    if earlier.provenance.parameters.get("stream") != provenance.parameters.get("stream"):
        return None
    return earlier.field_of_view


def _provenance(
    recording: Recording, model: ModelIdentity, settings: AnnotationSettings
) -> Provenance:
    files = [_digested(path) for path in recording.paths]
    known = [file for file in files if file is not None]
    if len(known) < len(files):
        return Provenance("", 0, model.sha256, {})
    return Provenance.of(known, model_sha256=model.sha256, settings=settings)


def _digested(path: Path) -> InputFile | None:
    """None where there is no content to be digested; such a file is refused on opening."""
    try:
        return InputFile.of(path) if path.is_file() else None
    except OSError as error:
        raise RecordingError(
            path, f"cannot be read ({error.strerror})", hint="check its permissions and its disk"
        ) from error


def _what_is_missing(warnings: tuple[str, ...]) -> str:
    return "; ".join(warnings) or "damaged frames"


def _row(recording: Recording, status: str, seconds: int | None, error: str) -> BatchRow:
    return BatchRow(recording.video_id, str(recording.path), status, seconds, error)


def _cause(error: PipelineError, recording: Recording) -> str:
    """An error without the recording's path; a file that is but a part of it is named."""
    text = error.cause if error.hint is None else f"{error.cause}; {error.hint}"
    is_of_a_part = isinstance(error, RecordingError) and recording.paths != (recording.path,)
    return f"{Path(error.path).name}: {text}" if is_of_a_part else text
