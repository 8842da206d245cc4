"""From packets' timestamps and sampling times to what has to be decoded, and nothing else.

The rule of ``on_display``, applied to a whole recording before a frame of it is decoded: for each
sampling time the frame with the largest pts that is not after it; and for each of those frames the
packets from the last access point on from which it can be decoded. Memory grows with the number of
samples, not with the number of frames.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from video_pipeline.frames.intervals import LONGEST_USUAL_INTERVAL, UsualInterval
from video_pipeline.frames.on_display import CLOCK_ROUNDING, is_gap, longest_display
from video_pipeline.frames.planned.display_order import DisplayOrder, ShownTimes
from video_pipeline.frames.planned.scanning import CannotPlanError, PacketChunk
from video_pipeline.frames.planned.targets import Targets
from video_pipeline.frames.sampling_times import SamplingTimes

__all__ = ["NOBODY", "Planner", "ReadingPlan", "Run"]

NOBODY = -1
"""The number of a frame that is decoded for no sampling time."""

_LONGEST_GAP_S = 12 * 3600
"""A longer jump is a clock that was set, not a pause."""
_LONGEST_RECORDING_S = 7 * 24 * 3600


@dataclass(frozen=True, eq=False)
class Run:
    """Packets to be decoded in a row, after everything before them was let go."""

    first: int
    """Number of its first packet, an access point (or the recording's very first)."""
    first_pts: int
    """Ticks of that packet, by which it is known from other access points; without meaning where
    it is the recording's very first."""
    last: int
    samples: slice
    """Which of the plan's samples it brings."""


@dataclass(frozen=True, eq=False)
class ReadingPlan:
    """What to decode, and what is known of the recording without decoding. Ticks are time bases."""

    zero: int
    """Ticks of the first frame shown."""
    numbers: NDArray[np.int64]
    """(n_samples,) which of the sampling times each sample belongs to, rising."""
    pts: NDArray[np.int64]
    """(n_samples,) ticks of the frame on display, never falling."""
    before: NDArray[np.int64]
    """(n_samples,) ticks of the frame shown before that one; the same ticks if there is none."""
    after: NDArray[np.int64]
    """(n_samples,) ticks of the frame shown after it; the same ticks if there is none."""
    runs: tuple[Run, ...]
    end: Fraction
    """Seconds from time zero to the end of the last frame."""
    usual_interval: Fraction
    gaps: tuple[tuple[Fraction, Fraction], ...]
    """[start, end) seconds in which nothing was recorded."""
    n_shown: int
    """Frames that the recording shows."""

    def part(self, runs: slice) -> ReadingPlan:
        """The same recording's plan with some of its runs alone."""
        kept = self.runs[runs]
        start, stop = kept[0].samples.start, kept[-1].samples.stop
        moved = [
            replace(run, samples=slice(run.samples.start - start, run.samples.stop - start))
            for run in kept
        ]
        return replace(
            self,
            numbers=self.numbers[start:stop],
            pts=self.pts[start:stop],
            before=self.before[start:stop],
            after=self.after[start:stop],
            runs=tuple(moved),
        )


class Planner:
    """Takes a recording's packets chunk by chunk and makes its reading plan."""

    def __init__(
        self,
        times: SamplingTimes,
        *,
        time_base: Fraction,
        first_number: int = 0,
        with_neighbours: bool = False,
        with_last: bool = False,
    ) -> None:
        """``first_number``: sampling times before that one are passed over.

        ``with_neighbours``: deinterlacing needs the frames before and after each sample.

        ``with_last``: decode the last frame, too, as a proof that the recording is whole.
        """
        self._times = times
        self._time_base = time_base
        self._with_neighbours = with_neighbours
        self._with_last = with_last
        self._order = DisplayOrder()
        self._access = ShownTimes.none()
        self._held = ShownTimes.none()
        self._usual = UsualInterval()
        self._breaks: list[tuple[int, int]] = []
        self._targets: list[Targets] = []
        self._next = first_number
        self._zero = 0
        self._n_shown = 0
        self._n_packets = 0

    def add(self, chunk: PacketChunk) -> None:
        """Take the next packets; raises ``CannotPlanError`` where their times make no sense."""
        packet = np.arange(chunk.first, chunk.first + len(chunk.pts), dtype=np.int64)
        self._n_packets = int(packet[-1]) + 1
        access = ShownTimes(chunk.pts[chunk.is_access], packet[chunk.is_access])
        self._access = self._access.followed_by(access)
        if np.any(np.diff(self._access.pts) <= 0):
            raise CannotPlanError("its key frames are out of order")
        shown = ShownTimes(chunk.pts[chunk.is_shown], packet[chunk.is_shown])
        self._display(self._order.add(shown))

    def finish(self, *, assumed_interval: Fraction) -> ReadingPlan:
        """Close the plan after the last packet.

        ``assumed_interval``: how long a lone frame lasts. Raises ``CannotPlanError`` where no frame
        is shown at all.
        """
        self._display(self._order.rest())
        if self._n_shown == 0:
            raise CannotPlanError("no frame is shown")
        usual = self._usual.value() or assumed_interval
        last = (int(self._held.pts[-1]) - self._zero) * self._time_base
        end = last + usual
        until = end - CLOCK_ROUNDING
        self._choose(self._held, until=until if until > last else end)
        if self._with_last:
            self._choose_last()
        found = self._without_gaps(Targets.joined(self._targets), usual)
        return ReadingPlan(
            zero=self._zero,
            numbers=found.numbers,
            pts=found.pts,
            before=found.before,
            after=found.after,
            runs=self._runs(found),
            end=end,
            usual_interval=usual,
            gaps=tuple(self._gaps(usual)),
            n_shown=self._n_shown,
        )

    def _display(self, frames: ShownTimes) -> None:
        """Sample frames whose place is certain; the newest waits for its successor."""
        if len(frames) == 0:
            return
        if self._n_shown == 0:
            self._zero = int(frames.pts[0])
        self._n_shown += len(frames)
        known = self._held.followed_by(frames)
        self._note_intervals(known, n_old=len(self._held))
        self._choose(known, until=self._seconds(known.pts[-1]))
        self._held = known[-2:]
        self._forget_access_points()

    def _note_intervals(self, known: ShownTimes, *, n_old: int) -> None:
        steps = np.diff(known.pts[max(0, n_old - 1) :])
        if len(steps) == 0:
            return
        if steps.max() * self._time_base > _LONGEST_GAP_S:
            raise CannotPlanError("its clock was set anew")
        if self._seconds(known.pts[-1]) > _LONGEST_RECORDING_S:
            raise CannotPlanError("no operation lasts that long")
        self._usual.add_ticks(steps, self._time_base)
        for k in np.flatnonzero(steps * float(self._time_base) > 1):
            start = max(0, n_old - 1) + k
            if is_gap(int(steps[k]) * self._time_base, usual=Fraction(0)):
                self._breaks.append((int(known.pts[start]), int(known.pts[start + 1])))

    def _choose(self, known: ShownTimes, *, until: Fraction) -> None:
        """Find the frame on display at each sampling time before ``until``."""
        shown_for = longest_display(LONGEST_USUAL_INTERVAL)
        # Stretches between long gaps, in which there may be millions of sampling times to skip.
        limit = math.floor(shown_for / self._time_base)
        cuts = np.flatnonzero(np.diff(known.pts) > limit) + 1
        for stretch in np.split(np.arange(len(known)), cuts):
            if len(stretch) == 0:
                continue
            last = self._seconds(known.pts[stretch[-1]])
            self._choose_in(known, until=min(until, last + shown_for))
            if stretch[-1] + 1 < len(known):
                following = self._seconds(known.pts[stretch[-1] + 1])
                self._next = max(self._next, self._times.n_before(min(following, until)))

    def _choose_in(self, known: ShownTimes, *, until: Fraction) -> None:
        numbers = np.arange(self._next, self._times.n_before(until), dtype=np.int64)
        if len(numbers) == 0:
            return
        self._next = int(numbers[-1]) + 1
        ticks = [self._tick(self._times.at(int(k))) for k in numbers]
        place = np.searchsorted(known.pts, np.array(ticks, dtype=np.int64), side="right") - 1
        self._targets.append(self._targets_at(known, place, numbers))

    def _choose_last(self) -> None:
        place = np.array([len(self._held) - 1])
        nobody = np.array([NOBODY], dtype=np.int64)
        self._targets.append(self._targets_at(self._held, place, nobody))

    def _targets_at(
        self, known: ShownTimes, place: NDArray[np.intp], numbers: NDArray[np.int64]
    ) -> Targets:
        before, after = np.maximum(place - 1, 0), np.minimum(place + 1, len(known) - 1)
        first = last = place
        if self._with_neighbours:
            first, last = before, after
        starts = np.minimum(known.pts[first], known.pts[place])
        needed = np.stack([known.packet[k] for k in (first, place, last)])
        return Targets(
            numbers,
            known.pts[place],
            known.pts[before],
            known.pts[after],
            needed.max(axis=0),
            *self._access_before(needed.min(axis=0), starts),
        )

    def _access_before(
        self, packet: NDArray[np.int64], pts: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The last access point that is decoded and shown at or before the given frames.

        Its packet's number and its ticks.

        One that is shown later does not help: the frame is a leading picture, which leans on what
        came before that access point.
        """
        n_earlier = np.minimum(
            np.searchsorted(self._access.packet, packet, side="right"),
            np.searchsorted(self._access.pts, pts, side="right"),
        )
        first_of_all = np.zeros(1, np.int64)
        return (
            np.concatenate([first_of_all, self._access.packet])[n_earlier],
            np.concatenate([first_of_all, self._access.pts])[n_earlier],
        )

    def _forget_access_points(self) -> None:
        """Keep the access points that a frame still to come may need."""
        waiting = self._order.waiting.followed_by(self._held)
        n_spare = int(
            min(
                np.searchsorted(self._access.packet, waiting.packet.min(), side="right"),
                np.searchsorted(self._access.pts, waiting.pts.min(), side="right"),
            )
        )
        if n_spare > 1:
            self._access = self._access[n_spare - 1 :]

    def _without_gaps(self, found: Targets, usual: Fraction) -> Targets:
        """Leave out frames that had been on display for so long that they mark a gap."""
        patience = math.floor(longest_display(usual) / self._time_base)
        keep = np.ones(len(found.numbers), dtype=np.bool_)
        for k, (number, pts) in enumerate(zip(found.numbers, found.pts, strict=True)):
            if number == NOBODY:
                continue
            time = self._times.at(int(number))
            if self._tick(time) - int(pts) < patience:
                continue
            keep[k] = not is_gap(time - (int(pts) - self._zero) * self._time_base, usual=usual)
        return found.at(keep)

    def _gaps(self, usual: Fraction) -> list[tuple[Fraction, Fraction]]:
        gaps = []
        for start, end in self._breaks:
            if is_gap((end - start) * self._time_base, usual=usual):
                gaps.append((self._seconds(start) + usual, self._seconds(end)))
        return gaps

    def _runs(self, found: Targets) -> tuple[Run, ...]:
        """Join what overlaps: packets are decoded once, and only between access points dropped."""
        if len(found.numbers) == 0:
            return ()
        if np.any(np.diff(found.access) < 0):
            raise CannotPlanError("its frames are shown out of the order of its key frames")
        last = np.maximum.accumulate(found.packet)
        starts = np.concatenate([[0], np.flatnonzero(found.access[1:] > last[:-1]) + 1])
        stops = np.concatenate([starts[1:], [len(last)]])
        return tuple(
            Run(
                first=int(found.access[a]),
                first_pts=int(found.access_pts[a]),
                last=int(last[b - 1]),
                samples=slice(int(a), int(b)),
            )
            for a, b in zip(starts, stops, strict=True)
        )

    def _seconds(self, pts: int | np.int64) -> Fraction:
        return (int(pts) - self._zero) * self._time_base

    def _tick(self, time: Fraction) -> int:
        return math.floor(time / self._time_base) + self._zero
