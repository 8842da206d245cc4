"""Images of several workers through one classifier, as full batches as there are."""

from __future__ import annotations

import time

import numpy as np

from video_pipeline.batch.local.messages import Answer
from video_pipeline.batch.local.worker_process import WorkerProcess
from video_pipeline.frame_classifier import FrameClassifier

__all__ = ["Questions"]

_LONGEST_WAIT_S = 0.02
"""How long a batch that is not full waits for images of another recording."""


class Questions:
    """What workers have asked and nobody has answered yet."""

    def __init__(self, classifier: FrameClassifier, *, n_full: int) -> None:
        self._classifier = classifier
        self._n_full = n_full
        self._asked: list[tuple[WorkerProcess, int]] = []
        self._since = 0.0

    def __len__(self) -> int:
        return len(self._asked)

    def add(self, worker: WorkerProcess, n: int) -> None:
        """A worker has put ``n`` images into its memory."""
        if not self._asked:
            self._since = time.monotonic()
        self._asked.append((worker, n))

    def drop(self, worker: WorkerProcess) -> None:
        """A worker is gone."""
        self._asked = [(of, n) for of, n in self._asked if of is not worker]

    def is_waiting(self, worker: WorkerProcess) -> bool:
        """Whether a worker waits for us."""
        return any(of is worker for of, _ in self._asked)

    def is_due(self, *, n_busy: int) -> bool:
        """Whether to answer now: a batch is full, or waiting longer would bring little."""
        if not self._asked:
            return False
        return (
            sum(n for _, n in self._asked) >= self._n_full
            or len(self._asked) >= n_busy
            or time.monotonic() - self._since >= _LONGEST_WAIT_S
        )

    def answer(self) -> None:
        """Classify what has been asked, in one call, and give each worker its own part."""
        asked, self._asked = self._asked, []
        images = [worker.shared.images(n) for worker, n in asked]
        together = images[0] if len(images) == 1 else np.concatenate(images)
        probabilities, features = self._classifier.predict(together)
        start = 0
        for worker, n in asked:
            rows = slice(start, start + n)
            start += n
            n_features = worker.shared.put_answers(
                probabilities[rows], None if features is None else features[rows]
            )
            worker.note_progress()
            worker.tell(Answer(n_features))
