"""The whole flow of one recording: frames in, tool timeline out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from video_pipeline.config import AnnotationSettings
from video_pipeline.frame_classifier import FrameClassifier
from video_pipeline.frames import (
    RESIZE_RULE,
    FrameSampler,
    SamplingReport,
    open_video,
    prefetch,
)
from video_pipeline.frames.joined.joined_reader import JoinedReader, PartSpan
from video_pipeline.frames.pictures.field_of_view import FieldOfView
from video_pipeline.frames.pictures.quality import QualityWatch
from video_pipeline.frames.sampling import OneOrMorePaths
from video_pipeline.frames.whole_field_of_view import field_of_view_of
from video_pipeline.records import FrameBatch, FramePredictions, ToolTimeline, VideoInfo
from video_pipeline.timeline.aggregation import SecondMeans, build_timeline
from video_pipeline.timeline.feature_means import FeatureMeans
from video_pipeline.timeline.flags import flag_seconds

__all__ = ["Annotation", "annotate_video", "wanted_resize_rule", "wants_cropped"]


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
    field_of_view: FieldOfView | None = None
    """What frames were cropped to; None where they were not."""
    features: NDArray[np.float16] | None = None
    """(n_seconds, n_features), row k is second k and NaN where no frame was; None where nobody
    asked for them, or no frame was sampled at all."""


def annotate_video(
    path: OneOrMorePaths,
    classifier: FrameClassifier,
    settings: AnnotationSettings | None = None,
    *,
    field_of_view: FieldOfView | None = None,
    n_threads: int = 0,
    part_names: Sequence[str] | None = None,
    progress: Callable[[float, VideoInfo], None] | None = None,
) -> Annotation:
    """Annotate one recording; memory grows with its length by a row a second at most.

    Several paths, in the order of their time, are one recording on one clock.
    ``field_of_view`` is what an earlier look at the recording found; it saves looking again.
    ``n_threads`` is the decoder's, 0 for as many as help; it changes no result.
    ``part_names`` is what warnings call each of several files, instead of its own name.
    ``progress`` is told the video time reached, in seconds, after each batch.

    Raises:
        RecordingError: the recording, or a file of it, holds no frame that can be shown.
        ValueError: the settings ask for features, and the classifier gives none.
    """
    settings = settings or AnnotationSettings()
    means, quality = SecondMeans(classifier.tools), QualityWatch()
    feature_means = FeatureMeans() if settings.features else None
    open_reader = partial(
        open_video,
        path,
        n_threads=n_threads,
        decoder=settings.decoder,
        stream=settings.stream,
        part_names=part_names,
    )
    if not wants_cropped(classifier, settings):
        field_of_view = None
    elif field_of_view is None:
        field_of_view = field_of_view_of(open_reader)
    with open_reader() as reader:
        sampler = FrameSampler(
            reader,
            times=settings.times,
            size_px=classifier.input_size_px,
            batch_size=settings.batch_size,
            resize_rule=wanted_resize_rule(classifier, settings),
            field_of_view=field_of_view,
        )
        # Decoding runs ahead in a thread, so that both cores of the work overlap.
        with prefetch(sampler) as batches:
            for batch in batches:
                predictions = _classify(batch, classifier, with_features=settings.features)
                means.add(predictions)
                if feature_means is not None and predictions.features is not None:
                    feature_means.add(predictions.times_s, predictions.features)
                quality.add(batch)
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
    flags = flag_seconds(n_frames, report, quality=quality.flagged_seconds())
    features = None if feature_means is None else feature_means.finish(report.n_seconds)
    return Annotation(info, report, timeline, flags, parts, field_of_view, features)


def wanted_resize_rule(classifier: FrameClassifier, settings: AnnotationSettings) -> str:
    """The rule by which this annotation resizes frames: the classifier's, unless one is set."""
    if settings.resize_rule is not None:
        return settings.resize_rule
    return str(getattr(classifier, "resize_rule", RESIZE_RULE))


def wants_cropped(classifier: FrameClassifier, settings: AnnotationSettings) -> bool:
    """Whether this annotation crops frames: as the classifier was trained, unless it is set."""
    if settings.crop_field_of_view is not None:
        return settings.crop_field_of_view
    return bool(getattr(classifier, "crops_field_of_view", False))


def _classify(
    batch: FrameBatch, classifier: FrameClassifier, *, with_features: bool
) -> FramePredictions:
    probabilities, features = classifier.predict(batch.images)
    if with_features and features is None:
        raise ValueError(f"features are asked for, and {type(classifier).__name__} gives none")
    kept = with_features and features is not None
    return FramePredictions(
        times_s=batch.times_s,
        probabilities=np.asarray(probabilities, dtype=np.float32),
        tools=classifier.tools,
        features=np.asarray(features, dtype=np.float16) if kept else None,
    )
