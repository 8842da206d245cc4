"""How well each row fits a tool's being absent or present, given the row before it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from video_pipeline.timeline.smoothing.use_model import (
    CalibratedEvidence,
    Errors,
    FittedEvidence,
    UseModel,
)

__all__ = ["evidence_of", "is_no_outlier", "logits_of"]

CLOSEST_TO_CERTAIN = 5e-5
"""Tables hold four decimals: 0.0000 and 1.0000 mean no more than this."""


def logits_of(probabilities: NDArray[np.floating]) -> NDArray[np.float64]:
    """Log-odds of probabilities, finite also where a table says 0 or 1; NaN stays."""
    clipped = np.clip(probabilities.astype(np.float64), CLOSEST_TO_CERTAIN, 1 - CLOSEST_TO_CERTAIN)
    return np.log(clipped) - np.log1p(-clipped)


def evidence_of(
    logits: NDArray[np.float64], model: UseModel, *, rate_hz: float
) -> NDArray[np.float64]:
    """(2, 2, n): how well rows fit (before, now) = absent or present; any scale, row by row.

    ``logits`` is (n,), NaN where nothing was seen: such a row speaks for neither.
    """
    if isinstance(model.evidence, CalibratedEvidence):
        return _at_its_word(logits, model.evidence)
    return _fitted(logits, model.evidence, rate_hz)


def is_no_outlier(error: NDArray[np.float64], errors: Errors) -> NDArray[np.float64]:
    """The probability, for each error, that it is of the narrow distribution."""
    narrow = (1 - errors.outlier_share) * _normal(error, errors.sd)
    wide = errors.outlier_share * _normal(error, errors.outlier_sd)
    return narrow / np.maximum(narrow + wide, 1e-300)


def _at_its_word(logits: NDArray[np.float64], evidence: CalibratedEvidence) -> NDArray[np.float64]:
    prior = math.log(evidence.prior) - math.log1p(-evidence.prior)
    calibrated = evidence.slope * logits + evidence.intercept
    weight = evidence.exponent * (np.nan_to_num(calibrated, nan=prior) - prior)
    # Of the two only the ratio counts; the larger one is 1, so that nothing overflows.
    absent, present = np.exp(np.minimum(-weight, 0)), np.exp(np.minimum(weight, 0))
    return np.stack([np.stack([absent, present])] * 2)


def _fitted(
    logits: NDArray[np.float64], evidence: FittedEvidence, rate_hz: float
) -> NDArray[np.float64]:
    correlation = evidence.correlation ** (1 / rate_hz)
    unseen = np.isnan(logits)
    errors = [logits - level for level in evidence.levels]
    follows = np.zeros(len(logits), dtype=np.bool_)
    follows[1:] = ~unseen[1:] & ~unseen[:-1]
    result = np.ones((2, 2, len(logits)))
    for now in range(2):
        alone = _density(errors[now], evidence.alone[now])
        for before in range(2):
            known = errors[before][:-1]
            expected = correlation * known * is_no_outlier(known, evidence.alone[before])
            result[before, now] = alone
            leaning = _density(errors[now][1:] - expected, evidence.following[now])
            np.copyto(result[before, now, 1:], leaning, where=follows[1:])
    result[:, :, unseen] = 1.0
    return result


def _density(error: NDArray[np.float64], errors: Errors) -> NDArray[np.float64]:
    density: NDArray[np.float64] = (1 - errors.outlier_share) * _normal(
        error, errors.sd
    ) + errors.outlier_share * _normal(error, errors.outlier_sd)
    # An error beyond all that was ever seen is no proof of the other state.
    return np.maximum(density, 1e-12)


def _normal(error: NDArray[np.float64], sd: float) -> NDArray[np.float64]:
    density: NDArray[np.float64] = np.exp(-0.5 * (error / sd) ** 2) / (sd * math.sqrt(2 * math.pi))
    return density
