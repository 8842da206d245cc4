"""What there is to know of frames once they were looked at: small, and whole recordings of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from video_pipeline.frame_classifier import FrameClassifier
from video_pipeline.frames.batching import Batching
from video_pipeline.frames.pictures.quality import JudgedPictures, QualityWatch
from video_pipeline.records import FrameBatch, FramePredictions, ToolTimeline
from video_pipeline.timeline.aggregation import SecondMeans, build_timeline
from video_pipeline.timeline.feature_means import FeatureMeans
from video_pipeline.timeline.flags import flag_seconds
from video_pipeline.timeline.smoothing import Smoothing

__all__ = ["Look", "Observation", "Observations", "SeenSeconds", "observe"]


@dataclass(frozen=True)
class Look:
    """How frames are looked at."""

    batching: Batching
    with_features: bool


@dataclass(frozen=True, eq=False)
class Observation:
    """What is kept of a batch of frames."""

    predictions: FramePredictions
    pictures: JudgedPictures

    @property
    def start_s(self) -> float:
        """Sampling time of its first frame."""
        return float(self.predictions.times_s[0])

    @property
    def position_s(self) -> float:
        """Sampling time of its last frame."""
        return float(self.predictions.times_s[-1])

    def __len__(self) -> int:
        return len(self.predictions.times_s)


def observe(batch: FrameBatch, classifier: FrameClassifier, *, with_features: bool) -> Observation:
    """Classify a batch, and judge its pictures.

    Raises:
        ValueError: features are asked for, and the classifier gives none.
    """
    probabilities, features = classifier.predict(batch.images)
    if with_features and features is None:
        raise ValueError(f"features are asked for, and {type(classifier).__name__} gives none")
    kept = with_features and features is not None
    predictions = FramePredictions(
        times_s=batch.times_s,
        probabilities=np.asarray(probabilities, dtype=np.float32),
        tools=classifier.tools,
        features=np.asarray(features, dtype=np.float16) if kept else None,
    )
    return Observation(predictions, JudgedPictures.of(batch))


class _Report(Protocol):
    @property
    def n_seconds(self) -> int: ...
    @property
    def gaps(self) -> tuple[tuple[float, float], ...]: ...
    @property
    def damaged_seconds(self) -> tuple[int, ...]: ...
    @property
    def is_complete(self) -> bool: ...


@dataclass(frozen=True, eq=False)
class SeenSeconds:
    """A recording's observations, second by second."""

    timeline: ToolTimeline
    flags: tuple[str, ...]
    """(n_seconds,) why a second is doubtful, or empty."""
    features: NDArray[np.float16] | None
    """(n_seconds, n_features), NaN where no frame was; None where there are none."""


class Observations:
    """Adds up a recording's observations, in order; grows by a row a second at most."""

    def __init__(self, tools: tuple[str, ...]) -> None:
        self._tools = tools
        self._means = SecondMeans(tools)
        self._features = FeatureMeans()
        self._quality = QualityWatch()
        self.n_sampled = 0

    def add(self, observation: Observation) -> None:
        """Take the next frames; each batch begins after the one before it."""
        predictions = observation.predictions
        self._means.add(predictions)
        if predictions.features is not None:
            self._features.add(predictions.times_s, predictions.features)
        self._quality.add(observation.pictures)
        self.n_sampled += len(observation)

    def finish(self, report: _Report, smoothing: Smoothing) -> SeenSeconds:
        """What they come to, in all the seconds of the recording."""
        probabilities, n_frames = self._means.finish(report.n_seconds)
        timeline = build_timeline(
            tools=self._tools,
            probabilities=probabilities,
            n_frames=n_frames,
            smoothing=smoothing,
        )
        flags = flag_seconds(n_frames, report, quality=self._quality.flagged_seconds())
        return SeenSeconds(timeline, flags, self._features.finish(report.n_seconds))
