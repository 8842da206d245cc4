"""How fast a batch will go on this machine: its beginning, done once for the clock and thrown away.

Nothing short of the real thing tells: speed depends on the recordings' codec and size, the model,
the processors, and how decoding and classifying share them.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from video_pipeline.batch.engine import BatchEngine
from video_pipeline.batch.job import BatchJob
from video_pipeline.batch.recordings import Recording
from video_pipeline.frame_classifier import FrameClassifier
from video_pipeline.records import VideoInfo

__all__ = ["evenly_chosen", "measure_pace"]

_TRIED = Fraction(60)
"""Seconds of each recording."""
_LONGEST_S = 20.0
_LEAST_S = 0.5


def measure_pace(
    engine: BatchEngine,
    recordings: Sequence[Recording],
    classifier: FrameClassifier,
    job: BatchJob,
    *,
    n_at_once: int,
    clock: Callable[[], float] = time.monotonic,
) -> float | None:
    """Seconds of video that a second annotates, tried on the beginnings of these recordings.

    The clock runs from the first answer of the classifier to where one of ``n_at_once`` workers has
    nothing left to do, or for 20 s. None where that is too little to tell. Results are written into
    a temporary folder, which is removed.
    """
    with tempfile.TemporaryDirectory() as place:
        end = job.settings.start + _TRIED
        if job.settings.end is not None:
            end = min(end, job.settings.end)
        settings = replace(job.settings, end=end)
        trial = replace(job, out=Path(place), settings=settings, force=True)
        watch = _Watch(clock, start_s=float(settings.start))
        left = len(recordings)
        with suppress(_Enough):
            for _ in engine.annotate(recordings, classifier, trial, progress=watch.note):
                left -= 1
                if left < n_at_once:
                    raise _Enough
        return watch.pace


def evenly_chosen(recordings: Sequence[Recording], n: int) -> list[Recording]:
    """``n`` of them, or all, spread evenly over their order."""
    if len(recordings) <= n:
        return list(recordings)
    return [recordings[(2 * k + 1) * len(recordings) // (2 * n)] for k in range(n)]


class _Enough(Exception):  # noqa: N818  no error: the trial has shown what it can
    """The trial may end."""


class _Watch:
    """Video time by the clock, since the first batch of frames was answered."""

    def __init__(self, clock: Callable[[], float], *, start_s: float) -> None:
        self._clock = clock
        self._start_s = start_s
        self._positions: dict[str, float] = {}
        self._since: tuple[float, float] | None = None
        self._latest: tuple[float, float] | None = None

    @property
    def pace(self) -> float | None:
        """Seconds of video a second; None where too little was seen."""
        if self._since is None or self._latest is None:
            return None
        seconds, video_s = (b - a for a, b in zip(self._since, self._latest, strict=True))
        return video_s / seconds if seconds >= _LEAST_S and video_s > 0 else None

    def note(self, recording: Recording, position_s: float, info: VideoInfo) -> None:
        """See ``Progress``."""
        del info
        self._positions[recording.video_id] = position_s - self._start_s
        self._latest = self._clock(), sum(self._positions.values())
        if self._since is None:
            self._since = self._latest
        if self._latest[0] - self._since[0] > _LONGEST_S:
            raise _Enough
