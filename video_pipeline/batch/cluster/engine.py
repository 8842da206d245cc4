"""The engine of many machines: Ray finds a place for every recording, classifiers wait beside."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

from video_pipeline.batch.claim import clear_up
from video_pipeline.batch.cluster.decoding_task import Given, Place, Work, annotate_on_node
from video_pipeline.batch.cluster.placement import Placement
from video_pipeline.batch.cluster.progress_actor import Notes, ProgressActor
from video_pipeline.batch.cluster.raised import Raised
from video_pipeline.batch.cluster.ray_session import ray_session
from video_pipeline.batch.engine import Progress
from video_pipeline.batch.job import BatchJob, Outcome
from video_pipeline.batch.local.messages import orders_for
from video_pipeline.batch.one_recording import failed_outcome
from video_pipeline.batch.recordings import Recording
from video_pipeline.batch.work_queue import WorkQueue
from video_pipeline.frame_classifier import FrameClassifier
from video_pipeline.interruption import wishes_to_stop

__all__ = ["RayEngine"]

_LOOK_EVERY_S = 0.2
_END_WITHIN_S = 3.0
_MOST_TRIES = 5
_BATCHES_IN_STORE = 8
"""For each processor: of one worker's images and answers, and what Ray has not yet taken away."""


class RayEngine:
    """Satisfies ``BatchEngine`` on a Ray cluster whose machines share their storage.

    The classifier travels to every GPU, or to every machine where there are none, by pickle: it
    should know its tools at once and load its model with its first images. A recording whose
    machine is lost is given out again, five times at most; where no machine is left, it waits
    for one. Where there are more processors than recordings, long ones are cut at key frames, and
    several machines look at the pieces.
    """

    def __init__(
        self,
        *,
        address: str | None = None,
        stall_limit_s: float = 60.0,
        shows_tracebacks: bool = False,
    ) -> None:
        """``address``: of a running cluster, "auto" for the one here; None: this machine alone."""
        self._address = address
        self._stall_limit_s = stall_limit_s
        self._shows_tracebacks = shows_tracebacks

    def annotate(
        self,
        recordings: Sequence[Recording],
        classifier: FrameClassifier,
        job: BatchJob,
        *,
        progress: Progress | None = None,
    ) -> Iterator[Outcome]:
        """See ``BatchEngine``.

        Raises:
            PipelineError: Ray is not installed, no cluster answers, or its machines differ.
        """
        # A machine's processors are shared out by recordings, not by the threads of one.
        job = replace(job, decode_threads=1)
        orders = orders_for(classifier, job, shows_tracebacks=self._shows_tracebacks)
        work = Work(orders, self._stall_limit_s, Place.here())
        with ExitStack() as ending:
            session = ray_session(
                self._address,
                store_bytes=_BATCHES_IN_STORE * orders.layout.n_bytes,
                is_loud=self._shows_tracebacks,
            )
            ray = ending.enter_context(session)
            wish = ending.enter_context(wishes_to_stop())
            run = _Run(ray, recordings, classifier, work, progress)
            ending.callback(run.end)
            while run.is_busy:
                wish.grant()
                yield from run.step()


@dataclass(frozen=True)
class _Item:
    """A recording of the batch, and how often it was lost."""

    number: int
    recording: Recording
    n_losses: int = 0


class _Run:
    """One call of the engine: what is left, what is given out, and who answers."""

    def __init__(
        self,
        ray: Any,
        recordings: Sequence[Recording],
        classifier: FrameClassifier,
        work: Work,
        progress: Progress | None,
    ) -> None:
        self._ray = ray
        self._left = WorkQueue(_Item(k, of) for k, of in enumerate(recordings))
        self._running: dict[Any, _Item] = {}
        self._work = ray.put(work)
        self._out = work.orders.job.out
        self._progress = progress
        self._placement = Placement(ray, classifier, n_full=work.orders.layout.n_images)
        self._notes = _start_beside_us(ray, ProgressActor)
        self._taking: Any = None
        # What is lost is given out again here, where it is counted.
        self._annotate = ray.remote(annotate_on_node).options(
            num_cpus=1, max_retries=0, scheduling_strategy="SPREAD"
        )

    @property
    def is_busy(self) -> bool:
        """Whether a recording is left or at work."""
        return bool(self._left or self._running)

    def step(self) -> Iterator[Outcome]:
        """Give out what there is room for; wait a little for what comes of it."""
        self._placement.look()
        while len(self._running) < self._placement.n_slots:
            item = self._left.take()
            if item is None:
                break
            self._give_out(item)
        if not self._running:
            # No machine, or what is left is at work elsewhere.
            time.sleep(_LOOK_EVERY_S)
            return
        ready, _ = self._ray.wait(list(self._running), timeout=_LOOK_EVERY_S)
        self._show_progress()
        for task in ready:
            yield from self._hear(task)

    def end(self) -> None:
        """Stop what still runs, and take away what it had begun to write.

        Without force: a task whose answer comes just then would bring down this process (Ray 2.60,
        "tried to complete task that was not pending"). One that does not heed ends with us.
        """
        for task in self._running:
            self._ray.cancel(task)
        if self._running:
            tasks = list(self._running)
            self._ray.wait(tasks, num_returns=len(tasks), timeout=_END_WITHIN_S)
        for item in self._running.values():
            clear_up(self._out / item.recording.video_id)
        self._running.clear()
        self._placement.end()
        self._ray.kill(self._notes)

    def _give_out(self, item: _Item) -> None:
        # Where there are more processors than recordings, several share the length of each.
        n_unfinished = len(self._running) + 1 + len(self._left)
        n_ways = self._placement.n_slots // n_unfinished
        task = self._annotate.remote(
            Given(item.number, item.recording, n_ways),
            self._work,
            self._placement.seats,
            self._notes,
        )
        self._running[task] = item

    def _hear(self, task: Any) -> Iterator[Outcome]:
        item = self._running.pop(task)
        try:
            said: Outcome | Raised = self._ray.get(task)
        except self._ray.exceptions.RayError as error:
            yield from self._lose(item, error)
            return
        if isinstance(said, Raised):
            raise said.error()
        if said.is_elsewhere:
            self._left.put_back(item)
        else:
            yield said

    def _lose(self, item: _Item, error: Exception) -> Iterator[Outcome]:
        """Its machine is gone, or the process there: first in the queue, but not for ever."""
        item = replace(item, n_losses=item.n_losses + 1)
        if item.n_losses < _MOST_TRIES:
            self._left.put_first(item)
            return
        clear_up(self._out / item.recording.video_id)
        text = f"lost {_MOST_TRIES} times with the process that decoded it ({_in_one_line(error)})"
        yield failed_outcome(item.recording, self._out, f"{text}; run the same call again")

    def _show_progress(self) -> None:
        """Tell what has been noted; asking for it never keeps anybody waiting."""
        if self._progress is None:
            return
        if self._taking is None:
            self._taking = self._notes.take.remote()
        if self._ray.wait([self._taking], timeout=0)[0]:
            notes: Notes = self._ray.get(self._taking)
            self._taking = None
            for item in self._running.values():
                if item.number in notes:
                    self._progress(item.recording, *notes[item.number])


def _start_beside_us(ray: Any, actor: type[ProgressActor]) -> Any:
    """An actor that is lost only where the machine that runs the batch is."""
    affinity = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy
    here = affinity(ray.get_runtime_context().get_node_id(), soft=False)
    return ray.remote(actor).options(num_cpus=0, scheduling_strategy=here).remote()


def _in_one_line(error: Exception) -> str:
    """The kind and the first line of an error of Ray's, which are paragraphs."""
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[0]}"
