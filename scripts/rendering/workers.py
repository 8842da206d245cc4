"""Work shared among processes, with results in the order of the tasks."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

import cv2
import numpy as np

__all__ = ["in_order", "settle_down"]

TaskT = TypeVar("TaskT")
ResultT = TypeVar("ResultT")

WAITING_PER_WORKER = 3
"""Tasks handed out ahead: enough to keep a worker busy, few enough to bound the memory."""

KEPT_BYTES = 31 * 2**20
"""Just below the most that glibc accepts as its limit."""


def in_order(
    work: Callable[[TaskT], ResultT], tasks: Iterable[TaskT], *, workers: int
) -> Iterator[ResultT]:
    """Yield work(task) for each task, in their order, computed by that many processes.

    A single worker is this process itself.
    """
    if workers == 1:
        yield from map(work, tasks)
        return
    # Spawned, not forked: a fork inherits the locks of whatever threads the parent runs.
    with ProcessPoolExecutor(
        workers, mp_context=get_context("spawn"), initializer=settle_down
    ) as pool:
        waiting: deque[Future[ResultT]] = deque()
        try:
            for task in tasks:
                waiting.append(pool.submit(work, task))
                if len(waiting) >= WAITING_PER_WORKER * workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def settle_down() -> None:
    """Make a process quick: one thread, and memory that is kept rather than returned."""
    cv2.setNumThreads(1)
    # glibc gives large arrays back to the system at once, and taking them anew costs more than the
    # arithmetic upon them (painting a texture took three times as long). It raises that limit to
    # the size of a block that was freed.
    block = np.empty(KEPT_BYTES, np.uint8)
    del block
