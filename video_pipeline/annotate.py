"""The whole flow of one recording: frames in, tool timeline out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from video_pipeline.config import AnnotationSettings
from video_pipeline.frame_classifier import FrameClassifier
from video_pipeline.frames import FrameSampler, SamplingReport, open_video, prefetch
from video_pipeline.frames.recording import JoinedReader, PartSpan
from video_pipeline.frames.sampling import OneOrMorePaths
from video_pipeline.records import FrameBatch, FramePredictions, ToolTimeline, VideoInfo
from video_pipeline.timeline.aggregation import SecondMeans, build_timeline
from video_pipeline.timeline.flags import flag_seconds

__all__ = ["Annotation", "annotate_video"]


@dataclass(frozen=True, eq=False)
class Annotation:
    """What is known about one recording after it was annotated."""

    info: VideoInfo
    report: SamplingReport
    timeline: ToolTimeline
    flags: tuple[str, ...]
    """(n_seconds,) why a second is doubtful, or empty."""
    parts: tuple[PartSpan, ...] = ()
    """Where each file lies on the clock of a recording that has several; else empty."""


def annotate_video(
    path: OneOrMorePaths,
    classifier: FrameClassifier,
    settings: AnnotationSettings | None = None,
    *,
    progress: Callable[[float, VideoInfo], None] | None = None,
) -> Annotation:
    """Annotate one recording; memory does not grow with its length.

    Several paths, in the order of their time, are one recording on one clock.
    ``progress`` is told the video time reached, in seconds, after each batch.

    Raises:
        RecordingError: the recording, or a file of it, holds no frame that can be shown.
    """
    settings = settings or AnnotationSettings()
    means = SecondMeans(classifier.tools)
    with open_video(path) as reader:
        sampler = FrameSampler(
            reader,
            times=settings.times,
            size_px=classifier.input_size_px,
            batch_size=settings.batch_size,
        )
        # Decoding runs ahead in a thread, so that both cores of the work overlap.
        with prefetch(sampler) as batches:
            for batch in batches:
                means.add(_classify(batch, classifier))
                if progress is not None:
                    progress(float(batch.times_s[-1]), reader.info)
        info, report = reader.info, sampler.report
        parts = reader.parts if isinstance(reader, JoinedReader) else ()
    probabilities, n_frames = means.finish(report.n_seconds)
    timeline = build_timeline(
        tools=classifier.tools,
        probabilities=probabilities,
        n_frames=n_frames,
        smoothing=settings.smoothing,
    )
    return Annotation(info, report, timeline, flag_seconds(timeline.n_frames, report), parts)


def _classify(batch: FrameBatch, classifier: FrameClassifier) -> FramePredictions:
    probabilities, _ = classifier.predict(batch.images)
    return FramePredictions(
        times_s=batch.times_s,
        probabilities=np.asarray(probabilities, dtype=np.float32),
        tools=classifier.tools,
    )
