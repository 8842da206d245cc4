"""Test sets that might have been: whole patients or recordings drawn again, with replacement.

Frames of one operation resemble one another, so they are no independent draws; what is drawn again
is the largest unit of which there are enough. B. Efron and R. Tibshirani, An Introduction to the
Bootstrap (1993), chapters 8 and 13.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from classifier.dataset.record import Dataset

__all__ = ["FEWEST_GROUPS", "N_REPLICATES", "Resampling", "choose_resampling", "draw_counts"]

FEWEST_GROUPS = 5
"""Patients or recordings below which images are drawn one by one instead, with a warning."""

N_REPLICATES = 1000

_MOST_COUNTS = 4_000_000
"""Image counts held at once, so that memory does not grow with the test set."""


@dataclass(frozen=True, eq=False)
class Resampling:
    """What is drawn, how often, and from which seed."""

    unit: Literal["patient", "recording", "image"]
    unit_of: NDArray[np.int64]
    """(n_images,) index of the unit that each image belongs to."""
    n_units: int
    n_replicates: int
    seed: int


def choose_resampling(images: Dataset, *, n_replicates: int, seed: int) -> Resampling:
    """Draw patients if there are at least 5, else recordings if there are, else single images."""
    if n_replicates < 1:
        raise ValueError(f"n_replicates must be at least 1, got {n_replicates}")
    candidates: tuple[tuple[Literal["patient", "recording"], tuple[str, ...] | None], ...] = (
        ("patient", images.patients),
        ("recording", images.videos),
    )
    for unit, names in candidates:
        # Images without a name count as one more unit: nothing says that they are independent.
        if names is not None and len(set(names)) >= FEWEST_GROUPS:
            unique, unit_of = np.unique(names, return_inverse=True)
            return Resampling(unit, unit_of, len(unique), n_replicates, seed)
    return Resampling("image", np.arange(len(images)), len(images), n_replicates, seed)


def draw_counts(resampling: Resampling) -> Iterator[NDArray[np.int32]]:
    """Yield (n, n_units) how often each unit is drawn, until all replicates are there.

    Each replicate draws ``n_units`` units. The same seed gives the same draws.
    """
    rng = np.random.default_rng(resampling.seed)
    n_units = resampling.n_units
    n_at_once = max(1, _MOST_COUNTS // max(n_units, len(resampling.unit_of)))
    for start in range(0, resampling.n_replicates, n_at_once):
        n = min(n_at_once, resampling.n_replicates - start)
        draws = (rng.integers(n_units, size=n_units) for _ in range(n))
        yield np.stack([np.bincount(d, minlength=n_units).astype(np.int32) for d in draws])
