"""How a figure is spread over the recordings of a cohort: its median, how sure, who lies outside.

The interval is the percentile bootstrap over recordings (B. Efron, "Bootstrap methods: another look
at the jackknife", 1979): the recordings that define the figure are drawn again with replacement,
and the interval holds the middle 95 % of the medians. Outliers are those beyond Tukey's fences (J.
Tukey, "Exploratory Data Analysis", 1977): below the first quartile or above the third by more than
1.5 times the distance between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from video_pipeline.timeline.statistics.cohort import Cohort, MemberStatistics
from video_pipeline.timeline.statistics.recording import RecordingStatistics
from video_pipeline.timeline.statistics.tools import ToolStatistics

__all__ = [
    "FEWEST_FOR_INTERVALS",
    "FEWEST_FOR_OUTLIERS",
    "LEVEL",
    "N_IQR",
    "RECORDING_FIGURES",
    "TOOL_FIGURES",
    "Outlier",
    "Spread",
    "find_outliers",
    "spread_of_figures",
]

LEVEL = 0.95
N_IQR = 1.5
FEWEST_FOR_INTERVALS = 3
FEWEST_FOR_OUTLIERS = 8
_N_REPLICATES = 2000

TOOL_FIGURES = tuple(field.name for field in fields(ToolStatistics) if field.name != "tool")
RECORDING_FIGURES = tuple(field.name for field in fields(RecordingStatistics))


@dataclass(frozen=True, eq=False)
class Spread:
    """One figure over the recordings of a cohort."""

    tool: str | None
    """None: a figure of whole recordings."""
    figure: str
    """A field of ``ToolStatistics`` or of ``RecordingStatistics``."""
    video_ids: tuple[str, ...]
    """The recordings in which the figure is defined."""
    values: NDArray[np.float64]
    """(n,) of these."""
    median: float | None
    """None where no recording defines the figure; so are the quartiles."""
    low: float | None
    """The interval of the median, at ``LEVEL``; None below ``FEWEST_FOR_INTERVALS`` recordings."""
    high: float | None
    first_quartile: float | None
    third_quartile: float | None


@dataclass(frozen=True)
class Outlier:
    """A recording that lies outside of its cohort in one figure."""

    video_id: str
    tool: str | None
    figure: str
    value: float
    lower_fence: float
    upper_fence: float
    n_iqr: float
    """How far beyond the nearer quartile, in distances between the quartiles."""


def spread_of_figures(cohort: Cohort, *, seed: int = 0) -> tuple[Spread, ...]:
    """Every figure of the recordings, then of each tool; the same seed gives the same intervals."""
    of_recordings = [
        _spread(
            None,
            figure,
            [(member.video_id, getattr(member.recording, figure)) for member in cohort.members],
            seed,
        )
        for figure in RECORDING_FIGURES
    ]
    of_tools = [
        _spread(tool, figure, _values_of_tool(cohort.members, tool, figure), seed)
        for tool in cohort.tools
        for figure in TOOL_FIGURES
    ]
    return (*of_recordings, *of_tools)


def find_outliers(spreads: Sequence[Spread]) -> tuple[Outlier, ...]:
    """The recordings beyond the fences, the farthest first.

    A figure has none where fewer than ``FEWEST_FOR_OUTLIERS`` recordings define it, or where its
    quartiles coincide: there is then no distance to measure by.
    """
    found = [outlier for spread in spreads for outlier in _outliers_of(spread)]
    return tuple(sorted(found, key=lambda outlier: -outlier.n_iqr))


def _values_of_tool(
    members: Sequence[MemberStatistics], tool: str, figure: str
) -> list[tuple[str, float | None]]:
    return [
        (member.video_id, getattr(statistics, figure))
        for member in members
        for statistics in member.tools
        if statistics.tool == tool
    ]


def _spread(
    tool: str | None, figure: str, values: Sequence[tuple[str, float | None]], seed: int
) -> Spread:
    known = [(video_id, float(value)) for video_id, value in values if value is not None]
    array = np.array([value for _, value in known], dtype=np.float64)
    median = low = high = first = third = None
    if len(array) > 0:
        first, median, third = (float(q) for q in np.percentile(array, [25, 50, 75]))
    if len(array) >= FEWEST_FOR_INTERVALS:
        low, high = _interval(array, seed)
    return Spread(
        tool,
        figure,
        tuple(video_id for video_id, _ in known),
        array,
        median,
        low,
        high,
        first,
        third,
    )


def _interval(values: NDArray[np.float64], seed: int) -> tuple[float, float]:
    """The interval of the median of ``values`` (n,)."""
    draws = np.random.default_rng(seed).integers(0, len(values), (_N_REPLICATES, len(values)))
    medians = np.median(values[draws], axis=1)
    tail = 100 * (1 - LEVEL) / 2
    low, high = np.percentile(medians, [tail, 100 - tail])
    return float(low), float(high)


def _outliers_of(spread: Spread) -> list[Outlier]:
    first, third = spread.first_quartile, spread.third_quartile
    if len(spread.values) < FEWEST_FOR_OUTLIERS or first is None or third is None or first == third:
        return []
    distance = third - first
    lower, upper = first - N_IQR * distance, third + N_IQR * distance
    return [
        Outlier(
            video_id,
            spread.tool,
            spread.figure,
            value,
            lower,
            upper,
            max(first - value, value - third) / distance,
        )
        for video_id, value in zip(spread.video_ids, spread.values.tolist(), strict=True)
        if not lower <= value <= upper
    ]
