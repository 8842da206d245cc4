"""Work ahead in a thread: so that decoding and classifying overlap, and nothing is left running."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from video_pipeline.interruption import StopWish, wishes_to_stop

__all__ = ["prefetch"]

Item = TypeVar("Item")

_LOOK_EVERY_S = 0.2
"""How often someone who waits for an item looks whether to stop."""


@contextmanager
def prefetch(items: Iterable[Item], *, depth: int = 2) -> Iterator[Iterator[Item]]:
    """Iterate over ``items`` in a thread that runs at most ``depth`` items ahead.

        with prefetch(sampler) as batches:
            for batch in batches: ...

    An exception of the thread is raised where the next item would have been taken. However the
    block is left, the thread stops after the item it is at, closes the iterator (so that its
    ``finally`` blocks run, in that thread) and has ended when the block has. An interruption of
    the program is raised where the next item would have been taken, too.
    """
    if depth < 1:
        raise ValueError(f"at least one item is prefetched, got depth={depth}")
    with wishes_to_stop() as wish:
        worker = _Worker(items, depth, wish)
        worker.start()
        try:
            yield worker
        finally:
            worker.stop()


class _Worker(Generic[Item]):
    """A thread that fills a bounded buffer, and the iterator that empties it."""

    def __init__(self, items: Iterable[Item], depth: int, wish: StopWish) -> None:
        self._items = items
        self._depth = depth
        self._wish = wish
        self._buffer: deque[Item] = deque()
        self._changed = threading.Condition()
        self._error: BaseException | None = None
        self._is_done = False
        self._is_stopped = False
        self._thread = threading.Thread(target=self._work, name="prefetch")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        with self._changed:
            self._is_stopped = True
            self._changed.notify_all()
        self._thread.join()
        self._buffer.clear()

    def __iter__(self) -> Iterator[Item]:
        return self

    def __next__(self) -> Item:
        with self._changed:
            while not self._changed.wait_for(self._is_over, _LOOK_EVERY_S):
                self._wish.grant()
            self._wish.grant()
            if self._buffer and not self._is_stopped:
                self._changed.notify_all()
                return self._buffer.popleft()
            error, self._error = self._error, None
        if error is not None:
            raise error
        raise StopIteration

    def _is_over(self) -> bool:
        """Whether there is nothing to wait for any more."""
        return bool(self._buffer) or self._is_done or self._is_stopped

    def _work(self) -> None:
        error: BaseException | None = None
        try:
            self._fill()
        except BaseException as caught:  # noqa: BLE001  raised again where the item is missed
            error = caught
        with self._changed:
            self._error = error
            self._is_done = True
            self._changed.notify_all()

    def _fill(self) -> None:
        iterator = iter(self._items)
        try:
            for item in iterator:
                if not self._put(item):
                    return
        finally:
            close = getattr(iterator, "close", None)
            if close is not None:
                close()

    def _put(self, item: Item) -> bool:
        """Wait for room; False where nobody wants the item any more."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._buffer) < self._depth or self._is_stopped)
            if self._is_stopped:
                return False
            self._buffer.append(item)
            self._changed.notify_all()
            return True
