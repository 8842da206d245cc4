#!/usr/bin/env python
"""Judge tuned smoothing on real timelines under synthetic noise, through the command alone.

    .venv/bin/python scripts/judge_smoothing.py cholec80/tool_annotations noise_model.py

ANNOTATIONS holds Cholec80's ``videoXX-tool.txt``; NOISE is a Python file with a function
``noisy_probabilities(presence (n, n_tools), seed)``. Videos 1 to 40 are tuned on; 41 to 60 are
smoothed with what came of it, and compared. Each video's seed is its number.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import io
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from video_pipeline.cli import main as surgical_video

Noise = Callable[[NDArray[np.bool_], int], NDArray[np.float64]]

_WAYS = {
    "whole recording": ([], True),
    "no delay": (["--lag", "0"], True),
    "3 s of delay": (["--lag", "3"], True),
    "not tuned": ([], False),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the streams, tune, smooth and compare in each way, and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("annotations", type=Path, metavar="ANNOTATIONS")
    parser.add_argument("noise", type=Path, metavar="NOISE")
    chosen = parser.parse_args(arguments)
    print(f"{'':18}{'event F1':>10}{'uses ratio':>12}{'frame F1':>10}")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for path in sorted(chosen.annotations.glob("video*-tool.txt")):
            _write_stream(path, _noise_of(chosen.noise), folder)
        for name, (options, is_tuned) in _WAYS.items():
            found = _judged(folder, chosen.annotations, options, is_tuned=is_tuned)
            print(
                f"{name:18}{found['macro_event_f1']:10.3f}"
                f"{found['events']['segment_ratio']:12.2f}{found['micro']['f1']:10.3f}",
                flush=True,
            )
    print("event F1: at an overlap of 0.5, mean over tools; synthetic noise on real timelines")
    return 0


def _noise_of(path: Path) -> Noise:
    spec = importlib.util.spec_from_file_location("noise", path)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{path}: no Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    noise: Noise = module.noisy_probabilities
    return noise


def _write_stream(annotation: Path, noise: Noise, folder: Path) -> None:
    header, *rows = annotation.read_text().split("\n")
    tools = header.split()[1:]
    present = np.array([row.split()[1:] for row in rows if row.strip()], dtype=int) > 0
    number = int(annotation.name[5:7])
    place = folder / ("tune" if number <= 40 else "test")
    place.mkdir(exist_ok=True)
    lines = ["second," + ",".join(f"{tool}_probability" for tool in tools)]
    for second, row in enumerate(noise(present, number)):
        lines.append(f"{second}," + ",".join(f"{value:.4f}" for value in row))
    (place / f"video{number:02d}.csv").write_text("\n".join(lines) + "\n")


def _judged(
    folder: Path, annotations: Path, options: list[str], *, is_tuned: bool
) -> dict[str, Any]:
    settings, out = folder / "settings.json", folder / "smoothed"
    chosen = []
    if is_tuned:
        settings.unlink(missing_ok=True)
        _run(
            "tune", "--predicted", folder / "tune", "--reference", annotations,
            "--out", settings, *options,
        )  # fmt: skip
        chosen = ["--settings", settings]
    _run("smooth", folder / "test", "--out", out, *chosen)
    found: dict[str, Any] = json.loads(_run("compare", out, annotations, "--json"))
    return found


def _run(*call: object) -> str:
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(io.StringIO()):
        status = surgical_video([str(argument) for argument in call])
    if status != 0:
        raise SystemExit(f"{call[0]} ended with status {status}")
    return said.getvalue()


if __name__ == "__main__":
    sys.exit(main())
