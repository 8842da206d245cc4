"""Which machines a cluster has, and a classifier on each."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from video_pipeline.batch.cluster.asking import Seat
from video_pipeline.batch.cluster.classifier_actor import ClassifierActor
from video_pipeline.frame_classifier import FrameClassifier

__all__ = ["Node", "Placement", "nodes_of"]

_LOOK_EVERY_S = 2.0


@dataclass(frozen=True)
class Node:
    """One machine of the cluster that is alive."""

    node_id: str
    n_cpus: int
    n_gpus: int


def nodes_of(ray: Any) -> list[Node]:
    """Those alive, in the order of their names."""
    nodes = [
        Node(of["NodeID"], int(of["Resources"].get("CPU", 0)), int(of["Resources"].get("GPU", 0)))
        for of in ray.nodes()
        if of["Alive"]
    ]
    return sorted(nodes, key=lambda node: node.node_id)


class Placement:
    """The batch's classifiers: one on every GPU, or on every machine where there is no GPU.

    Machines may come and go. A classifier whose process ends is started again where it was; one
    whose machine is lost is lost with it, and the others take over. Whether GPUs are used is
    decided once: one batch's answers shall not come from both.
    """

    def __init__(self, ray: Any, classifier: FrameClassifier, *, n_full: int) -> None:
        self._ray = ray
        self._actor = ray.remote(ClassifierActor)
        self._classifier = classifier
        self._n_full = n_full
        self._actors: dict[str, list[Any]] = {}
        self._nodes = nodes_of(ray)
        self._uses_gpus = any(node.n_gpus for node in self._nodes)
        self._looked_at = time.monotonic()
        self._seat()

    @property
    def n_slots(self) -> int:
        """How many recordings can be decoded at once; at least one, which waits for a machine."""
        return max(1, sum(node.n_cpus for node in self._nodes))

    @property
    def seats(self) -> list[Seat]:
        """The classifiers there are."""
        return [Seat(node, actor) for node, actors in self._actors.items() for actor in actors]

    def look(self) -> None:
        """See which machines have come and gone since the last look."""
        if time.monotonic() - self._looked_at >= _LOOK_EVERY_S:
            self._nodes = nodes_of(self._ray)
            self._looked_at = time.monotonic()
            self._seat()

    def end(self) -> None:
        """Stop every classifier."""
        for seat in self.seats:
            self._ray.kill(seat.actor)
        self._actors.clear()

    def _seat(self) -> None:
        alive = {node.node_id: node for node in self._nodes}
        self._actors = {name: of for name, of in self._actors.items() if name in alive}
        for name, node in alive.items():
            if name not in self._actors and (n := self._n_classifiers(node)) > 0:
                self._actors[name] = [self._start(name) for _ in range(n)]

    def _n_classifiers(self, node: Node) -> int:
        return node.n_gpus if self._uses_gpus else min(1, node.n_cpus)

    def _start(self, node_id: str) -> Any:
        """On a machine without GPUs it claims no processor: it shares them with the decoders."""
        affinity = self._ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy
        return self._actor.options(
            num_cpus=0,
            num_gpus=1 if self._uses_gpus else 0,
            max_restarts=-1,
            scheduling_strategy=affinity(node_id, soft=False),
        ).remote(self._classifier, self._n_full)
