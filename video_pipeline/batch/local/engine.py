"""The engine of one machine: worker processes decode, this process classifies for all of them."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from multiprocessing.connection import Connection, wait
from typing import cast

from video_pipeline.batch.claim import clear_up
from video_pipeline.batch.engine import Progress
from video_pipeline.batch.job import BatchJob, Outcome
from video_pipeline.batch.local.answering import Questions
from video_pipeline.batch.local.cutting import Cuts
from video_pipeline.batch.local.messages import (
    Cut,
    Finished,
    Frames,
    NextPiece,
    Orders,
    PieceSeen,
    Reached,
    orders_for,
)
from video_pipeline.batch.local.staffing import Staffing
from video_pipeline.batch.local.worker_process import WorkerProcess, lost_outcome, stalled_text
from video_pipeline.batch.recordings import Recording
from video_pipeline.batch.work_queue import WorkQueue
from video_pipeline.errors import PipelineError
from video_pipeline.frame_classifier import FrameClassifier
from video_pipeline.interruption import StopWish, wishes_to_stop
from video_pipeline.processors import n_processors
from video_pipeline.records import VideoInfo

__all__ = ["LocalEngine"]

_LOOK_EVERY_S = 0.2
_FEWEST_TO_CUT_FOR = 4
"""Two processors are busy with one decoder and the classifier."""


class LocalEngine:
    """Satisfies ``BatchEngine``; see there for what it promises.

    A worker that says and reads nothing for ``stall_limit_s`` is killed, its recording has failed,
    and another worker takes its place. Where there are more processors than recordings, long ones
    are cut at key frames, and several workers look at the pieces.
    """

    def __init__(
        self,
        *,
        n_workers: int | None = None,
        stall_limit_s: float = 60.0,
        shows_tracebacks: bool = False,
    ) -> None:
        """``n_workers``: None for as many as keep the classifier busy, at most one a processor."""
        self._n_workers = n_workers
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
            PipelineError: not one process can be started to decode in.
        """
        most = self._n_workers or n_processors()
        staffing = Staffing(most=most, at_once=self._n_workers is not None)
        if min(most, len(recordings)) > 1:
            job = replace(job, decode_threads=1)
        with wishes_to_stop() as wish, ExitStack() as ending:
            orders = orders_for(classifier, job, shows_tracebacks=self._shows_tracebacks)
            run = _Run(recordings, classifier, orders, progress, self._stall_limit_s, staffing)
            ending.callback(run.end)
            while run.is_busy:
                wish.grant()
                yield from run.step(wish)


class _Run:
    """One call of the engine: its workers, and what is left to do."""

    def __init__(
        self,
        recordings: Sequence[Recording],
        classifier: FrameClassifier,
        orders: Orders,
        progress: Progress | None,
        stall_limit_s: float,
        staffing: Staffing,
    ) -> None:
        self._left = WorkQueue(recordings)
        self._job = orders.job
        self._progress = progress
        self._stall_limit_s = stall_limit_s
        self._orders = orders
        self._questions = Questions(classifier, n_full=orders.layout.n_images)
        self._cuts = Cuts()
        self._staffing = staffing
        self._room: float = math.inf
        """For how many processes this machine has room, as far as is known."""
        self._workers: list[WorkerProcess] = []

    @property
    def is_busy(self) -> bool:
        """Whether there is work, here or, as long as it is another process's, there."""
        return bool(self._workers) or len(self._left) > 0

    def end(self) -> None:
        """End every worker, and take away what a killed one had begun to write."""
        while self._workers:
            self._remove(self._workers[-1])

    def step(self, wish: StopWish) -> Iterator[Outcome]:
        """Hear what workers have to say, answer them, and give out what has come of it."""
        self._hand_out()
        pause_s = 0.0 if self._questions.is_due(n_busy=self._n_busy) else self._pause_s()
        connections = {worker.connection: worker for worker in self._workers}
        began = time.monotonic()
        ready_ones = wait(list(connections), pause_s)
        waited_s = time.monotonic() - began
        for ready in ready_ones:
            worker = connections[cast("Connection", ready)]
            # What another one says may have ended it.
            if worker in self._workers:
                yield from self._hear(worker)
        n_delivering, began = self._n_delivering, time.monotonic()
        if self._questions.is_due(n_busy=self._n_busy):
            with wish.at_once():
                self._questions.answer()
        answered_s = time.monotonic() - began
        self._staffing.note(waited_s=waited_s, answered_s=answered_s, n_delivering=n_delivering)
        for worker in list(self._workers):
            # The loss of another one may have ended it.
            if worker in self._workers and self._is_stalled(worker):
                yield from self._lose(worker, stalled_text(self._stall_limit_s))

    @property
    def _n_at_work(self) -> int:
        """Workers that decode, or may be told to."""
        return sum(not self._cuts.owns(worker) for worker in self._workers)

    @property
    def _n_busy(self) -> int:
        """Workers that decode."""
        return sum(worker.is_busy and not self._cuts.owns(worker) for worker in self._workers)

    @property
    def _n_delivering(self) -> int:
        return sum(
            worker.is_busy and worker.has_asked and not self._cuts.owns(worker)
            for worker in self._workers
        )

    def _hand_out(self) -> None:
        """Give work to those who have none, and end those for whom none is left."""
        idle = [worker for worker in self._workers if not worker.is_busy]
        while idle or self._may_start_another:
            piece = self._cuts.take()
            recording = self._left.take() if piece is None else None
            if piece is None and recording is None:
                break
            worker = idle.pop(0) if idle else self._new_worker()
            if worker is None:
                if piece is not None:
                    self._cuts.put_back(piece)
                if recording is not None:
                    self._left.put_first(recording)
                break
            if piece is not None:
                self._cuts.give(piece, worker)
            elif recording is not None:
                worker.give(recording, n_ways=self._n_ways())
        if not self._n_busy:
            # Whoever is there waits for others, and there is no room for any.
            self._cuts.give_up_one_in_vain()
        for worker in idle[len(self._left) :]:
            self._remove(worker)

    @property
    def _may_start_another(self) -> bool:
        return self._n_at_work < self._staffing.n_wanted and len(self._workers) < self._room

    def _n_ways(self) -> int:
        """Into how many pieces the next recording is worth being cut."""
        if self._staffing.most < _FEWEST_TO_CUT_FOR:
            return 1
        n_at_work = sum(worker.recording is not None for worker in self._workers)
        return max(1, self._staffing.most // (n_at_work + 1 + len(self._left)))

    def _is_stalled(self, worker: WorkerProcess) -> bool:
        waits_for_us = self._questions.is_waiting(worker) or self._cuts.is_waiting(worker)
        is_at_work = worker.is_busy and not waits_for_us
        return is_at_work and worker.stalled_s() > self._stall_limit_s

    def _pause_s(self) -> float:
        return 0.005 if len(self._questions) else _LOOK_EVERY_S

    def _hear(self, worker: WorkerProcess) -> Iterator[Outcome]:
        try:
            message = worker.connection.recv()
        except (EOFError, ConnectionError):
            yield from self._lose(worker, worker.cause_of_death())
            return
        worker.note_progress()
        match message:
            case Frames(n):
                worker.has_asked = True
                self._questions.add(worker, n)
            case Reached(position_s, info):
                self._tell(worker, position_s, info)
            case Cut():
                self._cuts.begin(worker, message)
            case NextPiece():
                self._cuts.ask(worker)
            case PieceSeen(observed):
                worker.finish()
                self._remove_all(self._cuts.seen(worker, observed))
            case Finished(outcome):
                recording = worker.finish()
                self._remove_all(self._cuts.give_up(worker))
                if outcome.is_elsewhere and recording is not None:
                    self._left.put_back(recording)
                else:
                    # Whoever takes the outcome may take his time: the worker goes on meanwhile.
                    self._hand_out()
                    yield outcome

    def _tell(self, worker: WorkerProcess, position_s: float, info: VideoInfo) -> None:
        """How far a recording is; of one in pieces, how much of all of them is done."""
        recording = worker.recording
        if self._progress is None or self._cuts.owns(worker):
            return
        if recording is None and (reached := self._cuts.reached(worker, position_s)) is not None:
            owner, position_s = reached
            recording = owner.recording
        if recording is not None:
            self._progress(recording, position_s, info)

    def _lose(self, worker: WorkerProcess, cause: str) -> Iterator[Outcome]:
        """A worker is gone, or must go: its recording has failed."""
        recording = worker.recording
        self._remove(worker)
        if recording is not None:
            yield lost_outcome(recording, self._job.out, cause)

    def _new_worker(self) -> WorkerProcess | None:
        """None where this machine has no room for another process: then there will be fewer."""
        try:
            worker = WorkerProcess(self._orders)
        except OSError as error:
            self._room = len(self._workers)
            if self._workers:
                return None
            raise PipelineError(
                "annotate",
                f"no process can be started to decode in ({error.strerror})",
                hint="close other programs and run the same call again",
            ) from error
        self._workers.append(worker)
        return worker

    def _remove(self, worker: WorkerProcess) -> None:
        self._workers.remove(worker)
        self._questions.drop(worker)
        in_vain = self._cuts.seen(worker, None) + self._cuts.give_up(worker)
        recording = worker.recording
        worker.end()
        if recording is not None:
            clear_up(self._job.out / recording.video_id)
        self._remove_all(in_vain)

    def _remove_all(self, workers: Sequence[WorkerProcess]) -> None:
        for worker in workers:
            self._remove(worker)
