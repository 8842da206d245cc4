"""Many labelled images for training: scenes in balanced mode, a table of what each image shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rendering.chance import stream
from rendering.files import write_jpeg, write_table
from rendering.scene import Scene
from rendering.seeds import training_seeds
from rendering.workers import in_order

__all__ = ["IMAGES_PER_SCENE", "render_images", "sample_times_s"]

IMAGES_PER_SCENE = 24
SCENES_PER_FOLDER = 80
QUALITY = 90


@dataclass(frozen=True)
class _Task:
    """One scene's share of the images."""

    out: Path
    folder: str
    seed: int
    count: int
    size_px: int


@dataclass(frozen=True)
class _LabelledImage:
    """One row of the table."""

    path: str
    """From the table's folder, with forward slashes."""
    scene: str
    """Images of one scene belong on one side of any split."""
    present: tuple[bool, ...]


def render_images(
    out: Path, *, count: int, size_px: int, first_seed: int, workers: int
) -> Iterator[int]:
    """Write `count` square images and labels.csv; yield how many each finished scene added.

    Every scene is rendered by itself: the files do not depend on the number of workers.
    """
    starts = range(0, count, IMAGES_PER_SCENE)
    tasks = [
        _Task(
            out,
            f"images/{k // SCENES_PER_FOLDER:04d}",
            seed,
            min(IMAGES_PER_SCENE, count - start),
            size_px,
        )
        for k, (start, seed) in enumerate(
            zip(starts, training_seeds(first_seed, len(starts)), strict=True)
        )
    ]
    rows: list[_LabelledImage] = []
    for found in in_order(_render_scene, tasks, workers=workers):
        rows += found
        yield len(found)
    cells = (((row.path, row.scene), row.present) for row in rows)
    write_table(out / "labels.csv", ("image", "video"), cells)


def _render_scene(task: _Task) -> list[_LabelledImage]:
    scene = Scene(task.seed)
    name = f"scene{task.seed}"
    rows = []
    for k, time_s in enumerate(sample_times_s(scene, task.count)):
        frame = scene.render(time_s, (task.size_px, task.size_px))
        path = f"{task.folder}/{name}_{k:03d}.jpg"
        write_jpeg(task.out / path, frame.image, quality=QUALITY)
        rows.append(_LabelledImage(path, name, frame.present))
    return rows


def sample_times_s(scene: Scene, count: int) -> list[float]:
    """Return `count` random times, one in each of as many equal parts of the scene."""
    chance = stream(scene.seed, "sample times")
    edges = np.linspace(0, scene.duration_s, count + 1)
    return [float(time_s) for time_s in chance.uniform(edges[:-1], edges[1:])]
