"""Frames out of recordings: CPU seconds against FFmpeg's full decode and against other tools.

``ffmpeg -threads 2 -i CLIP -f null -`` is the whole process; the others count from after their
imports on. Peers that are not installed are left out: ``--peers`` names a Python that has decord
and torchcodec.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.frame_clips import CLIPS, ClipRecipe, make_clip

__all__ = ["add_parser"]

_HERE = ("ours", "ours-reference", "ours-1-thread", "naive", "naive-resizing", "pyav")
_ELSEWHERE = ("decord", "torchcodec")


@dataclass(frozen=True)
class Cost:
    """What one run of one peer took."""

    cpu_s: float
    wall_s: float
    n_frames: int | None = None
    peak_mb: float | None = None
    """Above what was in use after the imports."""


def add_parser(commands: Any) -> None:
    """Describe the benchmark's arguments."""
    parser = commands.add_parser(
        "frames", help="a frame a second out of a recording, against FFmpeg and other tools"
    )
    parser.add_argument(
        "clips",
        nargs="*",
        metavar="CLIP",
        help=f"video files, or names of what is made here: {', '.join(CLIPS)} (default: all)",
    )
    parser.add_argument("--interval", type=float, default=1.0, help="seconds, for video files")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--peers", metavar="PYTHON", help="a Python with decord and torchcodec")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="where clips are made and kept")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Measure each clip and print its table."""
    if shutil.which("ffmpeg") is None:
        print("ffmpeg is the measure and is not here: apt-get install ffmpeg", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for name in arguments.clips or CLIPS:
            recipe = CLIPS.get(name)
            if recipe is not None:
                clip, interval_s, title = folder / f"{name}.mp4", recipe.interval_s, recipe.title
                make_clip(recipe, clip)
            else:
                clip, interval_s, title = Path(name), arguments.interval, Path(name).name
            _report(title, recipe, _costs(clip, interval_s, arguments), interval_s)
    return 0


def _costs(clip: Path, interval_s: float, arguments: argparse.Namespace) -> dict[str, Cost]:
    """Each peer in turn, several times; of each the median by CPU seconds."""
    pythons = dict.fromkeys(_HERE, sys.executable)
    if arguments.peers is not None:
        pythons |= dict.fromkeys(_ELSEWHERE, arguments.peers)
    costs: dict[str, list[Cost]] = {}
    for _ in range(arguments.repeats):
        costs.setdefault("ffmpeg", []).append(_full_decode(clip))
        for name, python in pythons.items():
            cost = _peer(python, name, clip, interval_s)
            if cost is not None:
                costs.setdefault(name, []).append(cost)
    return {name: _median(of_peer) for name, of_peer in costs.items()}


def _full_decode(clip: Path) -> Cost:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = ["ffmpeg", "-v", "error", "-threads", "2", "-i", str(clip), "-f", "null", "-"]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(cpu_s, 0.0)


def _peer(python: str, name: str, clip: Path, interval_s: float) -> Cost | None:
    script = Path(__file__).with_name("frame_peers.py")
    done = subprocess.run(
        [python, str(script), name, str(clip), str(interval_s)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        print(f"{name} failed: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
        return None
    return Cost(**json.loads(done.stdout.splitlines()[-1]))


def _median(costs: list[Cost]) -> Cost:
    return sorted(costs, key=lambda cost: cost.cpu_s)[len(costs) // 2]


def _report(
    title: str, recipe: ClipRecipe | None, costs: dict[str, Cost], interval_s: float
) -> None:
    full, best = costs["ffmpeg"].cpu_s, costs["ours"]
    print(f"\n{title}: a frame every {interval_s:g} s, {os.cpu_count()} processors")
    print(f"  {'':16}{'frames':>7}{'CPU s':>8}{'of full decode':>16}{'x ours':>8}{'peak MB':>9}")
    for name, cost in costs.items():
        n_frames = "" if cost.n_frames is None else cost.n_frames
        peak = "" if cost.peak_mb is None else f"{cost.peak_mb:.0f}"
        print(
            f"  {name:16}{n_frames:>7}{cost.cpu_s:8.2f}{cost.cpu_s / full:16.3f}"
            f"{cost.cpu_s / best.cpu_s:8.2f}{peak:>9}"
        )
    if recipe is not None and recipe.most_of_full_decode is not None:
        print(f"  aim: at most {recipe.most_of_full_decode} of the full decode")
    if recipe is not None and recipe.least_over_naive is not None:
        print(f"  aim: the naive loop takes at least {recipe.least_over_naive} times as much")
    sys.stdout.flush()
