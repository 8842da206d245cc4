"""How good a network under training is on the images that were held back from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.config import ModelConfig
from classifier.head import link

__all__ = ["Validation", "validate"]


@dataclass(frozen=True)
class Validation:
    """One judgement of a network; figures are None where their definition gives no value."""

    loss: float
    accuracy: float
    """Over images (softmax) or known image-tool labels (sigmoid)."""
    mean_average_precision: float | None
    """Mean over the tools that are shown and missing at least once, pooled over all images."""

    @property
    def rank(self) -> tuple[float, float]:
        """Greater is better: by mean average precision, then by loss."""
        precision = self.mean_average_precision
        return (precision if precision is not None else 0.0, -self.loss)


def validate(
    config: ModelConfig,
    logits: NDArray[np.float32],
    labels: NDArray[np.float32],
    *,
    loss: Any,
    accuracy: Any,
) -> Validation:
    """Judge logits by labels, both (n, n_outputs); ``loss`` and ``accuracy`` are Keras'."""
    return Validation(
        loss=float(loss(labels, logits)),
        accuracy=float(np.mean(np.asarray(accuracy(labels, logits)))),
        mean_average_precision=_mean_average_precision(config, logits, labels),
    )


def _mean_average_precision(
    config: ModelConfig, logits: NDArray[np.float32], labels: NDArray[np.float32]
) -> float | None:
    from sklearn.metrics import average_precision_score

    # Where outputs do not compete the link changes no order, and could make equals of the surest.
    scores = link("softmax", logits) if config.head == "softmax" else logits
    found = []
    for k in range(len(config.tools)):
        known = ~np.isnan(labels[:, k])
        true = labels[known, k] == 1
        if true.any() and not true.all():
            found.append(float(average_precision_score(true, scores[known, k])))
    return float(np.mean(found)) if found else None
