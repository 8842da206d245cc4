"""The usual time between two frames of a recording: a running median in fixed memory."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

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
        self._counts = np.zeros(_LAST_BIN + 1, dtype=np.int64)
        self._exact: dict[int, Fraction] = {}
        self._n = 0

    def add(self, interval: Fraction) -> None:
        """Take note of the seconds between two frames; zero says nothing and is left out."""
        if interval <= 0:
            return
        bin_ = min(interval.numerator * _BINS_PER_SECOND // interval.denominator, _LAST_BIN)
        self._counts[bin_] += 1
        self._exact[bin_] = min(interval, LONGEST_USUAL_INTERVAL)
        self._n += 1

    def value(self) -> Fraction | None:
        """The median in seconds, None while no interval is known."""
        if self._n == 0:
            return None
        middle = (self._n + 1) // 2
        return self._exact[int(np.searchsorted(np.cumsum(self._counts), middle))]
