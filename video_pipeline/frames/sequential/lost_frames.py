"""Frames that a recording should have had: before its first key frame, at its very end, between.

A recorder that is switched on or off in the middle of things leaves a few frames at either end that
cannot be decoded. That is no damage; a frame that is lost in between is.
"""

from __future__ import annotations

from collections import Counter, deque
from fractions import Fraction

from video_pipeline.frames.container.demuxing import VideoPacket

__all__ = ["LostFrames"]

_LONGEST_LEAD = Fraction(10)
"""Seconds from one key frame to the next, at most, in what recorders write."""
_NEAR = Fraction(1)
"""Seconds from a break in the container to the frames that it cost."""
_IS_A_GAP = Fraction(2)
"""Seconds without a frame from which on nobody can tell a loss from a pause."""


class LostFrames:
    """Compares the packets that went into a decoder with the frames that came out."""

    def __init__(self, time_base: Fraction) -> None:
        self._time_base = time_base
        self._awaited: Counter[int] = Counter()
        self._first: int | None = None
        self._last: tuple[int, Fraction] | None = None
        self._n_shown = 0
        self._breaks: deque[int] = deque()
        self.n_breaks = 0
        """Packets that do not follow on the one before them, or are damaged; never the last."""
        self._is_broken = False
        self.n_missing = 0
        """Frames whose packets are not in the file at all: an estimate from the times around."""

    def expect(self, packet: VideoPacket) -> None:
        """A packet goes into the decoder."""
        self.n_breaks += self._is_broken
        self._is_broken = packet.is_corrupt
        if packet.pts is None or packet.is_discard:
            return
        self._awaited[packet.pts] += 1
        if packet.is_corrupt:
            self._breaks.append(packet.pts)

    def add(self, stamp: int | None, pts: Fraction, *, usual: Fraction) -> range:
        """A frame with a container's time ``stamp`` is shown from ``pts`` seconds on.

        Returns the seconds in which frames are missing before it.
        """
        self._n_shown += 1
        if stamp is None:
            return range(0)
        self._awaited[stamp] -= 1
        if self._awaited[stamp] <= 0:
            del self._awaited[stamp]
        if self._first is None:
            self._first = stamp
        before, self._last = self._last, (stamp, pts)
        if before is None or not self._is_near_a_break(stamp):
            return range(0)
        step = pts - before[1]
        n_undecodable = sum(before[0] < awaited < stamp for awaited in self._awaited)
        n_missing = round(step / usual) - 1 - n_undecodable
        if n_missing < 1 or step > _IS_A_GAP:
            return range(0)
        self.n_missing += n_missing
        return range(int(before[1] + usual), int(pts) + 1)

    @property
    def n_at_start(self) -> int:
        """Frames before the first one that could be decoded, where a missing key frame says why."""
        if self._first is None:
            return 0
        stamps = [stamp for stamp in self._awaited if stamp < self._first]
        if not stamps or (self._first - min(stamps)) * self._time_base > _LONGEST_LEAD:
            return 0
        # A recording that is mostly lead is no whole one.
        return len(stamps) if len(stamps) < self._n_shown else 0

    @property
    def n_at_end(self) -> int:
        """1 where the very last frame could not be decoded, and it alone."""
        if self._last is None:
            return 0
        stamps = [stamp for stamp in self._awaited if stamp > self._last[0]]
        return 1 if len(stamps) == 1 else 0

    def _is_near_a_break(self, stamp: int) -> bool:
        near = _NEAR / self._time_base
        while self._breaks and self._breaks[0] < stamp - near:
            self._breaks.popleft()
        return len(self._breaks) > 0 and self._breaks[0] <= stamp + near
