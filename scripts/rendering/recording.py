"""Recordings: a scene as an H.264 file whose every frame time is exact, and its reference table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import ceil, floor
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from rendering.files import appearing, write_table
from rendering.plans import operation_plan
from rendering.scene import Scene
from rendering.workers import in_order

__all__ = ["RecordingPlan", "record", "reference_rows"]

SIZE_PX = (360, 640)
FRAMES_PER_TASK = 25
CRF = 23
"""A quarter of a megabit a second: a minute takes about 2 MB."""


@dataclass(frozen=True)
class RecordingPlan:
    """What one recording shall be."""

    path: Path
    seed: int
    rate_hz: Fraction
    wanted_s: float

    @property
    def n_frames(self) -> int:
        """The nearest whole number of frames."""
        return round(self.wanted_s * self.rate_hz)

    @property
    def duration_s(self) -> Fraction:
        """From the first frame's time to one frame interval after the last."""
        return self.n_frames / self.rate_hz


@dataclass(frozen=True)
class _Task:
    """A few frames in a row."""

    seed: int
    duration_s: float
    times_s: tuple[float, ...]


def record(plan: RecordingPlan, *, workers: int) -> Iterator[int]:
    """Write the recording and `<stem>.reference.csv`; yield how many frames each step encoded."""
    times_s = [float(k / plan.rate_hz) for k in range(plan.n_frames)]
    tasks = [
        _Task(plan.seed, plan.wanted_s, tuple(times_s[start : start + FRAMES_PER_TASK]))
        for start in range(0, plan.n_frames, FRAMES_PER_TASK)
    ]
    with appearing(plan.path) as beside:
        yield from _encode(beside, in_order(_render_frames, tasks, workers=workers), plan.rate_hz)
    rows = reference_rows(plan)
    write_table(
        plan.path.with_name(f"{plan.path.stem}.reference.csv"),
        ("second",),
        (((str(second),), present) for second, present in enumerate(rows)),
    )


def reference_rows(plan: RecordingPlan) -> list[tuple[bool, ...]]:
    """Return for each second k what is visible in the frame on display at t = k.

    That is the last frame with pts <= k. There are exactly ceil(duration) rows.
    """
    scene = _scene(plan.seed, plan.wanted_s)
    shown = (floor(second * plan.rate_hz) for second in range(ceil(plan.duration_s)))
    return [scene.present_at(float(frame / plan.rate_hz)) for frame in shown]


@lru_cache(maxsize=2)
def _scene(seed: int, duration_s: float) -> Scene:
    """Kept from task to task: its textures take longer to paint than a frame to render."""
    return Scene(seed, moments=operation_plan(seed, duration_s), aspect=16 / 9)


def _render_frames(task: _Task) -> NDArray[np.uint8]:
    scene = _scene(task.seed, task.duration_s)
    return np.stack([scene.render(time_s, SIZE_PX).image for time_s in task.times_s])


def _encode(path: Path, batches: Iterator[NDArray[np.uint8]], rate_hz: Fraction) -> Iterator[int]:
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=rate_hz)
        stream.height, stream.width = SIZE_PX
        stream.pix_fmt = "yuv420p"
        stream.time_base = stream.codec_context.time_base = 1 / rate_hz
        stream.codec_context.gop_size = 250
        # One thread: the bytes then depend on nothing but the pictures.
        stream.codec_context.thread_count = 1
        stream.options = {"preset": "medium", "profile": "high", "crf": str(CRF), "bf": "3"}
        number = 0
        for batch in batches:
            for image in batch:
                frame = av.VideoFrame.from_ndarray(image, format="rgb24")
                frame.pts, frame.time_base = number, 1 / rate_hz
                container.mux(stream.encode(frame))
                number += 1
            yield len(batch)
        container.mux(stream.encode(None))
