"""Whether a probability means what it says: of the images told 0.8, do eight in ten show the tool?

Bins of equal width, as in Guo et al., On Calibration of Modern Neural Networks (ICML 2017), here
for the probability of each tool being visible instead of that of the most probable class.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["N_BINS", "Reliability", "bin_of", "measure_reliability"]

N_BINS = 15


@dataclass(frozen=True, eq=False)
class Reliability:
    """Image-tool pairs, binned by the probability that was predicted."""

    counts: NDArray[np.int64]
    """(15,) pairs in each bin."""
    mean_probability: NDArray[np.float64]
    """(15,) what was predicted on average; NaN for an empty bin."""
    share_shown: NDArray[np.float64]
    """(15,) share of the pairs in which the tool is there; NaN for an empty bin."""

    @property
    def expected_calibration_error(self) -> float | None:
        """Mean over the bins of |share - mean probability|, each weighted with its pairs."""
        filled = self.counts > 0
        if not filled.any():
            return None
        gaps = np.abs(self.share_shown[filled] - self.mean_probability[filled])
        return float(np.average(gaps, weights=self.counts[filled]))


def measure_reliability(true: NDArray[np.bool_], probabilities: NDArray[np.float64]) -> Reliability:
    """Bin (n,) probabilities; the means in each bin are scikit-learn's ``calibration_curve``."""
    from sklearn.calibration import calibration_curve

    counts = np.bincount(bin_of(probabilities), minlength=N_BINS)
    share, mean = np.full((2, N_BINS), np.nan)
    if len(true) > 0:
        share[counts > 0], mean[counts > 0] = calibration_curve(
            true, probabilities, pos_label=True, n_bins=N_BINS, strategy="uniform"
        )
    return Reliability(counts=counts, mean_probability=mean, share_shown=share)


def bin_of(probabilities: NDArray[np.float64]) -> NDArray[np.int64]:
    """Index of each probability's bin: (k / 15, (k + 1) / 15], and 0 in the first.

    scikit-learn's rule, which does not return the bins themselves.
    """
    edges = np.linspace(0, 1, N_BINS + 1)
    return np.searchsorted(edges[1:-1], probabilities)
