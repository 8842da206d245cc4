"""From a container's timestamps to presentation times that start at zero and never run backwards.

Recorders' clocks wrap, restart, jump and lose timestamps; transmission flips their bits. A few
frames of look-ahead tell a clock that was set anew (the following frames agree with it) from one
timestamp that is wrong (the following frames do not).
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import TypeVar

from video_pipeline.frames.container.findings import Findings
from video_pipeline.frames.intervals import UsualInterval

__all__ = ["PresentationClock", "in_rising_order"]

Frame = TypeVar("Frame")

_LOOK_AHEAD = 4
_LONGEST_GAP = Fraction(12 * 3600)
"""A longer jump is a clock that was set, not a pause."""
_STRAY_STEP = Fraction(1)
"""Seconds: a step of the clock that the following frames take back is looked at from here on."""
_SLIP = 3
"""Usual intervals: a step back of no more is a splice or a doubled frame, not a new clock."""


class PresentationClock:
    """Gives each frame its time from zero on; ``interval`` is assumed while none is known."""

    def __init__(self, *, interval: Fraction, findings: Findings) -> None:
        self._assumed = interval
        self._findings = findings
        self._usual = UsualInterval()
        self._raw: Fraction | None = None
        self._offset: Fraction | None = None
        self._now = Fraction(0)
        self._has_started = False
        self._is_guessing = False
        self.start: Fraction | None = None
        """The container's time of the first frame that had one, less its time from zero."""
        self.n_strays = 0
        """Frames whose time had passed or was nonsense."""
        self.n_untimed = 0
        """Frames without a timestamp of their own."""

    @property
    def usual_interval(self) -> Fraction:
        """Seconds between two frames, as far as is known."""
        return self._usual.value() or self._assumed

    @property
    def end(self) -> Fraction:
        """When the last frame so far ceases to be shown: it lasts a usual interval."""
        return self._now + self.usual_interval if self._has_started else Fraction(0)

    def time_of(self, raw: Fraction) -> Fraction | None:
        """Presentation time of a container's timestamp under the clock as it is set now."""
        return None if self._offset is None else max(raw + self._offset, Fraction(0))

    def times(
        self, frames: Iterable[tuple[Fraction | None, Frame]]
    ) -> Iterator[tuple[Fraction, Frame]]:
        """Turn (timestamp or None, frame) in decoder order to (time from zero, frame) as shown."""
        ahead: deque[tuple[Fraction | None, Frame]] = deque()
        for item in frames:
            ahead.append(item)
            if len(ahead) > _LOOK_AHEAD:
                yield from self._next(ahead)
        while ahead:
            yield from self._next(ahead)

    def _next(
        self, ahead: deque[tuple[Fraction | None, Frame]]
    ) -> Iterator[tuple[Fraction, Frame]]:
        raw, frame = ahead.popleft()
        time = self._set(raw, [later for later, _ in ahead if later is not None])
        if time is None:
            self.n_strays += 1
            return
        if self._has_started:
            self._usual.add(time - self._now)
        self._has_started = True
        self._now = time
        yield time, frame

    def _set(self, raw: Fraction | None, later: list[Fraction]) -> Fraction | None:
        if raw is None or self._is_stuck(raw, later):
            return self._assume()
        if self._raw is None or self._is_guessing:
            return self._resume(raw)
        if raw >= self._raw:
            return self._forward(raw, self._raw, later)
        return self._backward(raw, self._raw, later)

    def _is_stuck(self, raw: Fraction, later: list[Fraction]) -> bool:
        if raw != self._raw:
            return False
        return self._is_guessing or later == [raw] * _LOOK_AHEAD

    def _assume(self) -> Fraction:
        self.n_untimed += 1
        self._is_guessing = True
        return self._now + self.usual_interval if self._has_started else Fraction(0)

    def _resume(self, raw: Fraction) -> Fraction:
        """The first timestamp of all, or the first after frames that had none."""
        self._is_guessing = False
        expected = self._now + self.usual_interval if self._has_started else Fraction(0)
        time = None if self._offset is None else raw + self._offset
        if time is None or not self._now <= time <= self._now + _LONGEST_GAP:
            self._offset = expected - raw
            if self.start is None:
                self.start = -self._offset
        self._raw = raw
        return raw + self._offset if self._offset is not None else expected

    def _forward(self, raw: Fraction, last: Fraction, later: list[Fraction]) -> Fraction | None:
        if any(last <= t < raw - _STRAY_STEP for t in later):
            return None
        if raw - last > _LONGEST_GAP:
            return self._rebase(raw, last)
        return self._accept(raw)

    def _backward(self, raw: Fraction, last: Fraction, later: list[Fraction]) -> Fraction | None:
        if last - raw <= _SLIP * self.usual_interval:
            return self._now
        if any(t >= last for t in later) or len(later) < 2:
            return None
        return self._rebase(raw, last)

    def _accept(self, raw: Fraction) -> Fraction:
        self._raw = raw
        return raw + (self._offset or Fraction(0))

    def _rebase(self, raw: Fraction, last: Fraction) -> Fraction:
        time = self._now + self.usual_interval
        self._findings.add(
            "clock",
            f"the recording's clock jumps by {float(raw - last):+.2f} s at {float(time):.2f} s; "
            "the time goes on from there as if it had not",
        )
        self._raw = raw
        self._offset = time - raw
        return time


def in_rising_order(
    frames: Iterable[tuple[Fraction | None, Frame]],
) -> Iterator[tuple[Fraction | None, Frame]]:
    """Give frames that come in order their timestamps in order.

    For containers that store no presentation times (AVI): FFmpeg then gives B-frames the times of
    other frames nearby, while the frames themselves leave the decoder in their right order.
    """
    waiting: deque[Frame] = deque()
    times: list[Fraction] = []
    for raw, frame in frames:
        if raw is None:
            yield from _release(waiting, times)
            yield None, frame
            continue
        waiting.append(frame)
        heapq.heappush(times, raw)
        if len(waiting) > _LOOK_AHEAD:
            yield heapq.heappop(times), waiting.popleft()
    yield from _release(waiting, times)


def _release(waiting: deque[Frame], times: list[Fraction]) -> Iterator[tuple[Fraction, Frame]]:
    while waiting:
        yield heapq.heappop(times), waiting.popleft()
