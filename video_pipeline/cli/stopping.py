"""Ctrl-C and SIGTERM as a wish to stop at the next good place; a second one stops at once.

So does the first, as long as nobody has begun to ask: then there is nothing to keep.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from video_pipeline.cli.console import note

__all__ = ["stop_when_asked"]


@contextmanager
def stop_when_asked() -> Iterator[Callable[[], bool]]:
    """Yield a function that says whether someone has asked to stop."""
    asked, is_watched = False, False

    def ask(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        del number, frame
        if asked or not is_watched:
            raise KeyboardInterrupt
        asked = True
        note("stopping after this step, with a checkpoint; once more stops at once")

    def should_stop() -> bool:
        nonlocal is_watched
        is_watched = True
        return asked

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield should_stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
