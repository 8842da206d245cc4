"""One recording through one worker process, whose questions somebody else answers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from video_pipeline.batch.claim import clear_up
from video_pipeline.batch.job import Outcome
from video_pipeline.batch.local.messages import Answer, Finished, Frames, Orders, Reached
from video_pipeline.batch.local.worker_process import WorkerProcess, lost_outcome, stalled_text
from video_pipeline.batch.recordings import Recording
from video_pipeline.records import VideoInfo

__all__ = ["Answers", "Classify", "Tell", "annotate_apart"]

Answers = tuple[NDArray[np.float32], NDArray[np.float16] | None]
"""Probabilities (n, n_tools), and features (n, any) where there are any."""
Classify = Callable[[NDArray[np.uint8]], Answers]
Tell = Callable[[float, VideoInfo], None]

_LOOK_EVERY_S = 0.2


def annotate_apart(
    recording: Recording, orders: Orders, classify: Classify, tell: Tell, *, stall_limit_s: float
) -> Outcome:
    """Annotate a recording in a process of its own, which may crash or hang at its own cost.

    Whatever ends this, the process is gone with it, and so is what it had begun to write. Errors
    of ``classify`` are passed on.
    """
    worker = WorkerProcess(orders)
    try:
        worker.give(recording)
        return _served(worker, recording, orders, classify, tell, stall_limit_s)
    finally:
        was_busy = worker.recording is not None
        worker.end()
        if was_busy:
            clear_up(orders.job.out / recording.video_id)


def _served(
    worker: WorkerProcess,
    recording: Recording,
    orders: Orders,
    classify: Classify,
    tell: Tell,
    stall_limit_s: float,
) -> Outcome:
    while True:
        if not worker.connection.poll(_LOOK_EVERY_S):
            if worker.stalled_s() > stall_limit_s:
                return lost_outcome(recording, orders.job.out, stalled_text(stall_limit_s))
            continue
        try:
            message = worker.connection.recv()
        except (EOFError, ConnectionError):
            return lost_outcome(recording, orders.job.out, worker.cause_of_death())
        worker.note_progress()
        match message:
            case Frames(n):
                probabilities, features = classify(worker.shared.images(n))
                n_features = worker.shared.put_answers(probabilities, features)
                worker.note_progress()
                worker.tell(Answer(n_features))
            case Reached(position_s, info):
                tell(position_s, info)
            case Finished(outcome):
                worker.recording = None
                return outcome
