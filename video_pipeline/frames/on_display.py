"""Which frame is on display when: frames in order of presentation in, samples out, in one pass.

This is the rule itself, frame by frame, for readers that decode every frame. ``planning`` applies
the same rule to the timestamps alone, before anything is decoded.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import TypeVar

from video_pipeline.frames.intervals import UsualInterval
from video_pipeline.frames.reader import Sample, ShownFrame
from video_pipeline.frames.sampling_times import SamplingTimes

__all__ = ["CLOCK_ROUNDING", "Display", "is_gap", "longest_display", "n_rows"]

Frame = TypeVar("Frame", bound=ShownFrame)

CLOCK_ROUNDING = Fraction(1, 1000)
"""Containers round times, to a millisecond at worst: so little beyond a second is no new second."""

_SHORTEST_PATIENCE = Fraction(2)
"""Seconds for which any frame may be sampled again, however fast the others follow."""
_LOOK_AHEAD = 4


def longest_display(usual: Fraction) -> Fraction:
    """Seconds up to which a frame is sampled again, where ``usual`` lie between two frames."""
    return max(_SHORTEST_PATIENCE, 2 * usual)


def is_gap(display: Fraction, *, usual: Fraction) -> bool:
    """Whether a frame that has been on display for so many seconds marks a gap."""
    return display > longest_display(usual)


def n_rows(end: Fraction) -> int:
    """Rows of a timeline of so many seconds."""
    return max(1, math.ceil(end - CLOCK_ROUNDING))


class Display:
    """Watches frames pass and samples them; memory holds a few frames, never a recording."""

    def __init__(self, *, interval: Fraction) -> None:
        """``interval``: seconds between two frames where a single one does not tell."""
        self._assumed = interval
        self._usual = UsualInterval()
        self.gaps: list[tuple[float, float]] = []
        """[start_s, end_s) in which nothing was recorded."""
        self.end = Fraction(0)
        """When the last frame so far ceases to be shown."""
        self.n_frames = 0
        """Frames seen."""

    def samples(self, frames: Iterable[ShownFrame], times: SamplingTimes) -> Iterator[Sample]:
        """See ``VideoReader.samples``."""
        k = 0
        for frame, until in self._displayed(frames):
            stop = times.n_before(until)
            while k < stop and not self._is_gap(times.at(k) - frame.pts):
                yield Sample(times.at(k), frame)
                k += 1
            k = max(k, stop)

    def watch(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """Every one of the frames, as soon as it comes; gaps and the end are noted all the same."""
        times: deque[Fraction] = deque()
        for frame in frames:
            self.n_frames += 1
            if times:
                self._usual.add(frame.pts - times[-1])
            times.append(frame.pts)
            if len(times) > _LOOK_AHEAD + 1:
                self._note_gap(times.popleft(), times[0])
            self.end = frame.pts + self.usual_interval
            yield frame
        while len(times) > 1:
            self._note_gap(times.popleft(), times[0])

    def _displayed(self, frames: Iterable[ShownFrame]) -> Iterator[tuple[ShownFrame, Fraction]]:
        """Each frame with the end of its display; gaps are noted on the way."""
        current: ShownFrame | None = None
        for following in self._looking_ahead(frames):
            self.n_frames += 1
            if current is not None:
                self._note_gap(current.pts, following.pts)
                yield current, following.pts
            current = following
        if current is not None:
            self.end = current.pts + self.usual_interval
            until = self.end - CLOCK_ROUNDING
            yield current, until if until > current.pts else self.end

    def _note_gap(self, pts: Fraction, following: Fraction) -> None:
        if self._is_gap(following - pts):
            self.gaps.append((float(pts + self.usual_interval), float(following)))

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
        return is_gap(display, usual=self.usual_interval)

    @property
    def usual_interval(self) -> Fraction:
        """Seconds between two frames, as far as is known."""
        return self._usual.value() or self._assumed
