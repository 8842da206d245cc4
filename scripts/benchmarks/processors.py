"""Which processors a stage runs on, where a benchmark gives each stage its own. Linux only."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

__all__ = ["Processors", "halves", "on", "shared"]


@dataclass(frozen=True)
class Processors:
    """The processors of each stage."""

    decoding: frozenset[int]
    classifying: frozenset[int]

    @property
    def are_shared(self) -> bool:
        """Whether both stages run on the same ones."""
        return self.decoding == self.classifying

    def __str__(self) -> str:
        if self.are_shared:
            return f"{len(self.decoding)} processors, shared by both stages"
        return f"processors {_listed(self.decoding)} decode, {_listed(self.classifying)} classify"


def shared() -> Processors:
    """All that this process may use, for both stages."""
    mine = frozenset(os.sched_getaffinity(0))
    return Processors(mine, mine)


def halves() -> Processors:
    """Half of them for each stage.

    Raises:
        SystemExit: there is only one.
    """
    mine = sorted(os.sched_getaffinity(0))
    if len(mine) < 2:
        raise SystemExit("only one processor: the stages cannot have their own")
    half = len(mine) // 2
    return Processors(frozenset(mine[:half]), frozenset(mine[half:]))


@contextmanager
def on(processors: frozenset[int]) -> Iterator[None]:
    """Keep this thread, and what it starts, on these."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, processors)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _listed(processors: frozenset[int]) -> str:
    return ", ".join(str(number) for number in sorted(processors))
