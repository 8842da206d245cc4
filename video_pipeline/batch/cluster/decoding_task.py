"""What Ray runs on a machine for one recording: a worker process, asking a classifier nearby."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from video_pipeline.batch.cluster.decoding import Answers, Tell, annotate_apart
from video_pipeline.batch.cluster.raised import Raised
from video_pipeline.batch.cluster.ray_session import import_ray
from video_pipeline.batch.job import Outcome
from video_pipeline.batch.local.messages import Orders
from video_pipeline.batch.recordings import Recording
from video_pipeline.errors import PipelineError
from video_pipeline.output.versions import versions
from video_pipeline.records import VideoInfo

__all__ = ["Place", "Seat", "Work", "annotate_on_node"]

_TELL_EVERY_S = 1.0
_PATIENCE_S = 60.0
"""How long a recording waits for a classifier where every one that it knows is gone."""


@dataclass(frozen=True)
class Place:
    """What a machine of the cluster must have in common with the one that runs the batch."""

    folder: Path
    """Where relative paths begin."""
    versions: dict[str, str | None]

    @classmethod
    def here(cls) -> Place:
        """This process's own."""
        return cls(Path.cwd(), versions())


@dataclass(frozen=True)
class Work:
    """The same for every recording of a batch."""

    orders: Orders
    stall_limit_s: float
    place: Place


@dataclass(frozen=True)
class Seat:
    """A classifier that may be asked, and the node on which it is."""

    node: str
    actor: Any


def annotate_on_node(
    number: int, recording: Recording, work: Work, seats: Sequence[Seat], progress: Any
) -> Outcome | Raised:
    """Annotate the batch's recording of this number; ``Raised`` where the batch cannot go on.

    That is: the classifier fails, or this machine is not like the one that runs the batch. Where
    only this machine or the classifiers are gone, Ray's own errors say so.
    """
    try:
        _settle(work.place, out=work.orders.job.out)
    except PipelineError as error:
        return Raised.of(error)
    asking = _Asking(number, seats)
    try:
        return annotate_apart(
            recording,
            work.orders,
            asking.classify,
            _telling(number, progress),
            stall_limit_s=work.stall_limit_s,
        )
    except _ClassifierFailedError as failed:
        return failed.raised


class _ClassifierFailedError(Exception):
    """A classifier has raised something."""

    def __init__(self, raised: Raised) -> None:
        super().__init__(raised)
        self.raised = raised


def _settle(place: Place, *, out: Path) -> None:
    """Go where relative paths mean the same; require what makes outputs the same.

    Raises:
        PipelineError: this machine lacks the folders, or has other versions.
    """
    try:
        os.chdir(place.folder)
    except OSError as error:
        raise _unfit(place.folder, "is not there") from error
    if not out.is_dir():
        raise _unfit(out, "is not there")
    ours = versions()
    if ours != place.versions:
        differ = [name for name in ours if ours[name] != place.versions.get(name)]
        text = ", ".join(f"{name} {ours[name]}, not {place.versions.get(name)}" for name in differ)
        raise PipelineError(
            _machine(),
            f"this machine of the cluster has {text}",
            hint="install the same versions on all of them",
        )


def _unfit(path: Path, cause: str) -> PipelineError:
    return PipelineError(
        path,
        f"{cause} on {_machine()}",
        hint="every machine of the cluster needs the same storage at the same place",
    )


def _machine() -> str:
    return os.uname().nodename


class _Asking:
    """Asks a classifier of its own node where there is one, and goes on to another if it is gone.

    An answer depends on nothing but its image, so that asking twice does no harm.
    """

    def __init__(self, number: int, seats: Sequence[Seat]) -> None:
        self._ray = import_ray()
        node = self._ray.get_runtime_context().get_node_id()
        near = [seat.actor for seat in seats if seat.node == node]
        far = [seat.actor for seat in seats if seat.node != node]
        self._actors = [*_turned(near, number), *_turned(far, number)]

    def classify(self, images: NDArray[np.uint8]) -> Answers:
        """See ``FrameClassifier.predict``."""
        since = time.monotonic()
        while True:
            for actor in self._actors:
                try:
                    answer: Answers | Raised = self._ray.get(actor.predict.remote(images))
                except self._ray.exceptions.RayActorError:
                    if time.monotonic() - since > _PATIENCE_S:
                        raise
                    continue
                if isinstance(answer, Raised):
                    raise _ClassifierFailedError(answer)
                return answer
            time.sleep(1.0)


def _turned(actors: list[Any], number: int) -> list[Any]:
    """Another one first for each recording, so that all are asked alike."""
    first = number % len(actors) if actors else 0
    return actors[first:] + actors[:first]


def _telling(number: int, progress: Any) -> Tell:
    """Notes for the progress actor, not more than one a second, and nobody waits for them."""
    told_at = -_TELL_EVERY_S

    def tell(position_s: float, info: VideoInfo) -> None:
        nonlocal told_at
        now = time.monotonic()
        if now - told_at >= _TELL_EVERY_S:
            told_at = now
            progress.note.remote(number, position_s, info)

    return tell
