"""What one tool's logit is turned into: nothing else, a straight line, or steps.

Each map is a non-decreasing function of the logit alone, so that no ranking is turned round.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "MOST_INTERCEPT",
    "MOST_KNOTS",
    "MOST_LOGIT",
    "MOST_SLOPE",
    "Isotonic",
    "Platt",
    "ToolMap",
    "Unchanged",
]

MOST_LOGIT = 1e4
"""Logits beyond it count as it; the probability has long been 0 or 1."""

MOST_SLOPE = 1e3
MOST_INTERCEPT = 1e4
MOST_KNOTS = 256
_LEAST_PROBABILITY = 1e-9


@dataclass(frozen=True)
class Unchanged:
    """The logit means what it says, or too little is known to say otherwise."""

    method: ClassVar[str] = "none"

    def log_odds(self, logits: NDArray[np.float64]) -> NDArray[np.float64]:
        """The logits themselves."""
        return logits


@dataclass(frozen=True)
class Platt:
    """``slope * logit + intercept`` (Platt 1999)."""

    method: ClassVar[str] = "platt"

    slope: float
    intercept: float

    def __post_init__(self) -> None:
        # Written so that NaN is refused too.
        if not 0 < self.slope <= MOST_SLOPE:
            raise ValueError(f"a slope lies above 0, up to {MOST_SLOPE:g}, got {self.slope:g}")
        if not -MOST_INTERCEPT <= self.intercept <= MOST_INTERCEPT:
            raise ValueError(f"an intercept lies within {MOST_INTERCEPT:g}, got {self.intercept:g}")

    def log_odds(self, logits: NDArray[np.float64]) -> NDArray[np.float64]:
        """Logits of any shape -> log odds of the same shape."""
        return self.slope * logits + self.intercept


@dataclass(frozen=True)
class Isotonic:
    """Probabilities at some logits, straight between them, constant beyond (Zadrozny, Elkan 2002).

    Where it is flat, images that the network told apart get one and the same probability.
    """

    method: ClassVar[str] = "isotonic"

    logits: tuple[float, ...]
    """(n_knots,) increasing."""
    probabilities: tuple[float, ...]
    """(n_knots,) non-decreasing, 0 and 1 excluded."""

    def __post_init__(self) -> None:
        if not 2 <= len(self.logits) == len(self.probabilities) <= MOST_KNOTS:
            raise ValueError(
                f"2 to {MOST_KNOTS} logits need as many probabilities, got {len(self.logits)} and "
                f"{len(self.probabilities)}"
            )
        x, y = np.array(self.logits), np.array(self.probabilities)
        if not ((np.abs(x) <= MOST_LOGIT).all() and (np.diff(x) > 0).all()):
            raise ValueError(f"logits of steps increase and lie within {MOST_LOGIT:g}")
        if not ((y >= _LEAST_PROBABILITY) & (y <= 1 - _LEAST_PROBABILITY)).all():
            raise ValueError("probabilities of steps lie between 0 and 1, both excluded")
        if not (np.diff(y) >= 0).all():
            raise ValueError("probabilities of steps never fall")

    def log_odds(self, logits: NDArray[np.float64]) -> NDArray[np.float64]:
        """Logits of any shape -> log odds of the same shape."""
        x, y = np.array(self.logits), np.array(self.probabilities)
        inside = np.clip(logits, x[0], x[-1])
        left = np.clip(np.searchsorted(x, inside, side="right") - 1, 0, len(x) - 2)
        part = (inside - x[left]) / (x[left + 1] - x[left])
        # Rounding must not lift a value above the next knot's: the map would fall there.
        probability = np.minimum(y[left] + part * (y[left + 1] - y[left]), y[left + 1])
        return np.asarray(np.log(probability) - np.log1p(-probability), dtype=np.float64)


ToolMap = Unchanged | Platt | Isotonic
