"""Commands in processes of their own that do not outlive the test, whatever it finds."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

__all__ = ["hear_interruptions", "running"]

ROOT = Path(__file__).parents[2]


def hear_interruptions() -> None:
    """Undo what a shell does to commands that it starts in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextmanager
def running(call: Sequence[str]) -> Iterator[subprocess.Popen[str]]:
    """Start ``call``, its stderr to be read; kill it where the block leaves it running.

    It hears Ctrl-C also where the tests themselves run in the background and do not.
    """
    process = subprocess.Popen(
        call, stderr=subprocess.PIPE, text=True, cwd=ROOT, preexec_fn=hear_interruptions
    )
    with process:
        try:
            yield process
        finally:
            process.kill()
