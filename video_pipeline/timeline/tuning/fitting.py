"""A tool's model learned from labelled recordings: how long it is used, how its logits err.

Counted and estimated directly, since the true states are known; only the mixtures need a few rounds
of expectation and maximisation. What a recording does not show (seconds without a frame or without
a label) is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from video_pipeline.timeline.runs import find_runs
from video_pipeline.timeline.smoothing.evidence import is_no_outlier, logits_of
from video_pipeline.timeline.smoothing.use_model import (
    MOST_COMPONENTS,
    CalibratedEvidence,
    Durations,
    Errors,
    FittedEvidence,
    UseModel,
)

__all__ = [
    "LabelledColumn",
    "fit_calibrated_evidence",
    "fit_durations",
    "fit_learned_evidence",
    "fit_use_model",
]

_ROUNDS = 60
_FEWEST_ROWS = 200
"""Below this many seconds of a kind, its errors are taken from both kinds together."""
_FEWEST_STRETCHES = 8
"""Below this many stretches, one component has to do."""
_LONGEST_S = 4 * 3600.0
_MOST_VALUES = 6_000
"""Evenly taken; more of them do not make an estimate of three numbers better."""
_STILL = 1e-5


@dataclass(frozen=True, eq=False)
class LabelledColumn:
    """One tool in one recording, a row a second."""

    probabilities: NDArray[np.float64]
    """(n,), NaN where nothing was seen."""
    present: NDArray[np.bool_]
    """(n,) the truth."""
    is_known: NDArray[np.bool_]
    """(n,) whether there is a truth."""


def fit_use_model(
    columns: Sequence[LabelledColumn],
    *,
    n_components: int,
    evidence: CalibratedEvidence | FittedEvidence,
) -> UseModel | None:
    """Fit one tool's uses on its recordings; None where it is never, or always, present."""
    stretches = [_stretches(column) for column in columns]
    absent = np.concatenate([of[0] for of in stretches])
    present = np.concatenate([of[1] for of in stretches])
    if len(absent) == 0 or len(present) == 0:
        return None
    return UseModel(
        absent=fit_durations(absent, n_components),
        present=fit_durations(present, n_components),
        evidence=evidence,
        share_present=min(max(_share_at_start(columns), 0.02), 0.98),
    )


def fit_durations(lengths_s: NDArray[np.float64], n_components: int) -> Durations:
    """Fit a mixture of geometric distributions to lengths (n,) of whole seconds, 1 or more."""
    if not 1 <= n_components <= MOST_COMPONENTS:
        raise ValueError(f"1 to {MOST_COMPONENTS} components, got {n_components}")
    if n_components == 1 or len(lengths_s) < _FEWEST_STRETCHES:
        return Durations((1.0,), (float(lengths_s.mean()),))
    means = np.maximum(np.quantile(lengths_s, [0.25, 0.85]), [1.05, 2.0])
    shares = np.full(2, 0.5)
    for _ in range(_ROUNDS):
        ends = 1 / means
        log_density = (
            np.log(shares) + np.log(ends) + (lengths_s[:, np.newaxis] - 1) * np.log1p(-ends)
        )
        belongs = np.exp(log_density - log_density.max(axis=1, keepdims=True))
        belongs /= belongs.sum(axis=1, keepdims=True)
        weights = np.maximum(belongs.sum(axis=0), 1e-9)
        shares = np.clip(weights / weights.sum(), 1e-6, 1)
        shares /= shares.sum()
        means = np.clip(
            (belongs * lengths_s[:, np.newaxis]).sum(axis=0) / weights, 1.01, _LONGEST_S
        )
    return Durations(tuple(shares.tolist()), tuple(means.tolist()))


def _stretches(column: LabelledColumn) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lengths of the absent and of the present stretches; those that touch the unknown included."""
    absent = find_runs((column.is_known & ~column.present)[:, np.newaxis]).length
    present = find_runs((column.is_known & column.present)[:, np.newaxis]).length
    return absent.astype(np.float64), present.astype(np.float64)


def _share_at_start(columns: Sequence[LabelledColumn]) -> float:
    firsts = [column.present[column.is_known][0] for column in columns if column.is_known.any()]
    # As though two more recordings had been seen, one of each kind.
    return (sum(map(int, firsts)) + 1) / (len(firsts) + 2)


def fit_calibrated_evidence(columns: Sequence[LabelledColumn]) -> CalibratedEvidence:
    """Platt's slope and intercept, by Newton's method on the two of them, and how often present."""
    known = np.concatenate([column.present[column.is_known] for column in columns])
    prior = (float(known.sum()) + 1) / (len(known) + 2)
    logits = [logits_of(column.probabilities) for column in columns]
    usable = [column.is_known & ~np.isnan(of) for column, of in zip(columns, logits, strict=True)]
    x = np.concatenate([of[use] for of, use in zip(logits, usable, strict=True)])
    y = np.concatenate([of.present[use] for of, use in zip(columns, usable, strict=True)])
    design = np.stack([x, np.ones_like(x)])
    weights = np.array([1.0, 0.0])
    for _ in range(_ROUNDS):
        said = 1 / (1 + np.exp(-np.clip(weights @ design, -30, 30)))
        # A whisper of a prior, so that tools told apart without a mistake keep a finite slope.
        slope = design @ (y - said) - 1e-3 * (weights - [1.0, 0.0])
        curvature = (design * (said * (1 - said))) @ design.T + 1e-3 * np.eye(2)
        step = np.linalg.solve(curvature, slope)
        weights = weights + np.clip(step, -1, 1)
        if np.abs(step).max() < 1e-9:
            break
    return CalibratedEvidence(
        prior=prior, slope=max(float(weights[0]), 1e-3), intercept=float(weights[1])
    )


def fit_learned_evidence(columns: Sequence[LabelledColumn]) -> FittedEvidence:
    """Levels of the logits of one tool, and how their errors are spread and follow one another."""
    logits = [logits_of(column.probabilities) for column in columns]
    usable = [column.is_known & ~np.isnan(of) for column, of in zip(columns, logits, strict=True)]
    of_kind = [
        np.concatenate(
            [
                of[use & (column.present == bool(kind))]
                for column, of, use in zip(columns, logits, usable, strict=True)
            ]
        )
        for kind in range(2)
    ]
    levels = [float(np.median(values)) if len(values) > 0 else 0.0 for values in of_kind]
    errors = [values - level for values, level in zip(of_kind, levels, strict=True)]
    alone = _errors_of_both(errors)
    pairs = _consecutive_errors(columns, logits, usable, levels)
    correlation = _correlation(pairs, alone)
    left = [
        pairs.now[pairs.kind_now == kind]
        - correlation * _trusted(pairs, alone)[pairs.kind_now == kind]
        for kind in range(2)
    ]
    return FittedEvidence((levels[0], levels[1]), correlation, alone, _errors_of_both(left))


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Errors of a second and of the one before it, (n,) each, and which kind each was of."""

    before: NDArray[np.float64]
    now: NDArray[np.float64]
    kind_before: NDArray[np.intp]
    kind_now: NDArray[np.intp]


def _consecutive_errors(
    columns: Sequence[LabelledColumn],
    logits: Sequence[NDArray[np.float64]],
    usable: Sequence[NDArray[np.bool_]],
    levels: Sequence[float],
) -> _Pairs:
    parts = []
    for column, of, use in zip(columns, logits, usable, strict=True):
        kind = column.present.astype(np.intp)
        error = of - np.array(levels)[kind]
        both = use[1:] & use[:-1]
        parts.append((error[:-1][both], error[1:][both], kind[:-1][both], kind[1:][both]))
    before, now, kind_before, kind_now = (
        np.concatenate([part[k] for part in parts]) for k in range(4)
    )
    return _Pairs(before, now, kind_before, kind_now)


def _trusted(pairs: _Pairs, alone: tuple[Errors, Errors]) -> NDArray[np.float64]:
    """What the error before says about this one: nothing where it was an outlier."""
    result = np.empty_like(pairs.before)
    for kind in range(2):
        mine = pairs.kind_before == kind
        result[mine] = pairs.before[mine] * is_no_outlier(pairs.before[mine], alone[kind])
    return result


def _correlation(pairs: _Pairs, alone: tuple[Errors, Errors]) -> float:
    """Least squares of errors on the ones before, outliers weighted down, in a few rounds."""
    trusted = _trusted(pairs, alone)
    correlation = 0.0
    left = _fit_errors(pairs.now)
    for _ in range(5):
        weights = is_no_outlier(pairs.now - correlation * trusted, left)
        norm = float((weights * trusted**2).sum())
        if norm <= 0:
            return 0.0
        correlation = float((weights * trusted * pairs.now).sum()) / norm
        correlation = min(max(correlation, 0.0), 0.99)
        left = _fit_errors(pairs.now - correlation * trusted)
    return correlation


def _errors_of_both(errors: Sequence[NDArray[np.float64]]) -> tuple[Errors, Errors]:
    together = _fit_errors(np.concatenate(errors))
    absent, present = (
        _fit_errors(values) if len(values) >= _FEWEST_ROWS else together for values in errors
    )
    return absent, present


def _fit_errors(values: NDArray[np.float64]) -> Errors:
    """Fit two normal distributions around 0, of which one is wider, to errors (n,)."""
    if len(values) == 0:
        return Errors(1.0, 0.0, 3.0)
    values = values[:: max(1, len(values) // _MOST_VALUES)]
    floor = 0.05
    spread = max(float(np.sqrt((values**2).mean())), floor)
    narrow = max(float(np.median(np.abs(values))) * 1.4826, floor)
    current = Errors(narrow, 0.1, 2 * max(spread, narrow))
    for _ in range(_ROUNDS):
        belongs = is_no_outlier(values, current)
        share = float((1 - belongs).mean())
        sd = np.sqrt(float((belongs * values**2).sum()) / max(float(belongs.sum()), 1e-9))
        wide = np.sqrt(float(((1 - belongs) * values**2).sum()) / max(share * len(values), 1e-9))
        sd = max(float(sd), floor)
        before = current.sd
        current = Errors(sd, min(max(share, 0.001), 0.5), max(float(wide), 1.5 * sd))
        if abs(current.sd - before) < _STILL * before:
            break
    return current
