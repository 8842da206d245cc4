"""One recording of a batch: left alone where it is finished, else annotated into its folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from video_pipeline.annotate import annotate_video
from video_pipeline.batch.claim import claim
from video_pipeline.batch.engine import Progress
from video_pipeline.batch.job import BatchJob, Outcome
from video_pipeline.batch.naming.named_or_not import DEIDENTIFIED
from video_pipeline.batch.recordings import Operation, Recording, name_operations
from video_pipeline.batch.table import BatchRow
from video_pipeline.batch.untouched import is_untouched
from video_pipeline.elsewhere import Elsewhere
from video_pipeline.errors import OutputError, PipelineError, RecordingError
from video_pipeline.frame_classifier import FrameClassifier
from video_pipeline.frames.pictures.field_of_view import FieldOfView
from video_pipeline.output.files import make_folder
from video_pipeline.output.manifest import (
    Manifest,
    is_finished,
    read_manifest,
    require_no_newer_manifest,
)
from video_pipeline.output.own_place import require_own_place
from video_pipeline.output.provenance import InputFile, Provenance
from video_pipeline.output.recording_folder import discard_unfinished, write_recording_folder
from video_pipeline.output.staleness import why_stale
from video_pipeline.records import VideoInfo

__all__ = [
    "annotate_recording",
    "failed_outcome",
    "faulty_outcome",
    "skipped_outcome",
    "why_to_annotate",
]

_STILL_BEING_WRITTEN = "it is still being written"
_ELSEWHERE = "another process is annotating it"


def annotate_recording(
    recording: Recording,
    classifier: FrameClassifier,
    job: BatchJob,
    *,
    progress: Progress | None = None,
    elsewhere: Elsewhere | None = None,
) -> Outcome:
    """Annotate one recording into its folder; what is wrong with it stands in the outcome.

    Its results appear together when all of them are written. A file whose size changes meanwhile
    is skipped: nobody knows yet what will be in it.

    It is claimed meanwhile, so that no other process works on it. Where another has claimed it,
    nothing is done, and the outcome ``is_elsewhere``; what a killed one has left is taken away.

    ``elsewhere``: who looks at pieces of a long one; it changes no result.
    """
    if recording.why_skipped is not None:
        return skipped_outcome(recording, job.out, recording.why_skipped)
    folder = job.out / recording.video_id
    try:
        make_folder(job.out)
        with claim(folder) as is_ours:
            if not is_ours:
                skipped = skipped_outcome(recording, job.out, _ELSEWHERE)
                return replace(skipped, is_elsewhere=True)
            discard_unfinished(folder)
            if not _is_of_another(folder, recording):
                return _annotated(recording, classifier, job, progress, elsewhere)
        if recording.pseudonym is not None:
            raise OutputError(
                folder, "holds another recording's results", hint="choose another output folder"
            )
        renamed = _renamed(recording, job.out)
        return annotate_recording(renamed, classifier, job, progress=progress, elsewhere=elsewhere)
    except _StillBeingWrittenError as growing:
        return skipped_outcome(recording, job.out, str(growing))
    except PipelineError as error:
        return failed_outcome(recording, job.out, _cause(error, recording))


def why_to_annotate(recording: Recording, job: BatchJob) -> str | None:
    """Why ``annotate_recording`` would annotate: "" where it never has, None where it would not.

    Where there are earlier results, and the recording has been touched since, it is read for its
    digest; nothing is decoded.

    Raises:
        PipelineError: it would fail for this reason.
    """
    folder = job.out / recording.video_id
    require_no_newer_manifest(folder)
    earlier = read_manifest(folder)
    if earlier is None:
        return ""
    provenance = _presumed_provenance(recording, job, earlier)
    return _why_again(earlier, provenance, folder, is_forced=job.force)


def failed_outcome(recording: Recording, out: Path, error: str) -> Outcome:
    """The outcome of a recording that gave nothing."""
    return Outcome(recording, _row(recording, "failed", None, error), out / recording.video_id)


def faulty_outcome(recording: Recording, out: Path, error: Exception) -> Outcome:
    """The outcome of a recording in which this program failed, by whatever error.

    Such an error's text may quote anything, so with a pseudonym only its kind is told.
    """
    text = type(error).__name__ if recording.pseudonym else f"{type(error).__name__}: {error}"
    return failed_outcome(recording, out, f"{text}; a fault of this program, please report it")


def skipped_outcome(recording: Recording, out: Path, reason: str) -> Outcome:
    """The outcome of a recording that was not tried."""
    return Outcome(recording, _row(recording, "skipped", None, reason), out / recording.video_id)


def _is_of_another(folder: Path, recording: Recording) -> bool:
    """Whether a call at the same time has put another recording's results under its name."""
    there = read_manifest(folder)
    return there is not None and there.path_sha256 != recording.label.path_sha256


def _renamed(recording: Recording, out: Path) -> Recording:
    """As the recording would be named if the call began now."""
    named = Operation(recording.path, recording.video_id, recording.paths)
    return name_operations([named], out)[0]


class _StillBeingWrittenError(Exception):
    """A file of the recording changed its size while it was read."""


def _annotated(
    recording: Recording,
    classifier: FrameClassifier,
    job: BatchJob,
    progress: Progress | None,
    elsewhere: Elsewhere | None,
) -> Outcome:
    folder = job.out / recording.video_id
    require_own_place(folder)
    require_no_newer_manifest(folder)
    sizes = _sizes(recording)
    earlier = read_manifest(folder)
    presumed = _presumed_provenance(recording, job, earlier)
    again = _why_again(earlier, presumed, folder, is_forced=job.force)
    if earlier is not None and again is None:
        row = _row(recording, earlier.status, earlier.n_seconds, _missing(earlier))
        return Outcome(recording, row, folder, was_finished=True, warnings=earlier.warnings)
    # What is annotated is read, so that its manifest never rests on a presumption.
    provenance = presumed if presumed.files else _provenance(recording, job)

    def tell(position_s: float, info: VideoInfo) -> None:
        if progress is not None:
            progress(recording, position_s, info)

    try:
        annotation = annotate_video(
            recording.paths,
            classifier,
            job.settings,
            field_of_view=_known_field_of_view(earlier, provenance),
            n_threads=job.decode_threads,
            part_names=recording.part_names,
            progress=tell,
            elsewhere=elsewhere,
        )
    except PipelineError as error:
        # The end of a file is often what makes it readable.
        _require_same_sizes(recording, sizes, error)
        raise
    _require_same_sizes(recording, sizes, None)
    status = "done" if annotation.report.is_whole else "partial"
    write_recording_folder(
        folder,
        annotation,
        provenance,
        label=recording.label,
        status=status,
        model=job.model,
        plots=job.settings.plots,
    )
    warnings = annotation.report.warnings
    missing = _what_is_missing(warnings) if status == "partial" else ""
    row = _row(recording, status, annotation.timeline.n_seconds, missing)
    return Outcome(recording, row, folder, warnings=warnings, again=again or "")


def _presumed_provenance(
    recording: Recording, job: BatchJob, earlier: Manifest | None
) -> Provenance:
    """Of a recording that nobody has touched since, without reading it: then no ``files``."""
    if earlier is None or not is_untouched(recording, job.out / recording.video_id, earlier):
        return _provenance(recording, job)
    wanted = _of_files(recording, job, [])
    read = earlier.provenance
    return replace(wanted, input_sha256=read.input_sha256, input_bytes=read.input_bytes)


def _why_again(
    earlier: Manifest | None, wanted: Provenance, folder: Path, *, is_forced: bool
) -> str | None:
    """Why to annotate: "" where that never happened, None where its results are fresh."""
    if earlier is None:
        return ""
    if is_forced:
        return "--force"
    why = why_stale(earlier.provenance, wanted)
    if why is None and not is_finished(folder, earlier):
        return "its results were changed or lost"
    return why


def _require_same_sizes(
    recording: Recording, before: list[int | None], cause: Exception | None
) -> None:
    if _sizes(recording) != before:
        raise _StillBeingWrittenError(_STILL_BEING_WRITTEN) from cause


def _sizes(recording: Recording) -> list[int | None]:
    """Of each of its files in bytes; None where there is none."""
    sizes: list[int | None] = []
    for path in recording.paths:
        try:
            sizes.append(path.stat().st_size)
        except (OSError, ValueError):
            sizes.append(None)
    return sizes


def _known_field_of_view(earlier: Manifest | None, provenance: Provenance) -> FieldOfView | None:
    """What an earlier run found in the same file and stream, with whatever model."""
    if earlier is None or earlier.provenance.input_sha256 != provenance.input_sha256:
        return None
    if earlier.provenance.parameters.get("stream") != provenance.parameters.get("stream"):
        return None
    return earlier.field_of_view


def _provenance(recording: Recording, job: BatchJob) -> Provenance:
    files = [_digested(path) for path in recording.paths]
    known = [file for file in files if file is not None]
    if len(known) < len(files):
        return Provenance("", 0, job.model.sha256, {})
    return _of_files(recording, job, known)


def _of_files(recording: Recording, job: BatchJob, files: Sequence[InputFile]) -> Provenance:
    provenance = Provenance.of(files, model_sha256=job.model.sha256, settings=job.settings)
    if recording.pseudonym is None:
        return provenance
    marked = {**provenance.parameters, DEIDENTIFIED: recording.pseudonym.key_id}
    return replace(provenance, parameters=marked)


def _digested(path: Path) -> InputFile | None:
    """None where there is no content to be digested; such a file is refused on opening."""
    try:
        return InputFile.of(path) if path.is_file() else None
    except OSError as error:
        raise RecordingError(
            path, f"cannot be read ({error.strerror})", hint="check its permissions and its disk"
        ) from error


def _missing(earlier: Manifest) -> str:
    return _what_is_missing(earlier.warnings) if earlier.status == "partial" else ""


def _what_is_missing(warnings: tuple[str, ...]) -> str:
    return "; ".join(warnings) or "damaged frames"


def _row(recording: Recording, status: str, seconds: int | None, error: str) -> BatchRow:
    return BatchRow(recording.video_id, recording.shown_as, status, seconds, error)


def _cause(error: PipelineError, recording: Recording) -> str:
    """An error without the recording's path; an output, or a file of several, is named."""
    cause = error.cause if recording.pseudonym is None else error.nameless_cause
    text = cause if error.hint is None else f"{cause}; {error.hint}"
    if isinstance(error, RecordingError) and recording.paths != (recording.path,):
        return f"{_part_name(error.path, recording)}: {text}"
    return f"{Path(error.path).name}: {text}" if isinstance(error, OutputError) else text


def _part_name(path: str, recording: Recording) -> str:
    if recording.part_names is None:
        return Path(path).name
    names = zip(recording.paths, recording.part_names, strict=True)
    return next((name for part, name in names if str(part) == path), "a part")
