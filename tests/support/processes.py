"""Commands in processes of their own that do not outlive the test, whatever it finds."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

__all__ = ["children_of", "hear_interruptions", "processes_with_open", "running"]

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


def children_of(process_id: int) -> set[int]:
    """Processes that it has started and that still run, as Linux tells.

    One that is not yet what it is to be is not among them: as long as a child has not left its
    parent's program, the parent waits for it, and must not wait for one that a test has stopped.
    """
    listings = Path(f"/proc/{process_id}/task").glob("*/children")
    children = {int(child) for listing in listings for child in listing.read_text().split()}
    own = _command_of(process_id)
    return {child for child in children if _command_of(child) != own}


def _command_of(process_id: int) -> bytes:
    try:
        return Path(f"/proc/{process_id}/cmdline").read_bytes()
    except OSError:
        return b""


def processes_with_open(path: Path) -> list[int]:
    """Children of this process that have the file open."""
    real = str(path.resolve())
    return [
        child
        for child in sorted(children_of(os.getpid()))
        if real in {os.path.realpath(link) for link in Path(f"/proc/{child}/fd").glob("*")}
    ]
