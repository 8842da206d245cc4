"""Packets in the order of decoding in, frames in the order of presentation out, chunk by chunk."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from video_pipeline.frames.planned.scanning import CannotPlanError

__all__ = ["DisplayOrder", "ShownTimes"]

_LONGEST_DELAY = 64
"""Packets by which a frame may be shown out of the order of decoding; codecs allow 16 frames."""


@dataclass(frozen=True, eq=False)
class ShownTimes:
    """Frames in the order in which they are shown."""

    pts: NDArray[np.int64]
    """(n,) strictly rising."""
    packet: NDArray[np.int64]
    """(n,) the number of the packet that each frame comes in."""

    @classmethod
    def none(cls) -> ShownTimes:
        """No frames at all."""
        return cls(np.empty(0, np.int64), np.empty(0, np.int64))

    def __len__(self) -> int:
        return len(self.pts)

    def __getitem__(self, part: slice) -> ShownTimes:
        return ShownTimes(self.pts[part], self.packet[part])

    def followed_by(self, later: ShownTimes) -> ShownTimes:
        """These and later ones."""
        return ShownTimes(
            np.concatenate([self.pts, later.pts]), np.concatenate([self.packet, later.packet])
        )


class DisplayOrder:
    """Sorts frames by the time at which they are shown, holding back those that may yet move."""

    def __init__(self) -> None:
        self._waiting = ShownTimes.none()
        self._last_pts: int | None = None

    def add(self, frames: ShownTimes) -> ShownTimes:
        """Take the next frames in the order of decoding; return those whose place is certain.

        Raises ``CannotPlanError`` where two frames share a time, or where times are so far out of
        order that they cannot be right.
        """
        return self._release(frames, n_kept=_LONGEST_DELAY)

    def rest(self) -> ShownTimes:
        """Return the frames that are left when there are no more."""
        return self._release(ShownTimes.none(), n_kept=0)

    @property
    def waiting(self) -> ShownTimes:
        """Those that were held back."""
        return self._waiting

    def _release(self, frames: ShownTimes, *, n_kept: int) -> ShownTimes:
        both = self._waiting.followed_by(frames)
        if len(both) == 0:
            return both
        newest = int(both.packet[-1])
        order = np.argsort(both.pts, kind="stable")
        both = ShownTimes(both.pts[order], both.packet[order])
        certain = both[: max(0, len(both) - n_kept)]
        self._waiting = both[len(certain) :]
        self._check(both, certain, newest)
        if len(certain) > 0:
            self._last_pts = int(certain.pts[-1])
        return certain

    def _check(self, both: ShownTimes, certain: ShownTimes, newest: int) -> None:
        if np.any(np.diff(both.pts) == 0):
            raise CannotPlanError("frames share a time")
        if self._last_pts is not None and both.pts[0] <= self._last_pts:
            raise CannotPlanError("its clock runs backwards")
        # A frame that everything after it overtakes has a time that cannot be its own.
        waiting = self._waiting.packet
        if len(certain) > 0 and len(waiting) > 0 and newest - waiting.min() > 2 * _LONGEST_DELAY:
            raise CannotPlanError("a frame's time cannot be its own")
