"""The frames that a plan is made of, in arrays: which, beside which, and from where on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Targets"]


@dataclass(frozen=True, eq=False)
class Targets:
    """Frames that are wanted, with what is needed to decode them; (n_targets,) each."""

    numbers: NDArray[np.int64]
    """Which of the sampling times each is on display at."""
    pts: NDArray[np.int64]
    before: NDArray[np.int64]
    """Ticks of the frame shown before it; its own if there is none."""
    after: NDArray[np.int64]
    """Ticks of the frame shown after it; its own if there is none."""
    packet: NDArray[np.int64]
    """Number of the last packet that has to be decoded for it."""
    access: NDArray[np.int64]
    """Number of the packet that decoding has to start at."""
    access_pts: NDArray[np.int64]
    """Its ticks; of the recording's very first packet, where no other will do, any."""

    def at(self, chosen: NDArray[np.int64] | NDArray[np.bool_]) -> Targets:
        """Some of them, by their places or a mask."""
        return Targets(*(array[chosen] for array in vars(self).values()))

    @classmethod
    def joined(cls, parts: list[Targets]) -> Targets:
        """All of several, in order."""
        if not parts:
            return cls(*(np.empty(0, np.int64) for _ in range(7)))
        columns = zip(*(vars(part).values() for part in parts), strict=True)
        return cls(*(np.concatenate(column) for column in columns))
