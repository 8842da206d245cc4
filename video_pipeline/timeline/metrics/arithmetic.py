"""Shares and means that may be undefined."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

__all__ = ["mean_of_known", "ratio"]


def ratio(part: float, whole: float) -> float | None:
    """``part`` of ``whole``; None where there is nothing to be a part of."""
    return part / whole if whole > 0 else None


def mean_of_known(values: Iterable[float | None]) -> float | None:
    """The mean of the values that are defined; None where none is."""
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None
