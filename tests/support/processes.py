"""Commands in processes of their own that do not outlive the test, whatever it finds."""

from __future__ import annotations

import errno
import ipaddress
import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

__all__ = [
    "addresses_listened_at",
    "children_of",
    "heard_interruptions",
    "processes_with_open",
    "room_for_workers",
    "running",
]

ROOT = Path(__file__).parents[2]
OURS = os.environ | {"PYTHONPATH": str(ROOT)}
"""An environment in which Python finds this checkout."""


@contextmanager
def heard_interruptions() -> Iterator[None]:
    """What is started inside hears Ctrl-C, also where a shell runs these tests in the background.

    A program inherits that a signal is ignored, but not who handles it. ``preexec_fn`` would do,
    too, but is not safe beside the threads that TensorFlow and Ray leave in this process.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def running(call: Sequence[str]) -> Iterator[subprocess.Popen[str]]:
    """Start ``call``, its stderr to be read; kill it where the block leaves it running.

    It hears Ctrl-C also where the tests themselves run in the background and do not.
    """
    with heard_interruptions():
        process = subprocess.Popen(call, stderr=subprocess.PIPE, text=True, cwd=ROOT)
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
    children = _started_by(process_id)
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


def addresses_listened_at() -> set[str]:
    """IP addresses at which this process and all below it listen on TCP, as Linux tells."""
    inodes = {inode for process_id in _family(os.getpid()) for inode in _sockets(process_id)}
    found = set()
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        for line in table.read_text().splitlines()[1:]:
            cells = line.split()
            if cells[3] == _LISTENING and cells[9] in inodes:
                found.add(_address(cells[1].partition(":")[0]))
    return found


_LISTENING = "0A"


def _family(process_id: int) -> set[int]:
    """It, and what it and those below it have started."""
    found, new = set[int](), {process_id}
    while new:
        found |= new
        new = {child for parent in new for child in _started_by(parent)} - found
    return found


def _started_by(process_id: int) -> set[int]:
    with suppress(OSError):
        listings = Path(f"/proc/{process_id}/task").glob("*/children")
        return {int(child) for listing in listings for child in listing.read_text().split()}
    return set()


def _sockets(process_id: int) -> set[str]:
    found = set()
    for link in Path(f"/proc/{process_id}/fd").glob("*"):
        with suppress(OSError):
            found.add(str(link.readlink()).removeprefix("socket:[").removesuffix("]"))
    return found


def _address(words: str) -> str:
    """From the kernel's hexadecimal, in words of four bytes, each the other way round."""
    raw = b"".join(bytes.fromhex(words[k : k + 8])[::-1] for k in range(0, len(words), 8))
    address = ipaddress.ip_address(raw)
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)


def room_for_workers(monkeypatch: pytest.MonkeyPatch, n: int) -> None:
    """Let this process start ``n`` workers more, as a machine without room for another would."""
    start, n_left = subprocess.Popen, [n]

    def start_some(*args: Any, **kwargs: Any) -> subprocess.Popen[bytes]:
        if not n_left[0]:
            raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        n_left[0] -= 1
        return start(*args, **kwargs)

    monkeypatch.setattr("video_pipeline.batch.local.worker_process.subprocess.Popen", start_some)
