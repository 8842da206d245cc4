"""What tests of batches share: a classifier that sees brightness, and recordings in turn."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.support.clips import steady, write_clip
from video_pipeline.batch.job import BatchJob, Outcome
from video_pipeline.batch.one_recording import annotate_recording
from video_pipeline.batch.recordings import Recording
from video_pipeline.config import AnnotationSettings
from video_pipeline.frame_classifier import FrameClassifier
from video_pipeline.output.provenance import ModelIdentity

MODEL = ModelIdentity(sha256="m" * 64, name="model", head="sigmoid")
OUTPUTS = ["run.json", "segments.csv", "statistics.csv", "timeline.csv", "timeline.png"]


def long_clip(path: Path) -> Path:
    """Half an hour at a frame a second: four stretches of a reading plan."""
    return write_clip(path, steady(1850, 1), rate_hz=1, size_px=(120, 160), gop=30)


class Brightness:
    """A classifier whose only tool is as likely as the picture is bright; it counts its images."""

    tools = ("lamp",)
    input_size_px = (32, 32)

    def __init__(self) -> None:
        self.n_images = 0

    def predict(
        self, images: NDArray[np.uint8]
    ) -> tuple[NDArray[np.float32], NDArray[np.float16] | None]:
        self.n_images += len(images)
        return (images.mean(axis=(1, 2, 3)) / 255)[:, np.newaxis].astype(np.float32), None


class Wide(Brightness):
    """As many features as a ResNet50 has."""

    def predict(
        self, images: NDArray[np.uint8]
    ) -> tuple[NDArray[np.float32], NDArray[np.float16] | None]:
        probabilities, _ = super().predict(images)
        return probabilities, np.repeat(probabilities, 2048, axis=1).astype(np.float16)


def job_of(out: Path, **settings: object) -> BatchJob:
    return BatchJob(out, AnnotationSettings(**settings), MODEL)  # type: ignore[arg-type]


def annotate_in_turn(
    recordings: Sequence[Recording], job: BatchJob, classifier: FrameClassifier | None = None
) -> list[Outcome]:
    """The oracle of every engine: one recording after another, in this process."""
    used = classifier or Brightness()
    return [annotate_recording(recording, used, job) for recording in recordings]


def files_below(folder: Path) -> dict[str, bytes]:
    """Every file's content by its path below ``folder``, hidden ones included."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
