"""The three fits: a straight line or steps for one tool's logit, a temperature for all of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from classifier.calibration.calibration import (
    HIGHEST_TEMPERATURE,
    LOWEST_TEMPERATURE,
    log_softmax,
)
from classifier.calibration.maps import (
    MOST_INTERCEPT,
    MOST_KNOTS,
    MOST_LOGIT,
    MOST_SLOPE,
    Isotonic,
    Platt,
)

__all__ = ["class_log_probabilities", "fit_isotonic", "fit_platt", "fit_temperature"]

_NEARLY_NO_PENALTY = 1e8


def fit_platt(logits: NDArray[np.float64], shown: NDArray[np.bool_]) -> Platt | None:
    """Fit ``slope * logit + intercept`` by logistic regression on Platt's smoothed targets.

    ``logits`` and ``shown`` are (n,). The targets (n_shown + 1) / (n_shown + 2) and
    1 / (n_not_shown + 2) instead of 1 and 0 keep the slope finite where the logits tell the images
    apart without a mistake. None where the logits do not rise with what is shown, or do not differ.
    """
    from sklearn.linear_model import LogisticRegression

    n_shown = int(shown.sum())
    spread = float(logits.std())
    if n_shown in {0, len(shown)} or spread == 0:
        return None
    centre = float(logits.mean())
    inputs = ((logits - centre) / spread)[:, np.newaxis]
    targets = np.where(shown, (n_shown + 1) / (n_shown + 2), 1 / (len(shown) - n_shown + 2))
    # scikit-learn takes no targets between 0 and 1; each image comes twice, weighted, instead.
    line = LogisticRegression(C=_NEARLY_NO_PENALTY, solver="newton-cholesky", tol=1e-8)
    line.fit(
        np.concatenate([inputs, inputs]),
        np.repeat([1, 0], len(shown)),
        sample_weight=np.concatenate([targets, 1 - targets]),
    )
    slope = float(line.coef_[0, 0]) / spread
    intercept = float(line.intercept_[0]) - slope * centre
    possible = 0 < slope <= MOST_SLOPE and abs(intercept) <= MOST_INTERCEPT
    return Platt(slope, intercept) if possible else None


def fit_isotonic(logits: NDArray[np.float64], shown: NDArray[np.bool_]) -> Isotonic | None:
    """Fit the non-decreasing steps with the least squared error; (n,) logits and what is shown.

    Probabilities stay 1 / (n + 2) away from 0 and 1: no number of images proves certainty. None
    where one and the same probability fits all.
    """
    from sklearn.isotonic import IsotonicRegression

    margin = 1 / (len(shown) + 2)
    steps = IsotonicRegression(y_min=margin, y_max=1 - margin)
    steps.fit(np.clip(logits, -MOST_LOGIT, MOST_LOGIT), shown.astype(np.float64))
    x, y = steps.X_thresholds_, steps.y_thresholds_
    if len(x) > MOST_KNOTS:
        kept = np.linspace(0, len(x) - 1, MOST_KNOTS).round().astype(np.int64)
        x, y = x[kept], y[kept]
    if y[0] == y[-1]:
        return None
    return Isotonic(tuple(map(float, x)), tuple(map(float, y)))


def fit_temperature(
    logits: NDArray[np.float64], classes: NDArray[np.int64], *, n_tools: int
) -> float:
    """Find the temperature with the least log loss (Guo et al. 2017).

    ``logits`` is (n, n_outputs); ``classes`` (n,) the tool that each image shows, ``n_tools`` for
    none. As with Platt's targets, the true class counts (n + 1) / (n + 2) and the others share the
    rest: otherwise a network without a mistake on these images would be told to be certain.
    """
    from scipy.optimize import minimize_scalar

    n = len(classes)

    def loss(log_temperature: float) -> float:
        log_p = class_log_probabilities(logits / np.exp(log_temperature), n_tools=n_tools)
        true = log_p[np.arange(n), classes]
        others = (log_p.sum(axis=1) - true) / max(log_p.shape[1] - 1, 1)
        return float(-((n + 1) * true + others).mean() / (n + 2))

    bounds = np.log([LOWEST_TEMPERATURE, HIGHEST_TEMPERATURE])
    found = minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-6})
    return float(np.clip(np.exp(found.x), LOWEST_TEMPERATURE, HIGHEST_TEMPERATURE))


def class_log_probabilities(logits: NDArray[np.float64], *, n_tools: int) -> NDArray[np.float64]:
    """(n, n_outputs) logits -> (n, n_classes): the tools, then all background outputs as one."""
    log_p = log_softmax(logits)
    if logits.shape[1] == n_tools:
        return log_p
    background = np.logaddexp.reduce(log_p[:, n_tools:], axis=1, keepdims=True)
    return np.concatenate([log_p[:, :n_tools], background], axis=1)
