"""The frame on display at every k / rate seconds of a recording, in batches of RGB images."""

from __future__ import annotations

import math
import os
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from video_pipeline.frames.intervals import UsualInterval
from video_pipeline.frames.pyav_reader import PyAvReader
from video_pipeline.frames.reader import ShownFrame, VideoReader
from video_pipeline.records import FrameBatch

__all__ = ["FrameSampler", "SamplingReport", "open_video", "sample_frames"]

_SHORTEST_PATIENCE = Fraction(2)
"""Seconds for which any frame may be sampled again, however fast the others follow."""
_CLOCK_ROUNDING = Fraction(1, 1000)
"""Containers round times, to a millisecond at worst: so little beyond a second is no new second."""
_FASTEST_RATE_HZ = 1000
_FINEST_RATE_DENOMINATOR = 10**6
_USUAL_RATES_HZ = (Fraction(1), Fraction(240))
_ASSUMED_INTERVAL = Fraction(1, 25)
_LOOK_AHEAD = 4


@dataclass(frozen=True)
class SamplingReport:
    """What became of a recording, from its first frame to its last."""

    duration_s: float
    """From time zero to the end of the last frame, which lasts a usual frame interval."""
    n_seconds: int
    """ceil(duration), less a clock's rounding; at least 1: the rows of a timeline."""
    n_decoded: int
    """Frames that were decoded, damaged ones included."""
    n_sampled: int
    """Samples given; a frame that was on display at two sampling times counts twice."""
    n_corrupt: int
    """Of the decoded frames: those that the decoder marked as damaged."""
    n_lost: int
    """Frames that should have been there and were not, as far as can be told."""
    gaps: tuple[tuple[float, float], ...]
    """[start_s, end_s) in which nothing was recorded."""
    damaged_seconds: tuple[int, ...]
    """Each k for which a frame in [k, k + 1) s was damaged or about there one was lost."""
    declared_duration_s: float | None
    """From the header; a claim."""
    is_complete: bool
    """False where the recording was evidently cut off or could not be read to its end."""
    warnings: tuple[str, ...]
    """Short sentences without the file's name: what was odd, and what was assumed."""


@dataclass(frozen=True, eq=False)
class _Sample:
    time: Fraction
    pts: Fraction
    image: NDArray[np.uint8]


class FrameSampler:
    """Samples a reader's frames once, in memory bounded by one batch.

    The sample at time t = k / ``rate_hz`` is the frame on display at t: the last one with pts <= t.
    The last frame is on display for a usual frame interval. A frame that has been on display for
    longer than 2 s and for longer than two usual frame intervals marks a gap (a paused recorder,
    lost data) and is not sampled again: those times have no sample.

    Images are uint8 RGB of ``size_px`` (height, width), or of the displayed size where it is None;
    a batch then ends early where that size changes. Each frame is converted at most once.
    """

    def __init__(
        self,
        reader: VideoReader,
        *,
        rate_hz: float | Fraction = 1.0,
        size_px: tuple[int, int] | None = (224, 224),
        batch_size: int = 32,
    ) -> None:
        self._reader = reader
        self._rate = _exact_rate(rate_hz)
        self._size_px = _checked_size(size_px)
        self._batch_size = batch_size
        if batch_size < 1:
            raise ValueError(f"a batch holds at least one image, got batch_size={batch_size}")
        self._usual = UsualInterval()
        self._gaps: list[tuple[float, float]] = []
        self._n_sampled = 0
        self._end = Fraction(0)
        self._is_exhausted = False

    @property
    def position_s(self) -> float:
        """How far the recording has been read, a few frames ahead of what was sampled."""
        return self._reader.position_s

    @property
    def report(self) -> SamplingReport:
        """What became of the recording; ``RuntimeError`` before the last batch was taken."""
        if not self._is_exhausted:
            raise RuntimeError("the report is known only when every frame has been sampled")
        decoded = self._reader.report
        return SamplingReport(
            duration_s=float(self._end),
            n_seconds=max(1, math.ceil(self._end - _CLOCK_ROUNDING)),
            n_decoded=decoded.n_decoded,
            n_sampled=self._n_sampled,
            n_corrupt=decoded.n_corrupt,
            n_lost=decoded.n_lost,
            gaps=tuple(self._gaps),
            damaged_seconds=decoded.damaged_seconds,
            declared_duration_s=decoded.declared_duration_s,
            is_complete=decoded.is_complete,
            warnings=decoded.warnings,
        )

    def __iter__(self) -> Iterator[FrameBatch]:
        batch: list[_Sample] = []
        for sample in self._samples():
            if len(batch) == self._batch_size or (
                batch and batch[0].image.shape != sample.image.shape
            ):
                yield _batch_of(batch)
                batch = []
            batch.append(sample)
        if batch:
            yield _batch_of(batch)
        self._is_exhausted = True

    def _samples(self) -> Iterator[_Sample]:
        k, time = 0, Fraction(0)
        for frame, until in self._displayed():
            image: NDArray[np.uint8] | None = None
            while time < until and not self._is_gap(time - frame.pts):
                if image is None:
                    image = frame.rgb(self._size_px)
                yield _Sample(time, frame.pts, image)
                self._n_sampled += 1
                k += 1
                time = k / self._rate
            if time < until:
                k = math.ceil(until * self._rate)
                time = k / self._rate

    def _displayed(self) -> Iterator[tuple[ShownFrame, Fraction]]:
        """Each frame with the end of its display; gaps are noted on the way."""
        current: ShownFrame | None = None
        for following in self._looking_ahead(self._reader.frames()):
            if current is not None:
                if self._is_gap(following.pts - current.pts):
                    start = current.pts + self._usual_interval()
                    self._gaps.append((float(start), float(following.pts)))
                yield current, following.pts
            current = following
        if current is not None:
            self._end = current.pts + self._usual_interval()
            until = self._end - _CLOCK_ROUNDING
            yield current, until if until > current.pts else self._end

    def _looking_ahead(self, frames: Iterable[ShownFrame]) -> Iterator[ShownFrame]:
        """The same frames, a few later: so an interval can be judged by those that follow it."""
        ahead: deque[ShownFrame] = deque()
        for frame in frames:
            if ahead:
                self._usual.add(frame.pts - ahead[-1].pts)
            ahead.append(frame)
            if len(ahead) > _LOOK_AHEAD:
                yield ahead.popleft()
        while ahead:
            yield ahead.popleft()

    def _is_gap(self, display: Fraction) -> bool:
        return display > _SHORTEST_PATIENCE and display > 2 * self._usual_interval()

    def _usual_interval(self) -> Fraction:
        usual = self._usual.value()
        if usual is not None:
            return usual
        # One frame alone has no interval: its header may tell.
        rate = self._reader.info.frame_rate
        slowest, fastest = _USUAL_RATES_HZ
        return 1 / rate if rate is not None and slowest <= rate <= fastest else _ASSUMED_INTERVAL


def open_video(path: str | os.PathLike[str], *, n_threads: int = 0) -> VideoReader:
    """Open a recording for one pass; ``n_threads`` decoder threads, 0: one for each processor.

    Raises ``RecordingError`` where the file is no recording or has not one frame to show.
    """
    return PyAvReader(path, n_threads=n_threads)


def sample_frames(
    path: str | os.PathLike[str],
    *,
    rate_hz: float | Fraction = 1.0,
    size_px: tuple[int, int] | None = (224, 224),
    batch_size: int = 32,
) -> Iterator[FrameBatch]:
    """The frame on display at each k / ``rate_hz`` s of a file, as batches; see ``FrameSampler``.

    Wrong arguments raise ``ValueError`` and unreadable recordings ``RecordingError`` at once, not
    with the first batch. The file is closed when the iterator ends.
    """
    reader = open_video(path)
    try:
        sampler = FrameSampler(reader, rate_hz=rate_hz, size_px=size_px, batch_size=batch_size)
    except ValueError:
        reader.close()
        raise
    return _until_closed(reader, sampler)


def _until_closed(reader: VideoReader, sampler: FrameSampler) -> Iterator[FrameBatch]:
    with reader:
        yield from sampler


def _exact_rate(rate_hz: float | Fraction) -> Fraction:
    """The fraction that a person means by a number: 1/10 by 0.1, 30000/1001 by 29.97002997."""
    if not (math.isfinite(rate_hz) and 0 < rate_hz <= _FASTEST_RATE_HZ):
        raise ValueError(f"a sampling rate lies in (0, {_FASTEST_RATE_HZ}] Hz, got {rate_hz}")
    rate = Fraction(rate_hz).limit_denominator(_FINEST_RATE_DENOMINATOR)
    if rate == 0:
        raise ValueError(f"a sampling rate below a frame in 11 days means nothing, got {rate_hz}")
    return rate


def _checked_size(size_px: tuple[int, int] | None) -> tuple[int, int] | None:
    if size_px is not None and (min(size_px) < 1):
        raise ValueError(f"a size is (height, width), both at least 1 px, got {size_px}")
    return size_px


def _batch_of(samples: list[_Sample]) -> FrameBatch:
    return FrameBatch(
        images=np.stack([sample.image for sample in samples]),
        times_s=np.array([float(sample.time) for sample in samples], dtype=np.float64),
        pts_s=np.array([float(sample.pts) for sample in samples], dtype=np.float64),
    )
