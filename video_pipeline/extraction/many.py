"""Recordings one after another into one folder of frames; a bad one costs itself only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from video_pipeline.batch.recordings import Recording
from video_pipeline.errors import PipelineError, RecordingError, TableError
from video_pipeline.extraction.class_folders import require_one_kind_of_labels
from video_pipeline.extraction.frames_folder import FramesFolder
from video_pipeline.extraction.recording import Extraction, Progress, extract_frames
from video_pipeline.extraction.settings import ExtractionSettings
from video_pipeline.extraction.sole_user import sole_user_of

__all__ = ["Outcome", "extract_recordings"]


@dataclass(frozen=True)
class Outcome:
    """What became of one recording: frames, or an error."""

    recording: Recording
    extraction: Extraction | None
    error: PipelineError | None = None


def extract_recordings(
    recordings: Sequence[Recording],
    out: Path,
    settings: ExtractionSettings,
    *,
    progress: Progress,
) -> Iterator[Outcome]:
    """Extract each recording into ``out``, which exists.

    Raises:
        OutputError: ``out`` cannot be written, is in use, or holds another kind of labels.
        TableError: the frames.csv that is there is broken.
    """
    if settings.labels is not None:
        require_one_kind_of_labels(out, single_tool=settings.split is not None)
    with sole_user_of(out):
        folder = FramesFolder(out)
        for recording in recordings:
            try:
                extraction = extract_frames(recording, folder, settings, progress=progress)
            except (RecordingError, TableError) as error:
                # A disk that is full or locked would fail each of the others too.
                yield Outcome(recording, None, error)
            else:
                yield Outcome(recording, extraction)
