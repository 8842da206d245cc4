"""What the Ray engine is made of, without Ray: a recording apart, an actor's batches, errors."""

from __future__ import annotations

import asyncio
import os
import signal
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.batches import Brightness, Wide, annotate_in_turn, files_below, job_of, long_clip
from tests.support.clips import steady, write_clip
from tests.support.clusters import Noting, all_with_open
from video_pipeline.batch.cluster.classifier_actor import ClassifierActor
from video_pipeline.batch.cluster.decoding import (
    Answers,
    Asked,
    Seen,
    annotate_apart,
    observe_apart,
)
from video_pipeline.batch.cluster.progress_actor import ProgressActor
from video_pipeline.batch.cluster.raised import Raised
from video_pipeline.batch.job import Outcome
from video_pipeline.batch.local.messages import Cut, PieceTask, orders_for
from video_pipeline.batch.recordings import name_recordings
from video_pipeline.elsewhere import PieceObserved
from video_pipeline.errors import PipelineError


def test_an_actor_classifies_images_of_several_recordings_together(tmp_path: Path) -> None:
    classifier = Noting(tmp_path / "noted")
    images = [np.full((n, 32, 32, 3), 51 * n, dtype=np.uint8) for n in (1, 4, 2)]

    async def ask() -> list[Answers | Raised]:
        actor = ClassifierActor(classifier, n_full=64)
        return await asyncio.gather(*map(actor.predict, images))

    answers = asyncio.run(ask())
    assert classifier.noted()[0] == [7]
    for of, answer in zip(images, answers, strict=True):
        assert isinstance(answer, tuple)
        np.testing.assert_array_equal(answer[0], Brightness().predict(of)[0])
        assert answer[1] is None


def apart(clip: Path, out: Path, number: int | None, *, stall_limit_s: float = 60.0) -> Outcome:
    """One recording apart, its decoder sent a signal with its first question."""
    (recording,) = name_recordings([clip], out)
    orders = orders_for(Brightness(), job_of(out, batch_size=2), shows_tracebacks=False)

    def classify(images: NDArray[np.uint8]) -> tuple[NDArray[np.float32], None]:
        if number is not None:
            (decoder,) = all_with_open(clip)
            os.kill(decoder, number)
        return Brightness().predict(images)[0], None

    return annotate_apart(recording, orders, Asked(classify), stall_limit_s=stall_limit_s)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (signal.SIGSEGV, "its decoder crashed (SIGSEGV)"),
        (signal.SIGSTOP, "no progress for 1 s: its decoder hangs and was stopped"),
    ],
)
def test_a_decoder_apart_fails_at_its_own_cost(tmp_path: Path, number: int, said: str) -> None:
    clip, out = write_clip(tmp_path / "clip.mp4", steady(260)), tmp_path / "out"
    outcome = apart(clip, out, number, stall_limit_s=1.0)
    assert (outcome.row.status, outcome.row.error) == ("failed", f"{said}; convert it anew")
    assert all_with_open(clip) == []
    assert files_below(out) == {}
    assert apart(clip, out, None).row.status == "done"


@pytest.mark.parametrize("signals", [(), (signal.SIGSEGV,), (None, signal.SIGSTOP)])
def test_pieces_looked_at_apart_come_to_what_the_whole_does(
    tmp_path: Path, signals: tuple[int | None, ...]
) -> None:
    clip, out = long_clip(tmp_path / "long.mp4"), tmp_path / "out"
    (recording,) = name_recordings([clip], out)
    orders = orders_for(Brightness(), job_of(out), shows_tracebacks=False)
    left, observed = list(signals), list[PieceObserved | None]()
    of_whole, of_pieces, noted = Brightness(), Brightness(), ProgressActor()

    def classify_piece(images: NDArray[np.uint8]) -> tuple[NDArray[np.float32], None]:
        number = left.pop(0) if left else None
        if number is not None:
            # The other one, which waits for this one, has only looked at its file.
            (decoder,) = all_with_open(clip)
            os.kill(decoder, number)
        return of_pieces.predict(images)[0], None

    def observe(cut: Cut) -> Seen:
        for k, piece in enumerate(cut.pieces):
            task = PieceTask(piece, cut.look, cut.info)
            asked = Asked(classify_piece, partial(noted.note_piece, 7, k))
            observed.append(observe_apart(task, orders, asked, stall_limit_s=1.0))
            yield observed[-1]

    asked = Asked(lambda images: (of_whole.predict(images)[0], None), observe=observe)
    outcome = annotate_apart(recording, orders, asked, stall_limit_s=60.0, n_ways=8)
    assert outcome.row.status == "done"
    is_lost = [seen is None for seen in observed]
    assert is_lost == ([True] if signals else [False] * 4)
    if not signals:
        ((position_s, info),) = noted.take().values()
        # The pieces begin at 600, 1200 and 1800 s; each is told from its first sample to its last.
        assert position_s == 1849 - 3
        assert info.duration_s == 1850
    assert of_whole.n_images == (1850 if signals else 0)
    assert files_below(out) == in_one(clip, tmp_path / "one")


def in_one(clip: Path, out: Path) -> dict[str, bytes]:
    annotate_in_turn(name_recordings([clip], out), job_of(out))
    return files_below(out)


def test_large_pieces_and_much_news_of_them_do_not_wait_for_each_other(tmp_path: Path) -> None:
    # A piece's features are more than a socket takes at once, and so is the news of each frame.
    clip, out = long_clip(tmp_path / "long.mp4"), tmp_path / "out"
    (recording,) = name_recordings([clip], out)
    job = job_of(out, features=True, batch_size=1)
    orders = orders_for(Wide(), job, shows_tracebacks=False)

    def observe(cut: Cut) -> Seen:
        tasks = [PieceTask(piece, cut.look, cut.info) for piece in cut.pieces]
        asked = Asked(Wide().predict)
        # All of them are there before the first one is asked for.
        yield from [observe_apart(task, orders, asked, stall_limit_s=60.0) for task in tasks]

    def give_up(*_: object) -> None:
        raise TimeoutError("both wait")

    asked = Asked(Wide().predict, observe=observe)
    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(120)
    try:
        outcome = annotate_apart(recording, orders, asked, stall_limit_s=60.0, n_ways=8)
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    assert outcome.row.status == "done"
    annotate_in_turn(
        name_recordings([clip], tmp_path / "one"), replace(job, out=tmp_path / "one"), Wide()
    )
    assert files_below(out) == files_below(tmp_path / "one")


def test_an_error_travels_as_it_is() -> None:
    error = Raised.of(PipelineError("a", "b", hint="c")).error()
    assert isinstance(error, PipelineError)
    assert str(error) == "a: b; c"
    assert (error.path, error.cause, error.hint) == ("a", "b", "c")


def test_an_error_that_cannot_travel_says_the_same() -> None:
    class Local(Exception):  # noqa: N818  a class that no other process can import
        pass

    error = Raised.of(Local("of here")).error()
    assert isinstance(error, RuntimeError)
    assert str(error) == "Local: of here"
