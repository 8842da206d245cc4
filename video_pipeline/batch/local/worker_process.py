"""The engine's side of one worker: start it, tell it, watch it, end it."""

from __future__ import annotations

import mmap
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from multiprocessing.connection import Connection
from pathlib import Path

from video_pipeline.batch.job import Outcome
from video_pipeline.batch.local.messages import Orders, PieceTask, RecordingTask, ToWorker
from video_pipeline.batch.local.shared_frames import SharedFrames, make_shared_file
from video_pipeline.batch.one_recording import failed_outcome
from video_pipeline.batch.recordings import Recording

__all__ = ["WorkerProcess", "lost_outcome", "stalled_text"]

_CODE = "from video_pipeline.batch.local.worker import main; main()"
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
_REREADS = 50
"""A decoder that has read its recording this often, and given no frame, reads in a circle."""
_SLACK_BYTES = 1 << 30
_LONGEST_END_S = 2.0
_MAJOR_FAULTS = 9
"""Its place in /proc/PID/stat behind the name; see proc(5)."""


class WorkerProcess:
    """One process that annotates recordings, or looks at pieces of them, one at a time."""

    def __init__(self, orders: Orders) -> None:
        """Start it; ``OSError`` where there is no room for another process."""
        with ExitStack() as where_it_fails, ExitStack() as at_once:
            ours, theirs = socket.socketpair()
            where_it_fails.enter_context(ours)
            at_once.enter_context(theirs)
            life_line, self._life = os.pipe()
            where_it_fails.callback(os.close, self._life)
            at_once.callback(os.close, life_line)
            memory = make_shared_file(orders.layout)
            where_it_fails.callback(os.close, memory)
            passed = (theirs.fileno(), memory, life_line)
            # -P: nothing that lies in the folder where somebody stands is imported.
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", _CODE, *map(str, passed)],
                pass_fds=passed,
                stdin=subprocess.DEVNULL,
                # Stdout is for results, whatever a library may print in there.
                stdout=subprocess.DEVNULL,
                env=os.environ | _ONE_THREAD | {"PYTHONPATH": os.pathsep.join(_import_path())},
            )
            where_it_fails.pop_all()
        self.shared = SharedFrames(memory, orders.layout)
        self.connection: Connection = Connection(ours.detach())
        self.recording: Recording | None = None
        self.is_busy = False
        self.has_asked = False
        """Whether it has given images of what it is at."""
        self._progress_at = time.monotonic()
        self._read_bytes = 0
        self._read_limit = 0
        self.tell(orders)

    def give(self, recording: Recording, *, n_ways: int = 1) -> None:
        """Hand over the next recording, which may be cut into so many pieces."""
        self.recording = recording
        self._begin(RecordingTask(recording, n_ways), recording.paths)

    def give_piece(self, task: PieceTask) -> None:
        """Hand over a piece of a recording."""
        self._begin(task, [task.piece.stream_id.path])

    def finish(self) -> Recording | None:
        """It has done what it was given; which recording, if it was a whole one."""
        recording, self.recording, self.is_busy = self.recording, None, False
        return recording

    def _begin(self, task: RecordingTask | PieceTask, paths: Iterable[str | Path]) -> None:
        self.is_busy, self.has_asked = True, False
        self._read_bytes = self._bytes_read() or 0
        self._read_limit = self._read_bytes + _REREADS * _size(paths) + _SLACK_BYTES
        self.note_progress()
        self.tell(task)

    def tell(self, message: ToWorker) -> None:
        """Send a message; one that is gone by now is noticed where it is listened to."""
        with suppress(ConnectionError):
            self.connection.send(message)

    def note_progress(self) -> None:
        """It has said something, or was given something."""
        self._progress_at = time.monotonic()

    def stalled_s(self) -> float:
        """For how long it has neither said nor read anything.

        Where the system does not tell what a process reads, the first minutes of a large file,
        spent on its digest, look like a stall; there a tenth of the time is counted.
        """
        now = time.monotonic()
        read = self._bytes_read()
        if read is None:
            return (now - self._progress_at) / 10
        if self._read_bytes < read < self._read_limit:
            self._progress_at, self._read_bytes = now, read
        return now - self._progress_at

    def end(self) -> None:
        """Let it finish where it has nothing to do, else kill it; returns when it has ended.

        A process that waits for a disk or a server that does not answer cannot even be killed: it
        ends when they do, and nobody waits for that.
        """
        self.connection.close()
        if self.is_busy:
            self._process.kill()
        os.close(self._life)
        try:
            self._process.wait(_LONGEST_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_LONGEST_END_S)

    def cause_of_death(self) -> str:
        """Of a process whose connection has closed by itself."""
        try:
            code = self._process.wait(_LONGEST_END_S)
        except subprocess.TimeoutExpired:
            return "its decoder's process has stopped answering"
        if code >= 0:
            return f"its decoder's process ended by itself (status {code})"
        if -code == signal.SIGKILL:
            return "its decoder's process was killed from outside, as for want of memory"
        return f"its decoder crashed ({signal.Signals(-code).name})"

    def _bytes_read(self) -> int | None:
        """By calls, and by pages that had to be fetched: a busy machine's imports are those."""
        place = Path(f"/proc/{self._process.pid}")
        try:
            calls = (place / "io").read_text(encoding="ascii")
            stat = (place / "stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None
        n_fetched = int(stat.rpartition(")")[2].split()[_MAJOR_FAULTS])
        return int(calls.split("rchar:")[1].split()[0]) + n_fetched * mmap.PAGESIZE


def lost_outcome(recording: Recording, out: Path, cause: str) -> Outcome:
    """The outcome of a recording whose process is gone."""
    return failed_outcome(recording, out, f"{cause}; convert it anew")


def stalled_text(limit_s: float) -> str:
    """The cause where a process was ended because nothing came of it for so long."""
    return f"no progress for {limit_s:.0f} s: its decoder hangs and was stopped"


def _size(paths: Iterable[str | Path]) -> int:
    sizes = []
    for path in paths:
        try:
            sizes.append(Path(path).stat().st_size)
        except (OSError, ValueError):
            sizes.append(0)
    return sum(sizes)


def _import_path() -> list[str]:
    """Where this process finds modules, so that the worker finds the same ones."""
    return [str(Path(place).absolute()) for place in sys.path]
