"""What a training leaves: the network, how it went, and what it says of the images held back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier.model.network import Network
from classifier.training.progress import EpochRecord

__all__ = ["FittedNetwork", "HeldOutAnswers"]


@dataclass(frozen=True, eq=False)
class HeldOutAnswers:
    """What a network, with its best weights, says of the images that were held back.

    Where it learned from pairs some of these are pairs too: single tools alone would make it look
    too good, and a calibration by them would take back what it has learned of company.
    """

    logits: NDArray[np.float32]
    """(n, n_outputs)"""
    labels: NDArray[np.float32]
    """(n, n_outputs) 0, 1 or NaN."""
    groups: tuple[str, ...] | None
    """Patient or recording of each, of a pair that of its first image; None where unknown."""


@dataclass(frozen=True, eq=False)
class FittedNetwork:
    """A network with its best weights, rounded as they will be stored."""

    network: Network
    history: tuple[EpochRecord, ...]
    starting_weights: str
    validation: HeldOutAnswers
