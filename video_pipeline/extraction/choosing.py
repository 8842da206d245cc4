"""Which moments of a recording are taken: at a rate, spread evenly, or where a model is unsure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from video_pipeline.records import ToolTimeline

__all__ = [
    "LEAST_APART_S",
    "AtRate",
    "LeastCertain",
    "Moments",
    "Part",
    "SpreadEvenly",
    "least_certain_seconds",
    "spread_evenly",
    "uncertainty",
]

LEAST_APART_S = 5
"""Seconds picked for their uncertainty lie at least so far apart: neighbours look alike."""


@dataclass(frozen=True)
class AtRate:
    """Every multiple of 1 / ``rate_hz``."""

    rate_hz: Fraction = Fraction(1)


@dataclass(frozen=True)
class SpreadEvenly:
    """``count`` moments of each recording."""

    count: int


@dataclass(frozen=True)
class LeastCertain:
    """The ``count`` least certain seconds of each recording."""

    count: int
    timeline: Path
    """A timeline.csv, or a folder that holds it or ``<video_id>/timeline.csv``."""


Moments = AtRate | SpreadEvenly | LeastCertain


@dataclass(frozen=True)
class Part:
    """The seconds [start, end) of a recording; None: to its end."""

    start: Fraction = Fraction(0)
    end: Fraction | None = None

    def __post_init__(self) -> None:
        if self.start < 0 or (self.end is not None and self.end <= self.start):
            raise ValueError(f"the end lies after the start, got [{self.start}, {self.end})")

    def __contains__(self, time: Fraction | int) -> bool:
        return self.start <= time and (self.end is None or time < self.end)


def spread_evenly(count: int, *, duration_s: float, part: Part) -> tuple[Fraction, ...]:
    """Midpoints of ``count`` equal parts of ``part``, each on a whole millisecond and once.

    Fewer than ``count`` where the part has not as many milliseconds; none where it lies behind the
    recording's end.
    """
    whole = Fraction(duration_s)
    end = whole if part.end is None else min(part.end, whole)
    length = end - part.start
    if length <= 0:
        return ()
    # More of them than milliseconds would only be the same ones again.
    n = min(count, max(1, math.floor(length * 1000)))
    middles = (part.start + length * (2 * k + 1) / (2 * n) for k in range(n))
    return tuple(Fraction(math.floor(time * 1000), 1000) for time in middles)


def uncertainty(timeline: ToolTimeline) -> NDArray[np.float64]:
    """(n_seconds,) from 0 to 1: that of the tool whose probability is nearest to 0.5; NaN: unknown.

    A tool's is ``1 - |2p - 1|``. One undecided tool is reason enough to look at a frame, because
    whoever labels it answers for every tool; a sum over the tools would put many slightly doubtful
    ones before a single one that could be anything.
    """
    known = ~np.isnan(timeline.probabilities).any(axis=1) & (timeline.n_frames > 0)
    doubt = np.full(timeline.n_seconds, np.nan)
    doubt[known] = (1 - np.abs(2 * timeline.probabilities[known] - 1)).max(axis=1)
    return doubt


def least_certain_seconds(
    timeline: ToolTimeline, count: int, *, part: Part, apart_s: int = LEAST_APART_S
) -> tuple[int, ...]:
    """The ``count`` least certain seconds, rising; of two alike the earlier one.

    Seconds without a frame are never picked, and no two lie less than ``apart_s`` apart; so there
    may be fewer.
    """
    doubt = uncertainty(timeline)
    # Rounded, because 0.3 and 0.7 are as far from 0.5 and their last bits say otherwise.
    order = np.lexsort((np.arange(len(doubt)), -doubt.round(9)))
    free = np.array([k in part for k in range(len(doubt))], dtype=np.bool_) & ~np.isnan(doubt)
    picked: list[int] = []
    for second in map(int, order):
        if len(picked) == count:
            break
        if free[second]:
            picked.append(second)
            free[max(0, second - apart_s + 1) : second + apart_s] = False
    return tuple(sorted(picked))
