"""The folder dataset: one picture a file, one tool a picture, the folder names the tool."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rendering.chance import stream
from rendering.files import write_jpeg
from rendering.outside import PLACES
from rendering.plans import Moment
from rendering.scene import Scene
from rendering.seeds import dataset_seeds
from rendering.tools import TOOLS
from rendering.workers import in_order

__all__ = ["NO_TOOL", "SCENES_PER_SPLIT", "one_tool_moments", "render_dataset"]

NO_TOOL = "no_tool"
SCENES_PER_SPLIT = {"train": 24, "test": 8}
"""Every scene gives a picture of each tool and one without: no background tells a tool."""
MOMENT_S = 4.0
SIZE_PX = (224, 224)
QUALITY = 88
CLEARLY = 0.95
"""How much of a tip shows in these pictures, which are to be beyond doubt."""


@dataclass(frozen=True)
class _Task:
    folder: Path
    seed: int


def render_dataset(out: Path, *, seed: int, workers: int) -> Iterator[int]:
    """Write split/tool/sceneSEED_tSECONDS.jpg; yield how many pictures each scene added."""
    splits = [split for split, scenes in SCENES_PER_SPLIT.items() for _ in range(scenes)]
    seeds = dataset_seeds(seed, len(splits))
    tasks = [_Task(out / split, scene) for split, scene in zip(splits, seeds, strict=True)]
    yield from in_order(_render_scene, tasks, workers=workers)


def one_tool_moments(seed: int) -> list[Moment]:
    """Return a moment for each tool and one without, which may lie outside the body."""
    chance = stream(seed, "dataset")
    moments = []
    for k, number in enumerate(chance.permutation(len(TOOLS) + 1)):
        tools = tuple(TOOLS[number : number + 1])
        outside = not tools and chance.random() < 0.35
        place = str(chance.choice(list(PLACES))) if outside else "inside"
        moments.append(Moment(k * MOMENT_S, (k + 1) * MOMENT_S, tools, place))
    return moments


def _render_scene(task: _Task) -> int:
    scene = Scene(task.seed, moments=one_tool_moments(task.seed), aspect=16 / 9)
    for moment in scene.moments:
        time_s = _clear_time_s(scene, moment)
        label = moment.tools[0] if moment.tools else NO_TOOL
        path = task.folder / label / f"scene{task.seed}_t{time_s:05.1f}.jpg"
        write_jpeg(path, scene.render(time_s, SIZE_PX).image, quality=QUALITY)
    return len(scene.moments)


def _clear_time_s(scene: Scene, moment: Moment) -> float:
    """Return a time, to a tenth, at which the moment's tool shows almost whole."""
    chance = stream(scene.seed, f"time in moment {moment.start_s}")
    times = [
        round(float(t), 1) for t in chance.uniform(moment.start_s + 0.6, moment.end_s - 0.6, 8)
    ]
    if not moment.tools:
        return times[0]
    shares = [
        max((sight.visible_share for sight in scene.sights_at(t)), default=0.0) for t in times
    ]
    clear = [t for t, share in zip(times, shares, strict=True) if share >= CLEARLY]
    return clear[0] if clear else times[shares.index(max(shares))]
