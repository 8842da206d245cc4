"""Ctrl-C and SIGTERM against real processes: an end within seconds, and nothing half-written."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.support.batches import annotate_in_turn, files_below, job_of
from tests.support.clips import steady, write_clip
from tests.support.processes import OURS, heard_interruptions
from video_pipeline.batch.recordings import name_recordings
from video_pipeline.output.manifest import is_finished, read_manifest

BATCH = """\
import sys
from pathlib import Path
from tests.support.batches import Brightness, job_of
from video_pipeline.batch.local.engine import LocalEngine
from video_pipeline.batch.recordings import name_recordings
out, *clips = map(Path, sys.argv[1:])
try:
    recordings, job = name_recordings(clips, out), job_of(out, rate_hz=25)
    for outcome in LocalEngine(n_workers=2).annotate(recordings, Brightness(), job):
        print(outcome.row.video_id, flush=True)
except KeyboardInterrupt:
    sys.exit(130)
"""
LIMIT_S = 5.0


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The first is done in no time, the others are not."""
    folder = tmp_path_factory.mktemp("clips")
    clips = [write_clip(folder / "clip0.mp4", steady(25))]
    clips.append(write_clip(folder / "clip1.mp4", steady(6000)))
    return clips + [Path(shutil.copy(clips[1], folder / f"clip{k}.mp4")) for k in (2, 3)]


@contextmanager
def batch(clips: list[Path], out: Path) -> Iterator[subprocess.Popen[str]]:
    """A batch in a process group of its own, as a terminal starts it."""
    with heard_interruptions():
        process = subprocess.Popen(
            [sys.executable, "-c", BATCH, str(out), *map(str, clips)],
            env=OURS,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
    with process:
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def members_of(group: int) -> list[int]:
    """Processes of a group that still run."""
    found = []
    for place in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _, its_group = place.read_text().rpartition(")")[2].split()[:3]
            if int(its_group) == group and state not in "ZX":
                found.append(int(place.parent.name))
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "whom"),
    [(signal.SIGINT, "main"), (signal.SIGTERM, "main"), (signal.SIGINT, "group")],
)
def test_an_interruption_ends_all_processes_and_leaves_nothing_half_written(
    clips: list[Path], tmp_path: Path, number: int, whom: str
) -> None:
    out = tmp_path / "out"
    with batch(clips, out) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "clip0\n"
        assert len(members_of(process.pid)) >= 2
        began = time.monotonic()
        (os.killpg if whom == "group" else os.kill)(process.pid, number)
        assert process.wait(60) == 130
        assert time.monotonic() - began < LIMIT_S
        assert members_of(process.pid) == []
    # On a busy machine more than one may have been done before the signal came.
    left = sorted(path.name for path in out.iterdir())
    assert "clip0" in left
    assert set(left) < {clip.stem for clip in clips}
    for name in left:
        manifest = read_manifest(out / name)
        assert manifest is not None
        assert is_finished(out / name, manifest)


@pytest.mark.slow
def test_interrupted_again_and_again_a_batch_comes_to_the_same_end(tmp_path: Path) -> None:
    # Each signal comes right after an outcome, while the next recordings' results are written.
    short = [write_clip(tmp_path / f"s{k}.mp4", steady(25)) for k in range(5)]
    undisturbed, out = tmp_path / "undisturbed", tmp_path / "out"
    job = job_of(undisturbed, rate_hz=25)
    annotate_in_turn(name_recordings(short, undisturbed), job)
    wanted = files_below(undisturbed)
    n_calls, n_done = 0, 0
    while n_done < len(short):
        with batch(short, out) as process:
            assert process.stdout is not None
            # The recordings of earlier calls, and one more.
            for _ in range(n_done + 1):
                process.stdout.readline()
            os.kill(process.pid, signal.SIGTERM)
            # Before the engine has begun, or when it is done, nobody catches it.
            assert process.wait(60) in (0, 130, -signal.SIGTERM)
        left = files_below(out)
        assert all(wanted[name] == content for name, content in left.items())
        n_calls, n_done = n_calls + 1, len(list(out.glob("*/run.json")))
    assert n_calls > 1
    assert left == wanted
