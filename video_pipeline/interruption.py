"""Ctrl-C and SIGTERM as a wish that is noted, and granted at the next good place.

Python raises KeyboardInterrupt wherever its main thread happens to be: also between taking a lock
and the block that gives it back, and then every other thread waits for that lock for ever. Where
threads work together, the wish is therefore kept until it can be granted.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["StopWish", "wishes_to_stop"]


class StopWish:
    """Whether somebody has asked to stop."""

    def __init__(self) -> None:
        self.is_asked = False
        self.is_granted_at_once = False

    def grant(self) -> None:
        """Raise KeyboardInterrupt if it was asked for."""
        if self.is_asked:
            self.is_asked = False
            raise KeyboardInterrupt

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """A block in which asking raises KeyboardInterrupt wherever it is: nobody waits for it."""
        self.grant()
        self.is_granted_at_once = True
        try:
            yield
        finally:
            self.is_granted_at_once = False


@contextmanager
def wishes_to_stop(on_first: Callable[[], None] | None = None) -> Iterator[StopWish]:
    """Note the first SIGINT or SIGTERM inside the block, and call ``on_first``.

    A second one raises KeyboardInterrupt at once. Who leaves the block without an answer to the
    first one has KeyboardInterrupt raised behind it. Outside the main thread, where Python never
    handles a signal, this does nothing. A signal that is ignored, as by what runs in the background
    of a script, stays so.
    """
    wish = StopWish()
    if threading.current_thread() is not threading.main_thread():
        yield wish
        return
    n_asked = 0

    def ask(number: int, frame: FrameType | None) -> None:
        nonlocal n_asked
        del number, frame
        n_asked += 1
        if n_asked > 1 or wish.is_granted_at_once:
            raise KeyboardInterrupt
        wish.is_asked = True
        if on_first is not None:
            on_first()

    heard = [n for n in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(n) != signal.SIG_IGN]
    before = {number: signal.signal(number, ask) for number in heard}
    try:
        yield wish
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    wish.grant()
