"""What several workers ask goes through the classifier together; each has its own answers back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.batches import Brightness
from video_pipeline.batch.local.answering import Questions
from video_pipeline.batch.local.messages import Answer
from video_pipeline.batch.local.shared_frames import FrameLayout, SharedFrames, make_shared_file

LAYOUT = FrameLayout(n_images=6, size_px=(32, 32), n_tools=1)


class Asker:
    """The engine's side of a worker without the process."""

    def __init__(self, brightness: int) -> None:
        self.shared = SharedFrames(make_shared_file(LAYOUT), LAYOUT)
        self.shared.put_images(np.full((6, 32, 32, 3), brightness, dtype=np.uint8))
        self.told: list[Answer] = []

    def note_progress(self) -> None:
        pass

    def tell(self, message: Answer) -> None:
        self.told.append(message)


class Listening(Brightness):
    """Notes how many images each call brings; gives each one's brightness as a feature, too."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[int] = []

    def predict(
        self, images: NDArray[np.uint8]
    ) -> tuple[NDArray[np.float32], NDArray[np.float16] | None]:
        self.calls.append(len(images))
        probabilities, _ = super().predict(images)
        return probabilities, (probabilities * 255).astype(np.float16)


def test_what_several_ask_is_one_call_and_each_has_its_own_answer() -> None:
    classifier, askers = Listening(), [Asker(10), Asker(20), Asker(30)]
    questions = Questions(classifier, n_full=8)
    for asker, n in zip(askers, (2, 6, 1), strict=True):
        questions.add(as_worker(asker), n)
    questions.answer()
    assert classifier.calls == [9]
    for asker, n, brightness in zip(askers, (2, 6, 1), (10, 20, 30), strict=True):
        assert asker.told == [Answer(1)]
        probabilities, features = asker.shared.answers(n, 1)
        assert probabilities[:, 0] == pytest.approx(np.full(n, brightness / 255))
        assert features is not None
        assert features[:, 0].tolist() == [brightness] * n


def test_a_batch_waits_until_it_is_full_or_everybody_waits() -> None:
    questions = Questions(Listening(), n_full=8)
    assert not questions.is_due(n_busy=3)
    questions.add(as_worker(Asker(1)), 2)
    assert questions.is_due(n_busy=1)
    questions.add(as_worker(Asker(2)), 6)
    assert questions.is_due(n_busy=3)


def test_who_is_gone_is_not_answered() -> None:
    classifier, gone, left = Listening(), Asker(1), Asker(2)
    questions = Questions(classifier, n_full=8)
    questions.add(as_worker(gone), 3)
    questions.add(as_worker(left), 2)
    questions.drop(as_worker(gone))
    questions.answer()
    assert (classifier.calls, gone.told) == ([2], [])


def as_worker(asker: Asker) -> Any:
    """What a type checker takes for a worker's process."""
    return asker
