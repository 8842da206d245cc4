"""A figure over recordings: mean, spread, how sure; and whether two runs differ.

Recordings are what is drawn again, because the seconds of one operation resemble one another.
Intervals are percentile bootstraps of the mean (B. Efron and R. Tibshirani, "An Introduction to the
Bootstrap", 1993, chapter 13): the recordings that define the figure are drawn with replacement, and
the interval holds the middle 95 % of the means. The same seed gives the same interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "DDOF",
    "FEWEST_FOR_INTERVALS",
    "LEVEL",
    "N_REPLICATES",
    "SEED",
    "Difference",
    "Spread",
    "compare_paired",
    "spread_of",
]

LEVEL = 0.95
N_REPLICATES = 2000
SEED = 0
FEWEST_FOR_INTERVALS = 3
DDOF = 1
"""Of the standard deviation: the recordings are a sample of more."""


@dataclass(frozen=True)
class Spread:
    """One figure over the recordings that define it."""

    n: int
    """How many these are."""
    mean: float | None
    """None where none is."""
    standard_deviation: float | None
    """With n - 1 below the sum; None with fewer than two."""
    low: float | None
    """The interval of the mean at ``LEVEL``; None with fewer than three."""
    high: float | None


@dataclass(frozen=True)
class Difference:
    """One figure of two runs, over the recordings that define it in both."""

    n: int
    first: float | None
    """Mean of the first run over these n; None where there are none."""
    second: float | None
    """The same of the second."""
    mean: float | None
    """Of the first run minus the second, recording by recording."""
    low: float | None
    """The interval of that mean at ``LEVEL``; None with fewer than three recordings."""
    high: float | None
    p_value: float | None
    """Two-sided, of the Wilcoxon signed-rank test; None with fewer than three recordings, or where
    no recording differs. Below six, no difference however large brings it under 0.05."""


def spread_of(values: Sequence[float | None], *, seed: int = SEED) -> Spread:
    """The spread of a figure; recordings that do not define it are left out."""
    known = np.array([value for value in values if value is not None], dtype=np.float64)
    low, high = _interval(known, seed)
    return Spread(
        n=len(known),
        mean=float(known.mean()) if len(known) > 0 else None,
        standard_deviation=float(known.std(ddof=DDOF)) if len(known) > DDOF else None,
        low=low,
        high=high,
    )


def compare_paired(
    first: Sequence[float | None], second: Sequence[float | None], *, seed: int = SEED
) -> Difference:
    """Hold two runs against each other; both sequences name the same recordings, in one order."""
    pairs = [(a, b) for a, b in zip(first, second, strict=True) if a is not None and b is not None]
    differences = np.array([a - b for a, b in pairs], dtype=np.float64)
    low, high = _interval(differences, seed)
    return Difference(
        n=len(differences),
        first=float(np.mean([a for a, _ in pairs])) if pairs else None,
        second=float(np.mean([b for _, b in pairs])) if pairs else None,
        mean=float(differences.mean()) if len(differences) > 0 else None,
        low=low,
        high=high,
        p_value=_signed_rank(differences),
    )


def _interval(values: NDArray[np.float64], seed: int) -> tuple[float | None, float | None]:
    if len(values) < FEWEST_FOR_INTERVALS:
        return None, None
    draws = np.random.default_rng(seed).integers(0, len(values), (N_REPLICATES, len(values)))
    tail = 100 * (1 - LEVEL) / 2
    low, high = np.percentile(values[draws].mean(axis=1), [tail, 100 - tail])
    return float(low), float(high)


def _signed_rank(differences: NDArray[np.float64]) -> float | None:
    """F. Wilcoxon, "Individual comparisons by ranking methods", 1945; zeros are left out."""
    changed = differences[differences != 0]
    if len(differences) < FEWEST_FOR_INTERVALS or len(changed) == 0:
        return None
    # Here, not above: SciPy's statistics take a second to import.
    from scipy.stats import wilcoxon

    return float(wilcoxon(changed).pvalue)
