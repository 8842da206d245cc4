"""When a recording is looked at: at a rate, from a start to an end, or at chosen moments; exact."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

__all__ = ["ChosenTimes", "RegularTimes", "SamplingTimes", "exact_rate"]

_FASTEST_RATE_HZ = 1000
_FINEST_RATE_DENOMINATOR = 10**6


class SamplingTimes(Protocol):
    """Rising times in seconds from time zero, each known by its number from 0 on."""

    def at(self, k: int) -> Fraction:
        """The k-th time; never negative."""
        ...

    def n_before(self, time: Fraction) -> int:
        """How many of them lie before ``time``; their numbers are 0 to n - 1."""
        ...

    def seen_from(self, zero: Fraction) -> SamplingTimes:
        """The same moments on a clock whose zero is at ``zero``; those before it fall away."""
        ...


@dataclass(frozen=True)
class RegularTimes:
    """Every multiple of 1 / ``rate_hz`` in [``start``, ``end``), seen from ``zero`` on.

    The grid begins at zero of the recording and not at ``start``: a part of a recording is sampled
    at the very times at which the whole one is.
    """

    rate_hz: Fraction = Fraction(1)
    start: Fraction = Fraction(0)
    end: Fraction | None = None
    """None: to the last frame."""
    zero: Fraction = Fraction(0)

    def __post_init__(self) -> None:
        if self.rate_hz <= 0:
            raise ValueError(f"a sampling rate is positive, got {self.rate_hz}")
        if self.start < 0:
            raise ValueError(f"nothing is shown before time zero, got start {self.start}")
        if self.end is not None and self.end <= self.start:
            raise ValueError(f"the end lies after the start, got [{self.start}, {self.end})")

    @property
    def _first(self) -> int:
        """Place on the grid of time number 0."""
        return math.ceil(max(self.start, self.zero) * self.rate_hz)

    def at(self, k: int) -> Fraction:
        """See ``SamplingTimes``."""
        return (self._first + k) / self.rate_hz - self.zero

    def n_before(self, time: Fraction) -> int:
        """See ``SamplingTimes``."""
        limit = time + self.zero if self.end is None else min(time + self.zero, self.end)
        return max(0, math.ceil(limit * self.rate_hz) - self._first)

    def seen_from(self, zero: Fraction) -> RegularTimes:
        """See ``SamplingTimes``."""
        return RegularTimes(self.rate_hz, self.start, self.end, self.zero + zero)


@dataclass(frozen=True)
class ChosenTimes:
    """Moments that somebody picked, in rising order."""

    times: tuple[Fraction, ...]

    def __post_init__(self) -> None:
        if any(a >= b for a, b in zip(self.times, self.times[1:], strict=False)):
            raise ValueError("chosen times rise, each above the one before it")
        if self.times and self.times[0] < 0:
            raise ValueError(f"nothing is shown before time zero, got {self.times[0]}")

    @classmethod
    def of(cls, times: Iterable[Fraction]) -> ChosenTimes:
        """Put moments in order, each once."""
        return cls(tuple(sorted(set(times))))

    def at(self, k: int) -> Fraction:
        """See ``SamplingTimes``."""
        return self.times[k]

    def n_before(self, time: Fraction) -> int:
        """See ``SamplingTimes``."""
        return bisect_left(self.times, time)

    def seen_from(self, zero: Fraction) -> ChosenTimes:
        """See ``SamplingTimes``."""
        return ChosenTimes(tuple(time - zero for time in self.times[self.n_before(zero) :]))


def exact_rate(rate_hz: float | Fraction) -> Fraction:
    """The fraction that a person means by a number: 1/10 by 0.1, 30000/1001 by 29.97002997."""
    if not (math.isfinite(rate_hz) and 0 < rate_hz <= _FASTEST_RATE_HZ):
        raise ValueError(f"a sampling rate lies in (0, {_FASTEST_RATE_HZ}] Hz, got {rate_hz}")
    rate = Fraction(rate_hz).limit_denominator(_FINEST_RATE_DENOMINATOR)
    if rate == 0:
        raise ValueError(f"a sampling rate below a frame in 11 days means nothing, got {rate_hz}")
    return rate
