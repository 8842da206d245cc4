"""A worker process on its machine, whose questions somebody else answers."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from video_pipeline.batch.claim import clear_up
from video_pipeline.batch.job import Outcome
from video_pipeline.batch.local.messages import (
    Answer,
    Cut,
    Finished,
    Frames,
    NextPiece,
    Orders,
    PieceSeen,
    PieceTask,
    Reached,
)
from video_pipeline.batch.local.worker_process import WorkerProcess, lost_outcome, stalled_text
from video_pipeline.batch.recordings import Recording
from video_pipeline.elsewhere import PieceObserved
from video_pipeline.records import VideoInfo

__all__ = ["Answers", "Asked", "Seen", "annotate_apart", "observe_apart"]

Answers = tuple[NDArray[np.float32], NDArray[np.float16] | None]
"""Probabilities (n, n_tools), and features (n, any) where there are any."""

Last = TypeVar("Last", Finished, PieceSeen)

Seen = Generator[PieceObserved | None, None, None]

_LOOK_EVERY_S = 0.2


def _ignore(position_s: float, info: VideoInfo) -> None:
    del position_s, info


def _nobody(cut: Cut | None = None) -> Seen:
    del cut
    yield from ()


@dataclass(frozen=True)
class Asked:
    """Who answers a worker's questions; errors of theirs are passed on."""

    classify: Callable[[NDArray[np.uint8]], Answers]
    tell: Callable[[float, VideoInfo], None] = _ignore
    """Is told how far a recording is, or how much of a piece is done."""
    observe: Callable[[Cut], Seen] = _nobody
    """Looks at pieces: each in order, None for one that could not be had."""


class _LostError(Exception):
    """The process is gone, or was stopped; the text says why."""


def annotate_apart(
    recording: Recording, orders: Orders, asked: Asked, *, stall_limit_s: float, n_ways: int = 1
) -> Outcome:
    """Annotate a recording in a process of its own, which may crash or hang at its own cost.

    Whatever ends this, the process is gone with it, and so is what it had begun to write.
    """
    with _worker(orders) as worker:
        worker.give(recording, n_ways=n_ways)
        try:
            return _served(worker, asked, stall_limit_s, until=Finished).outcome
        except _LostError as lost:
            return lost_outcome(recording, orders.job.out, str(lost))


def observe_apart(
    task: PieceTask, orders: Orders, asked: Asked, *, stall_limit_s: float
) -> PieceObserved | None:
    """Look at a piece in a process of its own; None where that fails, hangs or crashes."""
    with _worker(orders) as worker:
        worker.give_piece(task)
        try:
            return _served(worker, asked, stall_limit_s, until=PieceSeen).observed
        except _LostError:
            return None


@contextmanager
def _worker(orders: Orders) -> Iterator[WorkerProcess]:
    worker = WorkerProcess(orders)
    try:
        yield worker
    finally:
        unfinished = worker.recording
        worker.end()
        if unfinished is not None:
            clear_up(orders.job.out / unfinished.video_id)


def _served(
    worker: WorkerProcess, asked: Asked, stall_limit_s: float, *, until: type[Last]
) -> Last:
    """Answer a worker until it says the last thing that it has to say."""
    with closing(_Answering(worker, asked)) as answering:
        while True:
            if not worker.connection.poll(_LOOK_EVERY_S):
                if worker.stalled_s() > stall_limit_s:
                    raise _LostError(stalled_text(stall_limit_s))
                continue
            try:
                message = worker.connection.recv()
            except (EOFError, ConnectionError) as error:
                raise _LostError(worker.cause_of_death()) from error
            worker.note_progress()
            if isinstance(message, until):
                worker.finish()
                return message
            answering.answer(message)
            worker.note_progress()


class _Answering:
    """What a worker is answered; remembers who looks at pieces for it."""

    def __init__(self, worker: WorkerProcess, asked: Asked) -> None:
        self._worker = worker
        self._asked = asked
        self._seen: Seen = _nobody()

    def answer(self, message: Frames | Reached | Cut | NextPiece) -> None:
        """Give what it asks for, or pass on what it tells."""
        match message:
            case Frames(n):
                probabilities, features = self._asked.classify(self._worker.shared.images(n))
                n_features = self._worker.shared.put_answers(probabilities, features)
                self._worker.tell(Answer(n_features))
            case Reached(position_s, info):
                self._asked.tell(position_s, info)
            case Cut():
                self._seen = self._asked.observe(message)
            case NextPiece():
                observed = next(self._seen, None)
                if observed is None:
                    # Nobody needs the others then.
                    self._seen.close()
                self._worker.tell(PieceSeen(observed))

    def close(self) -> None:
        """Whoever looks at pieces may stop."""
        self._seen.close()
