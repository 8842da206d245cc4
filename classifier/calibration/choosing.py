"""Which fit is best, and how good it is: judged on images that it was not fitted on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = ["choose_fit", "fits_held_out", "folds"]

_MOST_FOLDS = 5

_M = TypeVar("_M")
Rows = NDArray[np.int64]
Fit = Callable[[NDArray[np.float64], NDArray[Any]], _M]
"""(logits, true) to what was fitted."""
Loss = Callable[[_M, NDArray[np.float64], NDArray[Any]], NDArray[np.float64]]
"""(what was fitted, logits, true) to the (n,) loss of each image."""


def folds(true: NDArray[Any], groups: NDArray[np.int64] | None) -> list[tuple[Rows, Rows]]:
    """Split images into up to 5 parts; give, for each part, the rows of the others and its own.

    ``true`` (n,) is what is spread evenly over the parts; images of one of ``groups`` (n,) stay
    together. The same call gives the same parts. Empty where there is nothing to split.
    """
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    _, stratum, counts = np.unique(true, return_inverse=True, return_counts=True)
    n_units = len(true) if groups is None else len(np.unique(groups))
    n_folds = min(_MOST_FOLDS, n_units, int(counts.max(initial=0)))
    if n_folds < 2:
        return []
    # scikit-learn wants as many of each stratum as folds; rarer ones join the commonest.
    joined = np.where(counts < n_folds, counts.argmax(), np.arange(len(counts)))[stratum]
    kind = StratifiedKFold if groups is None else StratifiedGroupKFold
    splitter = kind(n_splits=n_folds, shuffle=True, random_state=0)
    parts = splitter.split(np.zeros(len(true)), joined, groups)
    return [(others, own) for others, own in parts if min(len(others), len(own)) > 0]


def choose_fit(
    fits: Mapping[str, Fit[_M]],
    loss: Loss[_M],
    *,
    logits: NDArray[np.float64],
    true: NDArray[Any],
    groups: NDArray[np.int64] | None,
) -> _M:
    """Fit each way on parts of the images, and all of them the way with the least loss held out.

    Of equally good ways the first one is taken; where nothing can be held out, too.
    """
    parts = folds(true, groups) if len(fits) > 1 else []

    def held_out_loss(name: str) -> float:
        return sum(
            float(loss(fits[name](logits[others], true[others]), logits[own], true[own]).sum())
            for others, own in parts
        )

    return fits[min(fits, key=held_out_loss)](logits, true)


def fits_held_out(
    fits: Mapping[str, Fit[_M]],
    loss: Loss[_M],
    *,
    logits: NDArray[np.float64],
    true: NDArray[Any],
    groups: NDArray[np.int64] | None,
) -> Iterator[tuple[_M, Rows]]:
    """Choose and fit without each part of the images in turn; give the outcome with its rows.

    The choice is made anew within the other parts, so that nothing of a part has told on it.
    """
    for others, own in folds(true, groups):
        chosen = choose_fit(
            fits,
            loss,
            logits=logits[others],
            true=true[others],
            groups=None if groups is None else groups[others],
        )
        yield chosen, own
