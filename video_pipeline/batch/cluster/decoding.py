"""One recording through one worker process, whose questions somebody else answers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from video_pipeline.batch.claim import clear_up
from video_pipeline.batch.job import BatchJob, Outcome
from video_pipeline.batch.local.messages import (
    Answer,
    Described,
    Finished,
    Frames,
    Orders,
    Reached,
)
from video_pipeline.batch.local.shared_frames import FrameLayout
from video_pipeline.batch.local.worker_process import WorkerProcess
from video_pipeline.batch.one_recording import failed_outcome
from video_pipeline.batch.recordings import Recording
from video_pipeline.frame_classifier import FrameClassifier
from video_pipeline.records import VideoInfo

__all__ = ["Answers", "Classify", "Tell", "annotate_apart", "orders_for"]

Answers = tuple[NDArray[np.float32], NDArray[np.float16] | None]
"""Probabilities (n, n_tools), and features (n, any) where there are any."""
Classify = Callable[[NDArray[np.uint8]], Answers]
Tell = Callable[[float, VideoInfo], None]

_LOOK_EVERY_S = 0.2


def orders_for(classifier: FrameClassifier, job: BatchJob, *, shows_tracebacks: bool) -> Orders:
    """What a worker is told first: the job, and what it has to know of the classifier."""
    described = Described(
        tools=classifier.tools,
        input_size_px=classifier.input_size_px,
        resize_rule=getattr(classifier, "resize_rule", None),
        crops_field_of_view=bool(getattr(classifier, "crops_field_of_view", False)),
    )
    layout = FrameLayout(job.settings.batch_size, classifier.input_size_px, len(classifier.tools))
    return Orders(job, shows_tracebacks, described, layout)


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
                cause = f"no progress for {stall_limit_s:.0f} s: its decoder hangs and was stopped"
                return _failed(recording, orders, cause)
            continue
        try:
            message = worker.connection.recv()
        except (EOFError, ConnectionError):
            return _failed(recording, orders, worker.cause_of_death())
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


def _failed(recording: Recording, orders: Orders, cause: str) -> Outcome:
    return failed_outcome(recording, orders.job.out, f"{cause}; convert it anew")
