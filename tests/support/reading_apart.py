"""Reads recordings in a process of its own: what hangs, crashes or eats memory there harms no test.

``ReaderApart`` asks; run as a program, this file answers, one JSON line for each path it is given.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from tests.support.clips import read_barcode
from video_pipeline.errors import RecordingError
from video_pipeline.frames import FrameSampler, RegularTimes, SamplingReport, open_video

__all__ = ["ReaderApart", "Seen"]

RATE_HZ = 5
SIZE_PX = (120, 160)
LONGEST_S = 20.0


@dataclass(frozen=True)
class Seen:
    """What became of one file."""

    line: str
    """The refusal as it is shown; empty where there was none."""
    cause: str
    hint: str | None
    samples: list[tuple[float, int | None]]
    """(seconds, number), None where no number could be read."""
    n_shown: int | None
    n_rows: int
    is_whole: bool
    warnings: list[str]
    opened: list[str]
    """Other files and sockets that were open at some time while it was read."""
    n_bytes: int
    """By which the memory of the process rose above what it had before."""
    lasted_s: float


class ReaderApart:
    """One process for many files; it is begun anew after one that was too much for it."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def read(self, path: Path) -> Seen:
        """Sample a file; ``AssertionError`` where that crashes or takes too long."""
        process = self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(os.fspath(path)) + "\n")
        process.stdin.flush()
        is_ready = select.select([process.stdout], [], [], LONGEST_S)[0]
        line = process.stdout.readline() if is_ready else ""
        if not line:
            self.close()
            what = "the reader crashed" if is_ready else f"no answer within {LONGEST_S} s"
            raise AssertionError(f"{path}: {what}, rc {process.returncode}")
        answer = json.loads(line)
        answer["samples"] = [(time_s, number) for time_s, number in answer["samples"]]
        return Seen(**answer)

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.reading_apart"],
                cwd=Path(__file__).parents[2],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        return self._process


def _open_files() -> set[str]:
    """What the descriptors of this process lead to; nothing where that cannot be seen."""
    found = set()
    for descriptor in Path("/proc/self/fd").glob("*"):
        try:
            found.add(str(descriptor.readlink()))
        except OSError:
            continue
    return found


def _peak_bytes(*, begin: bool = False) -> int:
    """The most memory that was ever resident since the last beginning; 0 where nobody counts."""
    try:
        if begin:
            Path("/proc/self/clear_refs").write_text("5")
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def _look_at(path: str) -> dict[str, Any]:
    opened: set[str] = set()
    before, memory, started = _open_files(), _peak_bytes(begin=True), time.monotonic()
    samples: list[tuple[float, int | None]] = []
    answer: dict[str, Any]
    try:
        with open_video(path) as reader:
            opened |= _open_files()
            sampler = FrameSampler(
                reader, times=RegularTimes(Fraction(RATE_HZ)), size_px=SIZE_PX, batch_size=8
            )
            for batch in sampler:
                opened |= _open_files()
                samples += zip(batch.times_s.tolist(), map(_number, batch.images), strict=True)
            answer = _of_report(sampler.report)
    except RecordingError as error:
        answer = {"line": str(error), "cause": error.cause, "hint": error.hint, "is_whole": False}
        answer |= {"n_shown": 0, "n_rows": 0, "warnings": []}
    answer["samples"] = samples
    answer["opened"] = sorted(opened - before - {os.path.abspath(path)})  # noqa: PTH100
    answer["n_bytes"] = _peak_bytes() - memory
    answer["lasted_s"] = time.monotonic() - started
    return answer


def _of_report(report: SamplingReport) -> dict[str, Any]:
    return {
        "line": "",
        "cause": "",
        "hint": None,
        "n_shown": report.n_shown,
        "n_rows": report.n_seconds,
        "is_whole": report.is_whole,
        "warnings": list(report.warnings),
    }


def _number(image: Any) -> int | None:
    try:
        return read_barcode(image)
    except ValueError:
        return None


if __name__ == "__main__":
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_look_at(json.loads(line))) + "\n")
        sys.stdout.flush()
