"""Whether a probability means what it says: of the images told 0.8, do eight in ten show the tool?

Bins of equal width, as in Guo et al., On Calibration of Modern Neural Networks (ICML 2017), here
for the probability of each tool being visible instead of that of the most probable class.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier.calibration.error import N_BINS, bin_of, expected_calibration_error

__all__ = ["Reliability", "measure_reliability"]


@dataclass(frozen=True, eq=False)
class Reliability:
    """Image-tool pairs, binned by the probability that was predicted."""

    counts: NDArray[np.int64]
    """(15,) pairs in each bin."""
    mean_probability: NDArray[np.float64]
    """(15,) what was predicted on average; NaN for an empty bin."""
    share_shown: NDArray[np.float64]
    """(15,) share of the pairs in which the tool is there; NaN for an empty bin."""

    expected_calibration_error: float | None
    """Over these bins, see ``calibration.error``; None where no pair is known."""


def measure_reliability(true: NDArray[np.bool_], probabilities: NDArray[np.float64]) -> Reliability:
    """Bin (n,) probabilities; the means in each bin are scikit-learn's ``calibration_curve``."""
    from sklearn.calibration import calibration_curve

    counts = np.bincount(bin_of(probabilities), minlength=N_BINS)
    share, mean = np.full((2, N_BINS), np.nan)
    if len(true) > 0:
        share[counts > 0], mean[counts > 0] = calibration_curve(
            true, probabilities, pos_label=True, n_bins=N_BINS, strategy="uniform"
        )
    return Reliability(
        counts=counts,
        mean_probability=mean,
        share_shown=share,
        expected_calibration_error=expected_calibration_error(true, probabilities),
    )
