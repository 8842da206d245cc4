"""What the headers of many files say of their length, looked up in a process that may die.

Nothing is decoded for its own sake, but FFmpeg parses what it opens, and a hostile file may hang or
crash it. So a child process reads headers, one file after another; it is watched, and a new one
goes on behind a file that it did not survive. What headers say are claims: those that cannot be
true count as nothing said, and all of them only scale bars and estimates.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

from video_pipeline.errors import RecordingError
from video_pipeline.frames.container.findings import Findings
from video_pipeline.frames.container.header import Header, read_header
from video_pipeline.frames.container.opening import open_container, video_stream

__all__ = ["Claim", "main", "plausible_seconds", "survey"]

_CODE = "from video_pipeline.batch.planning.survey import main; main()"
_LIMIT_S = 10.0
_START_S = 60.0
"""For a child to import what it needs, from a slow disk."""
_FEWEST_BYTES_A_SECOND = 300
"""A black picture takes more; a claim below it is one of far too many hours."""
_MOST_BYTES_A_SECOND = 1_000_000_000
_LOOK_EVERY_S = 0.2
_FACTOR = 2
"""By which a claim may differ from what the index and the frame rate make."""


@dataclass(frozen=True)
class Claim:
    """What one file says of itself."""

    seconds: float | None = None
    """From its first frame to its end; None where nothing plausible is said."""
    n_bytes: int = 0
    width_px: int | None = None
    """As stored."""
    height_px: int | None = None
    codec: str | None = None
    problem: str | None = None
    """Why it cannot be opened; None where it can be."""


def survey(
    paths: Sequence[Path],
    *,
    limit_s: float = _LIMIT_S,
    is_unwanted: Callable[[], bool] = lambda: False,
) -> Generator[Claim, None, None]:
    """Look up each file's header, in order; one that takes longer than ``limit_s`` is unknown.

    Closing the generator ends the child process, and so does ``is_unwanted``, which is asked a few
    times a second from the thread that takes the claims: what is left is unknown then.
    """
    left = list(paths)
    while left:
        with _Reader(is_unwanted) as reader:
            if not reader.is_ready():
                # Not the files' fault; whoever opens them next will say what is wrong.
                yield from (Claim(n_bytes=_size(path)) for path in left)
                return
            while left:
                path = left.pop(0)
                claim = reader.ask(path, limit_s)
                yield Claim(n_bytes=_size(path)) if claim is None else claim
                if claim is None:
                    break


def plausible_seconds(header: Header, *, n_bytes: int) -> float | None:
    """The header's length where it can be true: by the size of the file, and by its index."""
    if header.duration is None or header.duration <= 0:
        return None
    if not _FEWEST_BYTES_A_SECOND <= n_bytes / header.duration <= _MOST_BYTES_A_SECOND:
        return None
    if header.n_frames is not None and header.rate_hz is not None:
        by_index = Fraction(header.n_frames) / header.rate_hz
        if not header.duration <= _FACTOR * by_index <= _FACTOR**2 * header.duration:
            return None
    return float(header.duration)


class _Reader:
    """One child process, asked for one file after another."""

    def __init__(self, is_unwanted: Callable[[], bool]) -> None:
        self._is_unwanted = is_unwanted
        import_path = [str(Path(place).absolute()) for place in sys.path]
        # -P: nothing that lies in the folder where somebody stands is imported.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", _CODE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(import_path)},
        )
        self._heard = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def is_ready(self) -> bool:
        """Whether the child has started."""
        return self._line(_START_S) is not None

    def ask(self, path: Path, limit_s: float) -> Claim | None:
        """What a file's header says; None where the child did not live to tell."""
        told, question = self._process.stdin, json.dumps([str(path), limit_s]) + "\n"
        try:
            if told is not None:
                told.write(question.encode())
            line = self._line(limit_s)
            return None if line is None else Claim(**json.loads(line))
        except (OSError, ValueError, TypeError):
            return None

    def _line(self, limit_s: float) -> bytes | None:
        """What it says next; None where it says nothing in time, or has ended."""
        said, until = self._process.stdout, time.monotonic() + limit_s
        while said is not None and b"\n" not in self._heard:
            ready, _, _ = select.select([said], [], [], _LOOK_EVERY_S)
            more = os.read(said.fileno(), 1 << 16) if ready else b""
            is_over = bool(ready) or time.monotonic() > until or self._is_unwanted()
            if not more and is_over:
                return None
            self._heard += more
        line, _, self._heard = self._heard.partition(b"\n")
        return line


def main() -> None:
    """The child: a line of JSON on stdin names a file, a line on stdout says what it claims."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "w", encoding="ascii", buffering=1)
    # What a library prints is no answer.
    os.dup2(2, 1)
    answers.write("ready\n")
    for line in sys.stdin:
        name, limit_s = json.loads(line)
        # Ends this process even where FFmpeg hangs and nobody is left to watch it.
        signal.setitimer(signal.ITIMER_REAL, 2 * limit_s)
        claim = _claim(Path(name))
        signal.setitimer(signal.ITIMER_REAL, 0)
        answers.write(json.dumps(asdict(claim)) + "\n")


def _claim(path: Path) -> Claim:
    n_bytes, findings = _size(path), Findings()
    try:
        with open_container(path) as container:
            stream = video_stream(path, container, findings)
            header = read_header(container, stream, findings)
            context = stream.codec_context
            return Claim(
                seconds=plausible_seconds(header, n_bytes=n_bytes),
                n_bytes=n_bytes,
                width_px=context.width,
                height_px=context.height,
                codec=header.codec,
            )
    except RecordingError as error:
        return Claim(n_bytes=n_bytes, problem=error.cause)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except (OSError, ValueError):
        return 0
