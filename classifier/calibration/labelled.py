"""Logits and labels beside one another: what calibrations are fitted to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from classifier.calibration.maps import MOST_LOGIT

if TYPE_CHECKING:
    from classifier.config import ModelConfig

__all__ = ["LabelledLogits", "line_up"]


@dataclass(frozen=True, eq=False)
class LabelledLogits:
    """What a network said of images, and what they show."""

    logits: NDArray[np.float64]
    """(n, n_outputs)."""
    labels: NDArray[np.float64]
    """(n, n_tools) 0, 1, or NaN where nobody said."""
    groups: NDArray[np.int64] | None
    """(n,) index of the recording or patient; None where fewer than two are known."""
    n_groups: int | None
    """Recordings or patients; None where none is known."""

    @property
    def n_tools(self) -> int:
        """Columns of the labels."""
        return int(self.labels.shape[1])

    @property
    def folds(self) -> str:
        """What cross-validation keeps together."""
        return "by image" if self.groups is None else "by recording"

    def take(self, rows: NDArray[Any]) -> LabelledLogits:
        """Keep the images of ``rows``."""
        groups = None if self.groups is None else self.groups[rows]
        return LabelledLogits(self.logits[rows], self.labels[rows], groups, self.n_groups)


def line_up(
    config: ModelConfig,
    logits: NDArray[Any],
    labels: NDArray[Any],
    groups: Sequence[str] | None,
) -> LabelledLogits:
    """Check logits (n, n_outputs), labels (n, n_tools or more) and groups (n,) against the model.

    Columns after the tools' (background classes) are not needed: an image without any tool is one.
    An image whose group is "" belongs to nothing known, and is a group of its own.

    Raises:
        ValueError: shapes do not fit, a logit is not finite, or a label is not 0, 1 or NaN.
    """
    n, n_tools = len(logits), len(config.tools)
    if logits.shape != (n, config.n_outputs):
        raise ValueError(f"logits must be (n, {config.n_outputs}), got {logits.shape}")
    if labels.ndim != 2 or len(labels) != n or labels.shape[1] < n_tools:
        raise ValueError(f"labels must be ({n}, {n_tools} tools), got {labels.shape}")
    if groups is not None and len(groups) != n:
        raise ValueError(f"{n} images need as many groups, got {len(groups)}")
    z = np.asarray(logits, dtype=np.float64)
    shown = np.asarray(labels[:, :n_tools], dtype=np.float64)
    if not np.isfinite(z).all():
        raise ValueError("logits must be finite")
    if not (np.isnan(shown) | (shown == 0) | (shown == 1)).all():
        raise ValueError("labels must be 0, 1 or NaN")
    indices, n_groups = _group_indices(groups)
    return LabelledLogits(np.clip(z, -MOST_LOGIT, MOST_LOGIT), shown, indices, n_groups)


def _group_indices(groups: Sequence[str] | None) -> tuple[NDArray[np.int64] | None, int | None]:
    named = set(groups or ()) - {""}
    if groups is None or not named:
        return None, None
    if len(named) == 1:
        return None, 1
    index = {name: i for i, name in enumerate(sorted(named))}
    alone = len(index)
    rows = [index.get(name, alone + row) for row, name in enumerate(groups)]
    return np.array(rows, dtype=np.int64), len(named)
