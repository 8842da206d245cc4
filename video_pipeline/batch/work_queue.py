"""The recordings that are left to do; those that another process is at come back a little later."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable
from typing import Generic, TypeVar

__all__ = ["WorkQueue"]

Work = TypeVar("Work")

_TRY_AGAIN_S = 1.0


class WorkQueue(Generic[Work]):
    """Recordings, or what stands for them, in their order; behind them those put back."""

    def __init__(self, recordings: Iterable[Work]) -> None:
        self._left = deque(recordings)
        self._put_back: deque[tuple[float, Work]] = deque()

    def __len__(self) -> int:
        """How many are left, whether or not they can be taken now."""
        return len(self._left) + len(self._put_back)

    def take(self) -> Work | None:
        """The next one; None where there is none, or none before some time has passed."""
        if self._left:
            return self._left.popleft()
        if self._put_back and self._put_back[0][0] <= time.monotonic():
            return self._put_back.popleft()[1]
        return None

    def put_first(self, recording: Work) -> None:
        """To be taken next."""
        self._left.appendleft(recording)

    def put_back(self, recording: Work) -> None:
        """Another process is at it: to be tried again when all others are done."""
        self._put_back.append((time.monotonic() + _TRY_AGAIN_S, recording))
