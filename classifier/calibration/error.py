"""How far probabilities are from what they promise: the expected calibration error."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["N_BINS", "bin_of", "expected_calibration_error"]

N_BINS = 15


def expected_calibration_error(
    true: NDArray[Any], probabilities: NDArray[Any], *, n_bins: int = N_BINS
) -> float | None:
    """Mean over bins of |share shown - mean probability|, each weighted with its pairs.

    ``true`` holds 0, 1 or NaN (unknown, left out), ``probabilities`` values in 0..1; both have the
    same shape, and all pairs count alike: hand over one tool's column for that tool's error, all
    columns for the pooled one. Bins are (k / n_bins, (k + 1) / n_bins], 0 in the first: equal
    widths, scikit-learn's rule in ``calibration_curve``. Naeini et al. 2015, and Guo et al. 2017
    with 15 bins; here of each tool's probability instead of the most probable class's. None where
    no pair is known.

    Raises:
        ValueError: the shapes differ, or a value is none of these.
    """
    if true.shape != probabilities.shape:
        raise ValueError(
            f"both must have one shape, got {true.shape} labels and "
            f"{probabilities.shape} probabilities"
        )
    known = ~np.isnan(np.asarray(true, dtype=np.float64))
    shown = np.asarray(true, dtype=np.float64)[known]
    said = np.asarray(probabilities, dtype=np.float64)[known]
    # Written so that NaN is refused too.
    if not (np.isin(shown, (0, 1)).all() and ((said >= 0) & (said <= 1)).all()):
        raise ValueError("labels must be 0, 1 or NaN and probabilities in 0..1")
    if len(shown) == 0:
        return None
    # |share - mean| * pairs of a bin is |sum of labels - sum of probabilities|.
    gaps = np.bincount(bin_of(said, n_bins=n_bins), weights=shown - said, minlength=n_bins)
    return float(np.abs(gaps).sum() / len(shown))


def bin_of(probabilities: NDArray[np.float64], *, n_bins: int = N_BINS) -> NDArray[np.int64]:
    """Index of each probability's bin: (k / n_bins, (k + 1) / n_bins], and 0 in the first.

    scikit-learn's rule, which does not return the bins themselves.
    """
    return np.searchsorted(np.linspace(0, 1, n_bins + 1)[1:-1], probabilities)
