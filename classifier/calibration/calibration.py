"""From logits to probabilities that mean what they say: what was fitted, and how it is applied."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from classifier.calibration.maps import MOST_LOGIT, ToolMap
from classifier.calibration.priors import prior_shift

if TYPE_CHECKING:
    from classifier.head import Head

__all__ = ["HIGHEST_TEMPERATURE", "LOWEST_TEMPERATURE", "Calibration", "log_softmax"]

LOWEST_TEMPERATURE, HIGHEST_TEMPERATURE = 0.01, 100.0


@dataclass(frozen=True)
class Calibration:
    """Turns logits into probabilities: first each tool's map or the temperature, then the priors.

    Non-decreasing in the tool's own logit, and finite for every finite logit.
    """

    head: Head
    source_priors: tuple[float | None, ...]
    """(n_tools,) share of the images, fitted on, that show the tool; None where unknown."""
    maps: tuple[ToolMap, ...] = ()
    """(n_tools,) of a sigmoid head."""
    temperature: float = 1.0
    """Of a softmax head: all its logits are divided by it (Guo et al. 2017)."""
    target_priors: tuple[float | None, ...] | None = None
    """(n_tools,) share of the frames to be annotated; None if as in the images fitted on."""

    def __post_init__(self) -> None:
        softmax = self.head == "softmax"
        if len(self.maps) != (0 if softmax else self.n_tools):
            raise ValueError(f"{self.n_tools} tools of a sigmoid head need as many maps")
        # Written so that NaN is refused too.
        if not LOWEST_TEMPERATURE <= self.temperature <= HIGHEST_TEMPERATURE:
            raise ValueError(
                f"a temperature lies in {LOWEST_TEMPERATURE:g}..{HIGHEST_TEMPERATURE:g}, "
                f"got {self.temperature:g}"
            )
        for priors in (self.source_priors, self.target_priors):
            if priors is not None:
                _require_shares(priors, n_tools=self.n_tools, exclusive=softmax)

    @property
    def n_tools(self) -> int:
        """Columns of the probabilities."""
        return len(self.source_priors)

    def method_of(self, k: int) -> str:
        """How the logit of tool ``k`` is treated, in one word."""
        if self.head == "softmax":
            return "none" if self.temperature == 1 else "temperature"
        return self.maps[k].method

    def apply(self, logits: NDArray[Any]) -> NDArray[np.float32]:
        """(n, n_outputs) logits -> (n, n_tools) probabilities.

        Raises:
            ValueError: there are fewer outputs than tools, or for a sigmoid head more.
        """
        softmax = self.head == "softmax"
        width = logits.shape[1] if logits.ndim == 2 else 0
        if width < self.n_tools or (width > self.n_tools and not softmax):
            raise ValueError(f"logits must be (n, {self.n_tools} outputs), got {logits.shape}")
        z = np.clip(np.asarray(logits, dtype=np.float64), -MOST_LOGIT, MOST_LOGIT)
        shift, rest_shift = self._shift()
        if softmax:
            shifts = np.concatenate([shift, np.full(width - self.n_tools, rest_shift)])
            log_p = log_softmax(z / self.temperature + shifts)[:, : self.n_tools]
            return np.asarray(np.exp(log_p), dtype=np.float32)
        columns = [each.log_odds(z[:, k]) + shift[k] for k, each in enumerate(self.maps)]
        log_odds = np.stack(columns, axis=1)
        return np.asarray(np.exp(-np.logaddexp(0, -log_odds)), dtype=np.float32)

    def _shift(self) -> tuple[NDArray[np.float64], float]:
        if self.target_priors is None:
            return np.zeros(self.n_tools), 0.0
        source, target = (
            np.array([np.nan if p is None else p for p in priors])
            for priors in (self.source_priors, self.target_priors)
        )
        return prior_shift(source, target, exclusive=self.head == "softmax")


def _require_shares(priors: tuple[float | None, ...], *, n_tools: int, exclusive: bool) -> None:
    if len(priors) != n_tools:
        raise ValueError(f"{n_tools} tools need as many priors, got {len(priors)}")
    known = [p for p in priors if p is not None]
    if not all(0 < p < 1 for p in known):
        raise ValueError("priors lie between 0 and 1, both excluded")
    rounding = 1e-9
    if exclusive and sum(known) > 1 + rounding:
        raise ValueError(f"priors of a softmax head come to at most 1, got {sum(known):g}")


def log_softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, n_outputs) logits -> logarithms of probabilities, without overflow."""
    below = logits - logits.max(axis=1, keepdims=True)
    return np.asarray(below - np.log(np.exp(below).sum(axis=1, keepdims=True)), dtype=np.float64)
