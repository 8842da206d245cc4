"""The contract of an engine: a batch's recordings in, the outcome of each out, as they come."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from video_pipeline.batch.job import BatchJob, Outcome
from video_pipeline.batch.recordings import Recording
from video_pipeline.frame_classifier import FrameClassifier
from video_pipeline.records import VideoInfo

__all__ = ["BatchEngine", "Progress"]

Progress = Callable[[Recording, float, VideoInfo], None]
"""Is told the video time reached in a recording, in seconds."""


class BatchEngine(Protocol):
    """Annotates many recordings, several at once.

    Whatever the engine, the files that it writes are those of ``annotate_recording``, byte for
    byte; the order of outcomes is that in which recordings are finished.
    """

    def annotate(
        self,
        recordings: Sequence[Recording],
        classifier: FrameClassifier,
        job: BatchJob,
        *,
        progress: Progress | None = None,
    ) -> Iterator[Outcome]:
        """Annotate each recording into its folder; exactly one outcome for each.

        An engine of many machines sends the classifier to each of them by pickle: such a one
        knows its tools at once and loads its model with its first images.

        A recording that another process is at is waited for, behind all others.

        A recording that cannot be read, that hangs or that crashes its decoder costs itself only.
        Who stops taking outcomes, or is interrupted, leaves no process behind.
        """
        ...
