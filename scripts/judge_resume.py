#!/usr/bin/env python
"""Whether a batch that was killed goes on to the very bytes of one that was not.

.venv/bin/python scripts/judge_resume.py samples/recordings --model samples/model --kills 50

The batch runs once undisturbed. Then, for each kill: it runs into a new folder and is killed by
SIGKILL a random moment after a random number of changes to that folder: all of its processes at
once, the main one only, or one worker. The same call again has to leave the same folder, hidden
files included, without touching a recording that was finished. Linux only: it looks into /proc.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).parents[1]
_CODE = "import sys; from video_pipeline.cli import main; sys.exit(main())"
_VICTIMS = ("all", "main", "worker")
_LOOK_EVERY_S = 0.005
_LIMIT_S = 600.0

Files = dict[str, bytes | None]
"""Content by path below a folder, hidden ones included; None is a folder."""


@dataclass(frozen=True)
class Pace:
    """How the undisturbed batch went, as far as can be seen from outside."""

    n_changes: int
    """Times that names in its folder were seen to have changed."""
    every_s: float
    """Time between two changes, on average."""


def main() -> int:
    """Kill and go on; one line a kill, and how many gave the same bytes."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("recordings", type=Path, nargs="+", metavar="RECORDING")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--kills", type=int, default=50, metavar="N")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    call = [*map(str, arguments.recordings), "--model", str(arguments.model)]
    draws = random.Random(arguments.seed)  # noqa: S311  moments, not secrets
    with tempfile.TemporaryDirectory() as scratch:
        undisturbed = Path(scratch, "undisturbed")
        pace = _run_undisturbed(call, undisturbed)
        wanted = files_below(undisturbed)
        print(f"undisturbed: {len(wanted)} files and folders, {pace.n_changes} changes", flush=True)
        n_killed, n_same = 0, 0
        while n_killed < arguments.kills:
            victim = _VICTIMS[n_killed % len(_VICTIMS)]
            moment = Pace(draws.randint(1, pace.n_changes), draws.uniform(0, pace.every_s))
            out = Path(scratch, f"killed{draws.getrandbits(64):x}")
            judged = _judge(call, out, wanted, victim=victim, moment=moment)
            if judged is None:
                # Quicker than the undisturbed one, which says too much, then.
                pace = replace(pace, n_changes=max(1, pace.n_changes * 9 // 10))
                continue
            problems, left = judged
            n_killed, n_same = n_killed + 1, n_same + (not problems)
            what = "; ".join(problems) or "the same"
            when = f"{moment.every_s:.2f} s after {moment.n_changes:2} changes"
            print(f"{n_killed:3} {victim:6} {when}, {left}: {what}", flush=True)
    print(f"{n_same} of {arguments.kills} byte-identical")
    return 0 if n_same == arguments.kills else 1


def _run_undisturbed(call: Sequence[str], out: Path) -> Pace:
    with _annotating(call, out) as process:
        n_changes, took_s = _watch(process, out)
    if process.returncode not in (0, 1):
        raise SystemExit(f"the undisturbed batch ended with status {process.returncode}")
    return Pace(n_changes, took_s / n_changes)


def _judge(
    call: Sequence[str], out: Path, wanted: Files, *, victim: str, moment: Pace
) -> tuple[list[str], str] | None:
    """Kill one batch and go on with it: what is wrong, and what the killed one had left.

    None where it came to its end before.
    """
    with _annotating(call, out) as process:
        _watch(process, out, until=moment.n_changes)
        with suppress(subprocess.TimeoutExpired):
            process.wait(moment.every_s)
        if not _kill(process, victim):
            return None
        process.wait(_LIMIT_S)
        return _judge_second(call, out, wanted, process)


def _judge_second(
    call: Sequence[str], out: Path, wanted: Files, killed: subprocess.Popen[bytes]
) -> tuple[list[str], str]:
    before = _names_below(out)
    finished = {path.parent for path in before if path.name == "run.json"}
    finished = {folder for folder in finished if not folder.name.startswith(".")}
    inodes = _inodes(finished)
    n_hidden = sum(path.name.startswith(".") for path in before)
    with _annotating(call, out) as again:
        again.wait(_LIMIT_S)
        problems = [f"a process of the {n} call is left" for n in _running(killed, again)]
    problems += _differences(wanted, files_below(out))
    if inodes != _inodes(finished):
        problems.append("a finished recording was done again")
    return problems, f"{len(finished)} finished and {n_hidden} hidden left"


@contextmanager
def _annotating(call: Sequence[str], out: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The real command, in a session of its own; none of it outlives the block."""
    process = subprocess.Popen(
        [sys.executable, "-c", _CODE, "annotate", *call, "--out", str(out)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _watch(
    process: subprocess.Popen[bytes], out: Path, *, until: int | None = None
) -> tuple[int, float]:
    """Changes of names seen, until there are so many or it ends; seconds since the first."""
    seen: list[Path] = []
    n_changes, began = 0, time.monotonic()
    while process.poll() is None and n_changes != until:
        names = _names_below(out)
        if names != seen:
            began = began if n_changes else time.monotonic()
            seen, n_changes = names, n_changes + 1
        time.sleep(_LOOK_EVERY_S)
    return n_changes, time.monotonic() - began


def _workers(process: subprocess.Popen[bytes]) -> list[int]:
    listings = Path(f"/proc/{process.pid}/task").glob("*/children")
    with suppress(OSError):
        return [int(child) for listing in listings for child in listing.read_text().split()]
    return []


def _kill(process: subprocess.Popen[bytes], victim: str) -> bool:
    """Whether there was anything to kill."""
    workers = _workers(process)
    if process.poll() is not None or not workers:
        return False
    with suppress(ProcessLookupError):
        if victim == "all":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            os.kill(process.pid if victim == "main" else workers[0], signal.SIGKILL)
    return True


def files_below(folder: Path) -> Files:
    """Everything below a folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in _names_below(folder)
    }


def _names_below(folder: Path) -> list[Path]:
    """Of files and folders, also where a worker is just about to end there."""
    walk = os.walk(folder)
    return sorted(Path(place, name) for place, *kinds in walk for names in kinds for name in names)


def _inodes(folders: set[Path]) -> dict[Path, int]:
    """What tells whether a file was written anew."""
    return {path: path.stat().st_ino for folder in folders for path in folder.iterdir()}


def _differences(wanted: Files, got: Files) -> list[str]:
    problems = [f"{name} is missing" for name in wanted.keys() - got.keys()]
    problems += [f"{name} is left over" for name in got.keys() - wanted.keys()]
    both = wanted.keys() & got.keys()
    return sorted(problems) + [f"{k} differs" for k in sorted(both) if wanted[k] != got[k]]


def _running(*calls: subprocess.Popen[bytes]) -> list[str]:
    """Which calls have processes that still run, whoever is their parent by now."""
    running = set()
    for place in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            # Behind the name, which may hold anything: state, parent, process group.
            state, _, group = place.read_text().rpartition(")")[2].split()[:3]
            if state not in "ZX":
                running.add(int(group))
    names = zip(("killed", "second"), calls, strict=True)
    return [name for name, call in names if call.pid in running]


if __name__ == "__main__":
    sys.exit(main())
