"""Uses of tools by chance, of moments and of minutes, and noise about them that lasts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from video_pipeline.timeline.smoothing import UseModel
from video_pipeline.timeline.smoothing.use_model import (
    CalibratedEvidence,
    Durations,
    Errors,
    FittedEvidence,
)

__all__ = ["noisy", "random_model", "true_uses"]


def true_uses(rng: np.random.Generator, n: int) -> NDArray[np.bool_]:
    """A tool that comes for a moment, or for long."""
    present = np.zeros(n, dtype=np.bool_)
    at = 0
    while at < n:
        at += int(rng.geometric(1 / (3 if rng.random() < 0.5 else 40)))
        length = int(rng.geometric(1 / (2 if rng.random() < 0.4 else 25)))
        present[at : at + length] = True
        at += length
    return present


def noisy(
    rng: np.random.Generator, present: NDArray[np.bool_], *, sd: float = 1.2, rho: float = 0.6
) -> NDArray[np.float64]:
    errors = np.empty(len(present))
    error = 0.0
    for k in range(len(present)):
        error = rho * error + sd * np.sqrt(1 - rho**2) * rng.normal()
        errors[k] = error
    logits = np.where(present, 2.0, -2.0) + errors
    return np.asarray(1 / (1 + np.exp(-logits)))


def random_model(rng: np.random.Generator, *, fitted: bool, n_components: int = 2) -> UseModel:
    def durations() -> Durations:
        shares = rng.dirichlet(np.ones(n_components))
        return Durations(
            tuple((shares / shares.sum()).tolist()), tuple(rng.uniform(1.2, 30, n_components))
        )

    def errors() -> Errors:
        return Errors(*(rng.uniform(0.5, 2), rng.uniform(0, 0.3), rng.uniform(2, 5)))

    evidence: CalibratedEvidence | FittedEvidence = CalibratedEvidence(
        rng.uniform(0.2, 1), rng.uniform(0.1, 0.9), rng.uniform(0.5, 2), rng.normal()
    )
    if fitted:
        evidence = FittedEvidence(
            (rng.normal(-2), rng.normal(2)),
            rng.uniform(0, 0.9),
            (errors(), errors()),
            (errors(), errors()),
        )
    return UseModel(durations(), durations(), evidence, share_present=rng.uniform(0.1, 0.9))
