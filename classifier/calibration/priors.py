"""Probabilities for a place where tools are more or less frequent than where they were learned.

Saerens, Latinne, Decaestecker 2002: if frames that show a tool look the same in both places and
only their share differs, Bayes' rule says what becomes of each probability; and if the new shares
are not known, they are the fixed point of expectation-maximisation over unlabelled probabilities.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["complete_shares", "estimate_priors", "prior_shift", "shift_priors"]

_MOST_ITERATIONS = 10_000
_CLOSE_ENOUGH = 1e-8
_NO_REST = 1e-12
_ROUNDED = 1e-3
"""How far shares written with few digits may be from 1."""


def prior_shift(
    source: NDArray[np.float64], target: NDArray[np.float64], *, exclusive: bool
) -> tuple[NDArray[np.float64], float]:
    """What a change of shares adds to each tool's logit, (n_tools,), and to the background's.

    Both hold each tool's share of the images, (n_tools,) between 0 and 1, both excluded; NaN is
    unknown, and changes nothing. ``exclusive``: an image shows one tool or none (softmax), the
    shares leave the rest of 1 to the background, and a logit gains the log of the ratio; otherwise
    it gains the difference of the log odds.
    """
    known = ~np.isnan(source + target)
    if exclusive and not known.all():
        return np.zeros(len(source)), 0.0
    s, t = np.where(known, source, 0.5), np.where(known, target, 0.5)
    if not exclusive:
        return np.asarray(_log_odds(t) - _log_odds(s), dtype=np.float64), 0.0
    rests = 1 - s.sum(), 1 - t.sum()
    # Without a background class the shares come to 1, and there is no rest to be shifted.
    rest_shift = float(np.log(rests[1] / rests[0])) if min(rests) > _NO_REST else 0.0
    return np.log(t / s), rest_shift


def shift_priors(
    probabilities: NDArray[np.float64],
    source: NDArray[np.float64],
    target: NDArray[np.float64],
    *,
    exclusive: bool,
) -> NDArray[np.float64]:
    """(n, n_tools) probabilities where tools have ``source`` shares -> where they have ``target``.

    Equal shares change nothing, and there and back is where one was, within rounding.
    """
    shift, rest_shift = prior_shift(source, target, exclusive=exclusive)
    gain = np.exp(shift)
    if exclusive:
        rest = np.clip(1 - probabilities.sum(axis=1, keepdims=True), 0, 1)
        scaled = probabilities * gain
        return np.asarray(
            scaled / (scaled.sum(axis=1, keepdims=True) + rest * np.exp(rest_shift)),
            dtype=np.float64,
        )
    scaled = probabilities * gain
    return np.asarray(scaled / (scaled + 1 - probabilities), dtype=np.float64)


def estimate_priors(
    probabilities: NDArray[np.float64],
    source_priors: Sequence[float] | NDArray[np.float64],
    *,
    exclusive: bool = False,
) -> NDArray[np.float64]:
    """Estimate each tool's share, (n_tools,), from unlabelled (n, n_tools) probabilities by EM.

    The probabilities must be calibrated where tools have ``source_priors``; ``exclusive`` as in
    ``prior_shift``. Rows with NaN (nothing was seen) are left out. A share is never nearer to 0 or
    1 than half an image, because a tool that n images do not show may be on the next one.

    Raises:
        ValueError: there is nothing to estimate from, or shares and columns do not fit.
    """
    source = np.asarray(source_priors, dtype=np.float64)
    seen = np.asarray(probabilities, dtype=np.float64)
    if seen.ndim != 2 or source.shape != seen.shape[1:]:
        raise ValueError(f"{source.shape} shares do not fit {seen.shape} probabilities")
    seen = seen[~np.isnan(seen).any(axis=1)]
    if len(seen) == 0 or not ((seen >= 0) & (seen <= 1)).all():
        raise ValueError("at least one row of probabilities in 0..1 is needed")
    if not ((source > 0) & (source < 1)).all():
        raise ValueError("source shares lie between 0 and 1, both excluded")
    estimate = source
    for _ in range(_MOST_ITERATIONS):
        expected = shift_priors(seen, source, estimate, exclusive=exclusive).mean(axis=0)
        renewed = _bounded(expected, n=len(seen), exclusive=exclusive)
        change = np.abs(renewed - estimate).max()
        estimate = renewed
        if change < _CLOSE_ENOUGH:
            break
    return estimate


def complete_shares(
    shares: Mapping[str, float],
    *,
    tools: Sequence[str],
    source: Sequence[float],
    exclusive: bool,
    has_background: bool,
) -> tuple[float, ...]:
    """Target shares of all tools, where some are given: the others keep the source's.

    Where an image shows one tool or none (``exclusive``), those not given, the background among
    them, share what is left in proportion to what they had.

    Raises:
        ValueError: exclusive shares that come to more than 1, or leave nothing to the others.
    """
    if not exclusive:
        return tuple(shares.get(tool, s) for tool, s in zip(tools, source, strict=True))
    given = sum(shares.values())
    all_given = len(shares) == len(tools) and not has_background
    if all_given and abs(given - 1) <= _ROUNDED:
        return tuple(shares[tool] / given for tool in tools)
    if all_given or given >= 1:
        expected = "exactly 1" if all_given else "less than 1"
        raise ValueError(
            f"a softmax head shows one tool at a time: the shares must come to {expected}, "
            f"got {given:g}"
        )
    had = sum(s for tool, s in zip(tools, source, strict=True) if tool in shares)
    ratio = (1 - given) / (1 - had)
    return tuple(shares.get(tool, s * ratio) for tool, s in zip(tools, source, strict=True))


def _bounded(expected: NDArray[np.float64], *, n: int, exclusive: bool) -> NDArray[np.float64]:
    """Keep shares half an image away from 0 and 1, and exclusive ones, with the rest, at 1."""
    margin = 0.5 / (n + 1)
    bounded = np.clip(expected, margin, 1 - margin)
    if exclusive:
        rest = 1 - expected.sum()
        bounded = bounded / (bounded.sum() + (max(rest, margin) if rest > _NO_REST else 0))
    return np.asarray(bounded, dtype=np.float64)


def _log_odds(p: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.log(p) - np.log1p(-p), dtype=np.float64)
