"""Images in which the number of tools is known: folders of one tool each, and a table of pairs.

With them one can ask whether a network that has never seen two tools at once finds both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rendering.chance import stream
from rendering.dataset import MOMENT_S, NO_TOOL, QUALITY, one_tool_moments
from rendering.files import write_jpeg, write_table
from rendering.plans import Moment
from rendering.scene import Scene
from rendering.seeds import held_out_seeds, training_seeds
from rendering.tools import TOOLS
from rendering.workers import in_order

__all__ = ["render_pairs", "render_single_tools"]

MOMENTS_PER_SCENE = len(TOOLS) + 1
TIMES_PER_MOMENT = 3


@dataclass(frozen=True)
class _Task:
    out: Path
    seed: int
    size_px: int
    pairs: bool


@dataclass(frozen=True)
class _Row:
    path: str
    scene: str
    present: tuple[bool, ...]


def render_single_tools(
    out: Path, *, n_scenes: int, size_px: int, first_seed: int, workers: int
) -> Iterator[int]:
    """Write out/train/<tool>/sceneSEED_tSECONDS.jpg, one tool or none in each; yield counts.

    A scene gives three images of every tool and three without.
    """
    tasks = [_Task(out, s, size_px, pairs=False) for s in training_seeds(first_seed, n_scenes)]
    for rows in in_order(_render, tasks, workers=workers):
        yield len(rows)


def render_pairs(
    out: Path, *, n_scenes: int, size_px: int, first_seed: int, workers: int
) -> Iterator[int]:
    """Write images that show exactly two tools, and labels.csv; yield how many each scene gave."""
    tasks = [_Task(out, s, size_px, pairs=True) for s in held_out_seeds(first_seed, n_scenes)]
    found: list[_Row] = []
    for rows in in_order(_render, tasks, workers=workers):
        found += rows
        yield len(rows)
    cells = (((row.path, row.scene), row.present) for row in found)
    write_table(out / "labels.csv", ("image", "video"), cells)


def _render(task: _Task) -> list[_Row]:
    moments = _pair_moments(task.seed) if task.pairs else one_tool_moments(task.seed)
    scene = Scene(task.seed, moments=moments)
    rows = []
    for moment in moments:
        for time_s in _times_of(scene, moment):
            name = f"scene{task.seed}_t{time_s:05.1f}.jpg"
            label = moment.tools[0] if moment.tools else NO_TOOL
            path = f"images/{name}" if task.pairs else f"train/{label}/{name}"
            frame = scene.render(time_s, (task.size_px, task.size_px))
            write_jpeg(task.out / path, frame.image, quality=QUALITY)
            rows.append(_Row(path, f"scene{task.seed}", frame.present))
    return rows


def _pair_moments(seed: int) -> list[Moment]:
    chance = stream(seed, "pairs")
    pairs = [chance.choice(TOOLS, 2, replace=False) for _ in range(MOMENTS_PER_SCENE)]
    return [
        Moment(k * MOMENT_S, (k + 1) * MOMENT_S, tuple(map(str, pair)))
        for k, pair in enumerate(pairs)
    ]


def _times_of(scene: Scene, moment: Moment) -> Sequence[float]:
    """Up to three times at which the moment's tools are visible, and no part of another's tip."""
    chance = stream(scene.seed, f"known tools from {moment.start_s}")
    drawn = chance.uniform(moment.start_s + 0.6, moment.end_s - 0.6, 4 * TIMES_PER_MOMENT)
    times = []
    for time_s in np.unique(np.round(drawn, 1)).tolist():
        sights = scene.sights_at(time_s)
        names = tuple(sight.tool for sight in sights)
        if set(names) == set(moment.tools) and all(sight.is_present for sight in sights):
            times.append(time_s)
    return sorted(chance.permutation(times)[:TIMES_PER_MOMENT].tolist())
