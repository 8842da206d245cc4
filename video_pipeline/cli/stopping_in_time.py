"""An end within seconds of Ctrl-C or SIGTERM, also while TensorFlow computes and hears nothing.

Python handles a signal in its main thread, when that comes back from whatever C it is in; the first
run of a network takes seconds. So a thread hears of signals as well, and where nothing has come of
one in time, it ends the process as it stands: what was being written is not in its place yet, and
worker processes end with this one.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from video_pipeline.cli.exit_status import INTERRUPTED

__all__ = ["ends_in_time"]

_LIMIT_S = 2.5
"""Leaves time for the end of a process that has TensorFlow loaded, within 5 s in all."""
_STOPPING = {signal.SIGINT, signal.SIGTERM}


@contextmanager
def ends_in_time(last_words: Callable[[], str], *, limit_s: float = _LIMIT_S) -> Iterator[None]:
    """Unless the block is left within ``limit_s`` of a signal: ``last_words`` and exit status 130.

    Outside the main thread, where Python never hears of signals, this does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    hearing, telling = os.pipe()
    os.set_blocking(telling, False)
    is_left = threading.Event()

    def listen() -> None:
        while (number := os.read(hearing, 1)[0]) != 0:
            if number in _STOPPING and not is_left.wait(limit_s):
                _end(last_words())

    before = signal.set_wakeup_fd(telling, warn_on_full_buffer=False)
    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_left.set()
        signal.set_wakeup_fd(before)
        os.write(telling, b"\0")
        thread.join()
        os.close(hearing)
        os.close(telling)


def _end(text: str) -> None:
    # The bars at the foot of a terminal are left as they are: nobody may wait for their lock.
    clear = "\r\x1b[J" if sys.stderr.isatty() else ""
    line = f"{clear}surgical-video: {text}\n"
    os.write(2, line.encode(errors="backslashreplace"))
    os._exit(INTERRUPTED)
