"""One classifier of the cluster: answers the decoders of many recordings, together."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from video_pipeline.batch.cluster.decoding import Answers
from video_pipeline.batch.cluster.raised import Raised
from video_pipeline.frame_classifier import FrameClassifier

__all__ = ["ClassifierActor"]

_LONGEST_WAIT_S = 0.02
"""How long a batch that is not full waits for images of another recording."""

_Asked = tuple[NDArray[np.uint8], "asyncio.Future[Answers | Raised]"]


class ClassifierActor:
    """Runs as an asyncio actor of Ray: questions are collected while earlier ones are answered."""

    def __init__(self, classifier: FrameClassifier, n_full: int) -> None:
        """``n_full``: images that are worth a call at once."""
        self._classifier = classifier
        self._n_full = n_full
        self._asked: list[_Asked] = []
        self._serving: asyncio.Task[None] | None = None
        # One thread: a classifier is asked one thing at a time.
        self._thread = ThreadPoolExecutor(max_workers=1)

    async def predict(self, images: NDArray[np.uint8]) -> Answers | Raised:
        """See ``FrameClassifier``; what it raises is returned, for whoever runs the batch."""
        answered: asyncio.Future[Answers | Raised] = asyncio.get_running_loop().create_future()
        self._asked.append((images, answered))
        if self._serving is None:
            self._serving = asyncio.create_task(self._serve())
        return await answered

    async def _serve(self) -> None:
        while self._asked:
            if sum(len(images) for images, _ in self._asked) < self._n_full:
                await asyncio.sleep(_LONGEST_WAIT_S)
            asked, self._asked = self._asked, []
            images = [of for of, _ in asked]
            loop = asyncio.get_running_loop()
            answers = await loop.run_in_executor(self._thread, self._classify, images)
            for (_, answered), answer in zip(asked, answers, strict=True):
                # Whoever asked may be gone by now.
                if not answered.done():
                    answered.set_result(answer)
        self._serving = None

    def _classify(self, images: list[NDArray[np.uint8]]) -> Sequence[Answers | Raised]:
        """The answer to each part, all of them classified in one call."""
        together = images[0] if len(images) == 1 else np.concatenate(images)
        try:
            probabilities, features = self._classifier.predict(together)
        except Exception as error:  # noqa: BLE001  it is raised again where the batch is run
            return [Raised.of(error)] * len(images)
        ends = np.cumsum([len(part) for part in images])[:-1]
        return list(
            zip(
                np.split(probabilities, ends),
                [None] * len(images) if features is None else np.split(features, ends),
                strict=True,
            )
        )
