"""The usual time between two frames of a recording: a running median in bounded memory."""

from __future__ import annotations

from bisect import bisect_left
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

__all__ = ["LONGEST_USUAL_INTERVAL", "UsualInterval"]

LONGEST_USUAL_INTERVAL = Fraction(60)
"""Seconds. No recorder of operations takes less than a frame a minute."""

_BINS_PER_SECOND = 1000
_LAST_BIN = int(LONGEST_USUAL_INTERVAL) * _BINS_PER_SECOND


class UsualInterval:
    """Median of the intervals seen so far, found to the millisecond and given exactly.

    Robust: gaps, doubled frames and lost frames do not move it while they are the minority. The
    value is the interval seen last among those of the median millisecond, so a recording of
    constant rate gets its exact frame interval (1001/30000 s, not 0.033 s).
    """

    def __init__(self) -> None:
        self._bins: list[int] = []  # the milliseconds that were seen, rising
        self._counts: dict[int, int] = {}
        self._exact: dict[int, Fraction] = {}
        self._n = 0
        self._median_at = 0  # index of the median's bin
        self._n_below = 0  # intervals in the bins before it

    def add(self, interval: Fraction) -> None:
        """Take note of the seconds between two frames; zero says nothing and is left out."""
        if interval <= 0:
            return
        self._add(self._bin_of(interval), 1, interval)

    def add_ticks(self, steps: NDArray[np.int64], time_base: Fraction) -> None:
        """Take note of many intervals at once, in their order, each in units of ``time_base``."""
        ticks, last_places, counts = np.unique(steps[::-1], return_index=True, return_counts=True)
        # In order of last appearance, so that the value seen last in a millisecond is kept.
        for k in np.argsort(-last_places):
            interval = int(ticks[k]) * time_base
            if interval > 0:
                self._add(self._bin_of(interval), int(counts[k]), interval)

    def _add(self, bin_: int, count: int, interval: Fraction) -> None:
        self._counts[bin_] += count
        self._exact[bin_] = min(interval, LONGEST_USUAL_INTERVAL)
        self._n += count
        self._n_below += count * (bin_ < self._bins[self._median_at])
        self._find_median()

    def value(self) -> Fraction | None:
        """The (lower) median in seconds, None while no interval is known."""
        return self._exact[self._bins[self._median_at]] if self._n > 0 else None

    def _bin_of(self, interval: Fraction) -> int:
        bin_ = min(interval.numerator * _BINS_PER_SECOND // interval.denominator, _LAST_BIN)
        if bin_ not in self._counts:
            self._add_bin(bin_)
        return bin_

    def _add_bin(self, bin_: int) -> None:
        at = bisect_left(self._bins, bin_)
        self._bins.insert(at, bin_)
        self._counts[bin_] = 0
        if self._n > 0 and at <= self._median_at:
            self._median_at += 1

    def _find_median(self) -> None:
        middle = (self._n + 1) // 2
        while self._n_below >= middle:
            self._median_at -= 1
            self._n_below -= self._counts[self._bins[self._median_at]]
        while self._n_below + self._counts[self._bins[self._median_at]] < middle:
            self._n_below += self._counts[self._bins[self._median_at]]
            self._median_at += 1
