"""The whole flow of one recording: frames in, tool timeline out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from video_pipeline.config import AnnotationSettings
from video_pipeline.elsewhere import Elsewhere, PieceLostError, observed_elsewhere
from video_pipeline.frame_classifier import FrameClassifier
from video_pipeline.frames import RESIZE_RULE, SamplingReport, VideoReader, open_video, prefetch
from video_pipeline.frames.batching import Batching
from video_pipeline.frames.joined.joined_reader import JoinedReader, PartSpan
from video_pipeline.frames.pictures.field_of_view import FieldOfView
from video_pipeline.frames.sampling import OneOrMorePaths
from video_pipeline.frames.whole_field_of_view import field_of_view_of
from video_pipeline.observing import Look, Observation, Observations, observe
from video_pipeline.records import ToolTimeline, VideoInfo

__all__ = ["Annotation", "annotate_video", "wanted_resize_rule", "wants_cropped"]

Progress = Callable[[float, VideoInfo], None]
"""Is told the video time reached, in seconds."""


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
    progress: Progress | None = None,
    elsewhere: Elsewhere | None = None,
) -> Annotation:
    """Annotate one recording; memory grows with its length by a row a second at most.

    Several paths, in the order of their time, are one recording on one clock.
    ``field_of_view`` is what an earlier look at the recording found; it saves looking again.
    ``n_threads`` is the decoder's, 0 for as many as help; it changes no result.
    ``part_names`` is what warnings call each of several files, instead of its own name.
    ``progress`` is told the video time reached, in seconds, after each batch.
    ``elsewhere`` looks at pieces of a long recording where it can be cut; it changes no result.

    Raises:
        RecordingError: the recording, or a file of it, holds no frame that can be shown.
        ValueError: the settings ask for features, and the classifier gives none.
    """
    settings = settings or AnnotationSettings()
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
    batching = Batching(
        size_px=classifier.input_size_px,
        batch_size=settings.batch_size,
        resize_rule=wanted_resize_rule(classifier, settings),
        field_of_view=field_of_view,
    )
    recording = _Recording(open_reader, settings, Look(batching, settings.features), progress)
    if elsewhere is not None:
        with suppress(PieceLostError):
            annotation = recording.annotated_elsewhere(classifier.tools, elsewhere)
            if annotation is not None:
                return annotation
    return recording.annotated(classifier)


@dataclass(frozen=True)
class _Recording:
    """A recording, and how it is to be looked at."""

    open_reader: Callable[[], VideoReader]
    settings: AnnotationSettings
    look: Look
    progress: Progress | None

    def annotated(self, classifier: FrameClassifier) -> Annotation:
        """Frame by frame, here. Decoding runs ahead in a thread, so that both work at once."""
        with_features = self.look.with_features
        with self.open_reader() as reader:
            samples = reader.samples(self.settings.times)
            with prefetch(self.look.batching.batches(samples)) as batches:
                observed = (
                    observe(batch, classifier, with_features=with_features) for batch in batches
                )
                observations = self._added_up(observed, classifier.tools, reader.info)
        return self._concluded(observations, reader)

    def annotated_elsewhere(
        self, tools: tuple[str, ...], elsewhere: Elsewhere
    ) -> Annotation | None:
        """By others, piece by piece; None where it cannot be cut."""
        with self.open_reader() as reader:
            observed = observed_elsewhere(reader, self.settings.times, self.look, elsewhere)
            if observed is None:
                return None
            observations = self._added_up(observed, tools, reader.info)
        return self._concluded(observations, reader)

    def _added_up(
        self, observed: Iterable[Observation], tools: tuple[str, ...], info: VideoInfo
    ) -> Observations:
        observations = Observations(tools)
        for observation in observed:
            observations.add(observation)
            if self.progress is not None:
                self.progress(observation.position_s, info)
        return observations

    def _concluded(self, observations: Observations, reader: VideoReader) -> Annotation:
        report = SamplingReport.of(reader.report, n_sampled=observations.n_sampled)
        seen = observations.finish(report, self.settings.smoothing)
        return Annotation(
            reader.info,
            report,
            seen.timeline,
            seen.flags,
            parts=reader.parts if isinstance(reader, JoinedReader) else (),
            field_of_view=self.look.batching.field_of_view,
            features=seen.features,
        )


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
