"""Prefetching: same items, same errors, and no thread left behind however the block ends."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import heard_interruptions
from video_pipeline.frames import prefetch


@pytest.fixture(autouse=True)
def interruptions_are_heard() -> Iterator[None]:
    """Also where the tests run in the background of a shell, which ignores them there."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) == before


class Source:
    """Counts without end; knows how far it was asked, and by which thread it was closed."""

    def __init__(self, fails_at: int | None = None) -> None:
        self.fails_at = fails_at
        self.n_made = 0
        self.is_closed = False
        self.closed_by: threading.Thread | None = None
        self.made_one = threading.Event()

    def __iter__(self) -> Iterator[int]:
        try:
            while self.n_made != self.fails_at:
                self.n_made += 1
                self.made_one.set()
                yield self.n_made - 1
            raise OSError("the disk is gone")
        finally:
            self.is_closed = True
            self.closed_by = threading.current_thread()


@pytest.mark.parametrize("depth", [1, 2, 100])
def test_items_arrive_in_order(depth: int) -> None:
    with prefetch(range(50), depth=depth) as items:
        assert list(items) == list(range(50))


def test_nothing_gives_nothing() -> None:
    nothing: list[int] = []
    with prefetch(nothing) as items:
        assert list(items) == []
        assert list(items) == []


def test_items_are_made_in_another_thread() -> None:
    def names() -> Iterator[str]:
        yield threading.current_thread().name

    with prefetch(names()) as items:
        assert list(items) == ["prefetch"]


def test_an_error_is_raised_behind_the_items_before_it() -> None:
    with prefetch(Source(fails_at=3)) as items:
        assert [next(items) for _ in range(3)] == [0, 1, 2]
        with pytest.raises(OSError, match="disk is gone"):
            next(items)
        assert list(items) == []


def test_a_consumer_that_stops_early_stops_the_thread() -> None:
    source = Source()
    with prefetch(source, depth=3) as items:
        assert next(items) == 0
    assert source.is_closed
    assert source.closed_by is not threading.current_thread()
    assert list(items) == []


def test_a_consumer_that_fails_stops_the_thread() -> None:
    source = Source()

    def consume() -> None:
        with prefetch(source) as items:
            raise ValueError(f"item {next(items)} is no good")

    with pytest.raises(ValueError, match="item 0"):
        consume()
    assert source.is_closed


def test_a_consumer_that_never_asks_stops_the_thread() -> None:
    source = Source()
    with prefetch(source, depth=2):
        source.made_one.wait()
    assert source.is_closed


def test_memory_is_bounded_by_the_depth() -> None:
    source = Source()
    with prefetch(source, depth=3) as items:
        for taken in range(1, 200):
            next(items)
            # Three wait, and a fourth is in the thread's hands.
            assert source.n_made <= taken + 3 + 1


def test_an_error_that_nobody_met_is_not_raised() -> None:
    with prefetch(Source(fails_at=1), depth=5) as items:
        assert next(items) == 0


def test_a_depth_of_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="depth=0"), prefetch([], depth=0):
        pass


def test_an_interruption_is_raised_where_the_next_item_would_be_taken() -> None:
    taken, after = [], False

    def consume() -> None:
        nonlocal after
        with prefetch(Source()) as items:
            for item in items:
                taken.append(item)
                if item == 2:
                    os.kill(os.getpid(), signal.SIGINT)
                    after = True

    with pytest.raises(KeyboardInterrupt):
        consume()
    assert taken == [0, 1, 2]
    assert after
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_interruption_ends_a_wait_without_end() -> None:
    asked = threading.Event()

    def nothing() -> Iterator[int]:
        threading.Timer(0.1, lambda: os.kill(os.getpid(), signal.SIGTERM)).start()
        asked.wait(20)
        yield 0

    begin = time.monotonic()

    def consume() -> None:
        with prefetch(nothing()) as items:
            try:
                next(items)
            finally:
                asked.set()

    with pytest.raises(KeyboardInterrupt):
        consume()
    assert time.monotonic() - begin < 10


def test_an_interruption_that_nobody_met_is_raised_behind_the_block() -> None:
    def consume() -> None:
        with prefetch(range(3)) as items:
            assert list(items) == [0, 1, 2]
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        consume()


def test_a_second_interruption_does_not_wait() -> None:
    after = 0

    def consume() -> None:
        nonlocal after
        with prefetch(Source()):
            os.kill(os.getpid(), signal.SIGINT)
            after = 1
            os.kill(os.getpid(), signal.SIGINT)
            after = 2

    with pytest.raises(KeyboardInterrupt):
        consume()
    assert after == 1


def test_an_interruption_that_is_ignored_stays_ignored() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with prefetch(range(3)) as items:
        os.kill(os.getpid(), signal.SIGINT)
        assert list(items) == [0, 1, 2]
    assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN


def stop_often(n_times: int) -> None:
    """Interrupt a busy exchange of items at moments of chance, each time to its end."""
    draws = random.Random(0)
    for _ in range(n_times):
        sender = threading.Timer(
            draws.random() * 0.003, lambda: os.kill(os.getpid(), signal.SIGINT)
        )
        try:
            with prefetch(Source()) as items:
                sender.start()
                for _ in items:
                    pass
        except KeyboardInterrupt:
            sender.join()


def test_no_moment_of_an_interruption_leaves_a_thread_that_waits_for_ever() -> None:
    """Raised inside a lock, one of eight did: the other thread waited, and nothing ended."""
    with heard_interruptions():
        subprocess.run(
            [sys.executable, "-m", "tests.frames.test_prefetch"],
            cwd=Path(__file__).parents[2],
            check=True,
            timeout=60,
        )


if __name__ == "__main__":
    stop_often(400)
