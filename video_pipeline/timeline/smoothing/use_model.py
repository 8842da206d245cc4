"""How a tool is used, and how a classifier errs about it: a hidden Markov model of one tool.

A tool is absent or present. How long each lasts is a mixture of geometric distributions: real uses
are many short touches and a few long stretches, and a single geometric distribution, the plain
two-state model, forgets the short ones. What is seen of it are the logits of the probabilities.
Either they are taken at their word (``CalibratedEvidence``), or their levels and errors were
learned from labelled recordings (``FittedEvidence``): errors of consecutive frames resemble one
another, and a model that takes each for a new witness believes a second of glare as firmly as a use
of the tool.

Source of the recursions: Rabiner, "A tutorial on hidden Markov models", Proc. IEEE 77 (1989); of
emissions that lean on the previous one: Hamilton, "Analysis of time series subject to changes in
regime", J. Econometrics 45 (1990).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

__all__ = [
    "CalibratedEvidence",
    "Decision",
    "Durations",
    "Errors",
    "FittedEvidence",
    "UseModel",
]

Decision = Literal["path", "state"]
"""``path``: the most probable sequence (Viterbi); ``state``: each second's own probability."""

MOST_COMPONENTS = 2
"""Of a mixture of durations; a third brought nothing more."""


@dataclass(frozen=True)
class Durations:
    """How long a stretch lasts: a share of stretches each has a geometric length of a mean."""

    shares: tuple[float, ...]
    """They sum to 1."""
    means_s: tuple[float, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.shares) == len(self.means_s) <= MOST_COMPONENTS:
            raise ValueError(
                f"a mixture has 1 to {MOST_COMPONENTS} components, each with its share and mean, "
                f"got {self.shares} and {self.means_s}"
            )
        if not all(0 <= share <= 1 for share in self.shares) or not math.isclose(
            sum(self.shares), 1, abs_tol=1e-6
        ):
            raise ValueError(f"shares lie in [0, 1] and sum to 1, got {self.shares}")
        if not all(math.isfinite(mean) and mean > 0 for mean in self.means_s):
            raise ValueError(f"mean durations are positive seconds, got {self.means_s}")


@dataclass(frozen=True)
class Errors:
    """How far a logit lies from where it is expected: a normal distribution, and a wider one."""

    sd: float
    outlier_share: float
    outlier_sd: float

    def __post_init__(self) -> None:
        if not (0 < self.sd < math.inf and 0 < self.outlier_sd < math.inf):
            raise ValueError(
                f"standard deviations are positive, got {self.sd} and {self.outlier_sd}"
            )
        if not 0 <= self.outlier_share <= 1:
            raise ValueError(f"outlier_share lies in [0, 1], got {self.outlier_share}")


@dataclass(frozen=True)
class CalibratedEvidence:
    """Takes probabilities at their word, each as a witness of ``exponent`` of its own weight."""

    exponent: float = 1.0
    """Below 1, consecutive frames are taken to say partly the same."""
    prior: float = 0.5
    """How often the tool was there among the frames that the probabilities were calibrated on."""
    slope: float = 1.0
    """Calibrated logits are ``slope`` times the logits, plus ``intercept``; 1 and 0 where the
    probabilities are calibrated already."""
    intercept: float = 0.0

    def __post_init__(self) -> None:
        if not 0 < self.exponent <= 1:
            raise ValueError(f"exponent must lie in (0, 1], got {self.exponent}")
        if not 0 < self.prior < 1:
            raise ValueError(f"prior must lie in (0, 1), got {self.prior}")
        if not (0 < self.slope < math.inf and math.isfinite(self.intercept)):
            raise ValueError(
                f"slope is positive and intercept finite, got {self.slope} and {self.intercept}"
            )


@dataclass(frozen=True)
class FittedEvidence:
    """Logits have a level each for absent and present, and errors that resemble the one before."""

    levels: tuple[float, float]
    """(absent, present) logits."""
    correlation: float
    """Of the errors of frames one second apart."""
    alone: tuple[Errors, Errors]
    """(absent, present) errors where the frame before is not known."""
    following: tuple[Errors, Errors]
    """(absent, present) what is left of them where it is."""

    def __post_init__(self) -> None:
        if not all(map(math.isfinite, self.levels)):
            raise ValueError(f"levels are finite, got {self.levels}")
        if not 0 <= self.correlation < 1:
            raise ValueError(f"correlation must lie in [0, 1), got {self.correlation}")


@dataclass(frozen=True)
class UseModel:
    """One tool: how long it is absent and present, and what probabilities say about it."""

    absent: Durations
    present: Durations
    evidence: CalibratedEvidence | FittedEvidence
    share_present: float = 0.5
    """How probable the tool is in the very first second."""
    decision: Decision = "state"
    on_threshold: float = 0.5
    """Of a second's own probability; ``path`` knows no thresholds."""
    off_threshold: float = 0.5
    """Where it falls below this, the tool has gone; between the two, nothing changes."""
    lag_s: float | None = None
    """How much later than a second the answer for it is given; 0: at once, None: at the end."""

    def __post_init__(self) -> None:
        if not 0 < self.share_present < 1:
            raise ValueError(f"share_present must lie in (0, 1), got {self.share_present}")
        if not 0 < self.off_threshold <= self.on_threshold < 1:
            raise ValueError(
                "thresholds must satisfy 0 < off <= on < 1, "
                f"got {self.off_threshold} and {self.on_threshold}"
            )
        if self.decision not in ("path", "state"):
            raise ValueError(f"decision is path or state, got {self.decision!r}")
        if self.lag_s is not None and not 0 <= self.lag_s < math.inf:
            raise ValueError(f"lag_s is a time or None, got {self.lag_s}")
        if self.decision == "path" and self.lag_s is not None:
            raise ValueError("the most probable path is known at the end only; lag_s must be None")
