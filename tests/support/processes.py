"""Commands in processes of their own that do not outlive the test, whatever it finds."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

__all__ = ["running"]

ROOT = Path(__file__).parents[2]


@contextmanager
def running(call: Sequence[str]) -> Iterator[subprocess.Popen[str]]:
    """Start ``call``, its stderr to be read; kill it where the block leaves it running."""
    process = subprocess.Popen(call, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    with process:
        try:
            yield process
        finally:
            process.kill()
