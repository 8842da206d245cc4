"""What a tool's model makes of its probabilities: the chance of being present, or the best path.

All columns are taken along together; see ``scan``. States are pairs of kind (absent, present) and
component of the mixture of durations.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from video_pipeline.timeline.smoothing.evidence import evidence_of, logits_of
from video_pipeline.timeline.smoothing.scan import Chain, backward, forward, max_product
from video_pipeline.timeline.smoothing.use_model import MOST_COMPONENTS, Durations, UseModel

__all__ = ["most_probable_path", "presence_probabilities"]

_KIND_OF = np.repeat(np.arange(2), MOST_COMPONENTS)


def presence_probabilities(
    probabilities: NDArray[np.floating],
    models: Sequence[UseModel],
    *,
    lag_s: float | None,
    rate_hz: float = 1.0,
) -> NDArray[np.float64]:
    """(n, n_columns): P(present in row t | rows up to t + lag).

    ``probabilities`` is (n, n_columns), NaN where nothing was seen, ``models`` one a column.
    ``lag_s``: 0 is the forward filter, None takes all rows (forward-backward).
    """
    if len(probabilities) == 0:
        return np.zeros(probabilities.shape)
    first, chain = _chain(probabilities, models, rate_hz)
    states = forward(first, chain)
    if lag_s is None:
        states = states * backward(np.ones_like(first), chain)
    else:
        states = states * _ahead(chain, first.shape, n_rows=math.floor(lag_s * rate_hz + 1e-9))
    present: NDArray[np.float64] = states[_KIND_OF == 1].sum(axis=0)
    present /= states.sum(axis=0)
    return present


def most_probable_path(
    probabilities: NDArray[np.floating], models: Sequence[UseModel], *, rate_hz: float = 1.0
) -> NDArray[np.bool_]:
    """(n, n_columns): whether the most probable sequence of states is present in each row.

    Found by the best path through each state of each row, from both ends: where two paths are
    exactly as probable, rows are taken from either.
    """
    if len(probabilities) == 0:
        return np.zeros(probabilities.shape, dtype=np.bool_)
    first, chain = _chain(probabilities, models, rate_hz)
    best = forward(first, chain, max_product) * backward(np.ones_like(first), chain, max_product)
    present: NDArray[np.bool_] = _KIND_OF[best.argmax(axis=0)] == 1
    return present


def _chain(
    probabilities: NDArray[np.floating], models: Sequence[UseModel], rate_hz: float
) -> tuple[NDArray[np.float64], Chain]:
    """(n_states, n_columns) for row 0, and the chain that leads on from it."""
    logits = logits_of(probabilities)
    evidence = np.stack(
        [
            evidence_of(column, model, rate_hz=rate_hz)
            for column, model in zip(logits.T, models, strict=True)
        ],
        axis=-1,
    )
    transition = np.stack([_transition(model, rate_hz) for model in models], axis=-1)
    start = np.stack([_start(model) for model in models], axis=-1)
    # Nothing comes before row 0, so either kind before it says the same of it.
    return start * evidence[0][_KIND_OF, 0], Chain(transition, evidence, _KIND_OF)


def _ahead(chain: Chain, shape: tuple[int, int], *, n_rows: int) -> NDArray[np.float64]:
    """(n_states, n, n_columns): how well the next ``n_rows`` rows fit each state of each row."""
    n_states, n_columns = shape
    ahead = np.ones((n_states, chain.n_rows, n_columns))
    for _ in range(min(n_rows, chain.n_rows - 1)):
        # From row t + 1, as far ahead as is known so far, back to row t; the last row has no next.
        later = np.ones_like(ahead)
        for kind in range(2):
            after = chain.evidence[kind][_KIND_OF, 1:] * ahead[:, 1:]
            for state in np.flatnonzero(kind == _KIND_OF):
                later[state, :-1] = np.einsum("jc,jtc->tc", chain.transition[state], after)
        ahead = later / later.max(axis=0)
    return ahead


def _transition(model: UseModel, rate_hz: float) -> NDArray[np.float64]:
    """(n_states, n_states): a stretch goes on, or ends and one of the other kind begins."""
    n = MOST_COMPONENTS
    matrix = np.zeros((2 * n, 2 * n))
    for kind, durations in enumerate((model.absent, model.present)):
        other = model.present if kind == 0 else model.absent
        for k, mean_s in enumerate(durations.means_s):
            ends = min(1.0, 1 / (mean_s * rate_hz))
            row = kind * n + k
            matrix[row, row] = 1 - ends
            matrix[row, (1 - kind) * n :][: len(other.shares)] = ends * np.array(other.shares)
    return matrix


def _start(model: UseModel) -> NDArray[np.float64]:
    """(n_states,): row 0 lies somewhere in a stretch, more probably in a long one."""
    start = np.zeros(2 * MOST_COMPONENTS)
    for kind, (durations, share) in enumerate(
        ((model.absent, 1 - model.share_present), (model.present, model.share_present))
    ):
        at = slice(kind * MOST_COMPONENTS, kind * MOST_COMPONENTS + len(durations.shares))
        start[at] = share * _shares_of_time(durations)
    return start


def _shares_of_time(durations: Durations) -> NDArray[np.float64]:
    weights = np.array(durations.shares) * np.array(durations.means_s)
    shares: NDArray[np.float64] = weights / weights.sum()
    return shares
