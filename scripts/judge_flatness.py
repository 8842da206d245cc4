#!/usr/bin/env python
"""Whether a long batch stays as small as it began: memory and open files, over many recordings.

    .venv/bin/python scripts/judge_flatness.py --recordings 500

Short clips are annotated with a classifier that sees brightness only, so that what grows is ours.
After each recording the resident memory and the open files of the engine's process and of its
workers are noted; the table shows the largest of each over tenths of the batch. Exit status 1 where
the last tenth needs more than 5 % or 8 MiB above the third, or one more open file.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.support.batches import Brightness, job_of
from tests.support.clips import steady, write_clip
from tests.support.processes import children_of
from video_pipeline.batch.local.engine import LocalEngine
from video_pipeline.batch.recordings import name_recordings

_ALLOWED_SHARE = 0.05
_ALLOWED_BYTES = 8 << 20
_N_PARTS = 10


@dataclass(frozen=True)
class Use:
    """What the engine and its workers use at one moment."""

    engine_bytes: int
    worker_bytes: int
    """Of the largest worker."""
    engine_files: int
    worker_files: int
    """Of the worker with most."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the batch and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--recordings", type=int, default=500, metavar="N")
    parser.add_argument("--workers", type=int, default=None, metavar="N")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        started = time.monotonic()
        uses = _uses(Path(temporary), n=chosen.recordings, n_workers=chosen.workers)
    parts = [_largest(list(part)) for part in np.array_split(np.array(uses), _N_PARTS)]
    print(
        f"{len(uses)} recordings in {time.monotonic() - started:.0f} s; largest use in each tenth"
    )
    print(f"{'':6}{'engine MiB':>12}{'files':>7}{'worker MiB':>12}{'files':>7}")
    for k, part in enumerate(parts, start=1):
        print(
            f"{k:4}  {part.engine_bytes / 2**20:12.1f}{part.engine_files:7}"
            f"{part.worker_bytes / 2**20:12.1f}{part.worker_files:7}"
        )
    is_flat = _is_flat(parts[2], parts[-1])
    print("flat" if is_flat else "growing")
    return 0 if is_flat else 1


def _uses(folder: Path, *, n: int, n_workers: int | None) -> list[Use]:
    clips = [write_clip(folder / f"{k}.mp4", steady(25 + 10 * k)) for k in range(5)]
    recordings_folder = folder / "recordings"
    recordings_folder.mkdir()
    for k in range(n):
        os.link(clips[k % len(clips)], recordings_folder / f"case{k:04}.mp4")
    out = folder / "out"
    recordings = name_recordings(sorted(recordings_folder.iterdir()), out)
    engine = LocalEngine(n_workers=n_workers)
    uses = []
    for outcome in engine.annotate(recordings, Brightness(), job_of(out)):
        if outcome.row.status != "done":
            raise SystemExit(f"{outcome.row.path}: {outcome.row.error}")
        uses.append(_use())
    return uses


def _use() -> Use:
    workers = children_of(os.getpid())
    return Use(
        _resident_bytes(os.getpid()),
        max((_resident_bytes(worker) for worker in workers), default=0),
        _open_files(os.getpid()),
        max((_open_files(worker) for worker in workers), default=0),
    )


def _resident_bytes(process_id: int) -> int:
    try:
        pages = Path(f"/proc/{process_id}/statm").read_text().split()[1]
    except (OSError, IndexError):
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def _open_files(process_id: int) -> int:
    try:
        return sum(1 for _ in Path(f"/proc/{process_id}/fd").iterdir())
    except OSError:
        return 0


def _largest(uses: Sequence[Use]) -> Use:
    return Use(
        max(of.engine_bytes for of in uses),
        max(of.worker_bytes for of in uses),
        max(of.engine_files for of in uses),
        max(of.worker_files for of in uses),
    )


def _is_flat(early: Use, late: Use) -> bool:
    """Whether the last part of the batch needs no more than an early one."""
    return all(
        after <= max(before * (1 + _ALLOWED_SHARE), before + _ALLOWED_BYTES)
        for before, after in (
            (early.engine_bytes, late.engine_bytes),
            (early.worker_bytes, late.worker_bytes),
        )
    ) and (late.engine_files <= early.engine_files and late.worker_files <= early.worker_files + 2)


if __name__ == "__main__":
    sys.exit(main())
