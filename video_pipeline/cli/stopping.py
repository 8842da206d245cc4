"""Ctrl-C and SIGTERM as a wish to stop at the next good place; a second one stops at once.

So does the first, as long as nobody has begun to ask: then there is nothing to keep.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from video_pipeline.cli.console import note
from video_pipeline.interruption import wishes_to_stop

__all__ = ["stop_when_asked"]


@contextmanager
def stop_when_asked() -> Iterator[Callable[[], bool]]:
    """Yield a function that says whether someone has asked to stop."""
    is_watched = False

    def begin() -> None:
        if not is_watched:
            raise KeyboardInterrupt
        note("stopping after this step, with a checkpoint; once more stops at once")

    with wishes_to_stop(begin) as wish:

        def should_stop() -> bool:
            nonlocal is_watched
            is_watched = True
            return wish.is_asked

        yield should_stop
        wish.is_asked = False
