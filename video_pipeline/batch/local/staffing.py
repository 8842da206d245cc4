"""How many workers it takes until the classifier need not wait for images.

One a processor is too many where the classifier is the slow stage: each holds a decoder's memory,
all recordings are done late instead of one after another, and a power cut costs all half done ones.
"""

from __future__ import annotations

import math

__all__ = ["Staffing"]

_FEWEST = 2
"""While one reads a file for its digest, or writes results, the other one gives images."""
_LOOK_AFTER_S = 2.0
_BUSY_ENOUGH = 0.95


class Staffing:
    """The number of workers that are wanted: two at first, and never fewer than before."""

    def __init__(self, *, most: int, at_once: bool = False) -> None:
        """``at_once``: all of them from the beginning."""
        self.most = most
        self.n_wanted = most if at_once else min(_FEWEST, most)
        self._begin()

    def note(self, *, waited_s: float, answered_s: float, n_delivering: int) -> None:
        """For so long the classifier had nothing to do, and then was at work.

        ``n_delivering``: workers that have begun to give images of their recording. Those that read
        a large file for its digest tell nothing of how many it takes.
        """
        self._noted_s += waited_s + answered_s
        self._answered_s += answered_s
        self._delivered_s += n_delivering * (waited_s + answered_s)
        if self._noted_s < _LOOK_AFTER_S:
            return
        # Each who delivers keeps it busy for an equal share of the time.
        enough_s = _BUSY_ENOUGH * self._delivered_s
        is_too_few = enough_s >= self.most * self._answered_s
        n_enough = self.most if is_too_few else math.ceil(enough_s / self._answered_s)
        if enough_s:
            self.n_wanted = max(self.n_wanted, n_enough)
        self._begin()

    def _begin(self) -> None:
        self._noted_s = self._answered_s = self._delivered_s = 0.0
