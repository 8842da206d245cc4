"""Asking the classifiers of a cluster: the nearest first, another one where that is gone."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from video_pipeline.batch.cluster.decoding import Answers
from video_pipeline.batch.cluster.raised import Raised
from video_pipeline.batch.cluster.ray_session import import_ray

__all__ = ["Asking", "BatchFailedError", "Seat"]

_PATIENCE_S = 60.0
"""How long a recording waits for a classifier where every one that it knows is gone."""


@dataclass(frozen=True)
class Seat:
    """A classifier that may be asked, and the node on which it is."""

    node: str
    actor: Any


class BatchFailedError(Exception):
    """The batch cannot go on: a classifier has raised something, or a machine is unfit."""

    def __init__(self, raised: Raised) -> None:
        super().__init__(raised)
        self.raised = raised


class Asking:
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
                    raise BatchFailedError(answer)
                return answer
            time.sleep(1.0)


def _turned(actors: list[Any], number: int) -> list[Any]:
    """Another one first for each recording, so that all are asked alike."""
    first = number % len(actors) if actors else 0
    return actors[first:] + actors[:first]
