"""A long recording in the local engine: cut among workers, and the same bytes as in one."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Timer

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.batches import (
    Brightness,
    Wide,
    annotate_in_turn,
    files_below,
    job_of,
    long_clip,
)
from tests.support.clips import steady, write_clip
from tests.support.processes import children_of, room_for_workers
from video_pipeline.batch.job import BatchJob, Outcome
from video_pipeline.batch.local.engine import LocalEngine
from video_pipeline.batch.recordings import Recording, name_recordings
from video_pipeline.records import VideoInfo

N_PIECES = 4
"""Of half an hour; see ``long_clip``."""


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return long_clip(tmp_path_factory.mktemp("long") / "long.mp4")


@pytest.fixture(scope="module")
def in_one(long: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    out = tmp_path_factory.mktemp("in_one")
    annotate_in_turn(name_recordings([long], out), job_of(out))
    return files_below(out)


class Watch:
    """Notes how far recordings are, and how many workers there are at most; may do something."""

    def __init__(self, do: Callable[[list[int]], None] | None = None) -> None:
        self.reached: dict[str, list[float]] = {}
        self.most = 0
        self._do = do
        self._before = children_of(os.getpid())

    def __call__(self, recording: Recording, position_s: float, info: VideoInfo) -> None:
        del info
        self.reached.setdefault(recording.video_id, []).append(position_s)
        workers = sorted(children_of(os.getpid()) - self._before, key=_started)
        self.most = max(self.most, len(workers))
        if self._do is not None and len(workers) > 2:
            do, self._do = self._do, None
            do(workers)


def _started(pid: int) -> tuple[int, int]:
    """Ticks since the machine started, and among those of one tick the number; see proc(5)."""
    stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    return int(stat.rpartition(")")[2].split()[19]), pid


def annotated(
    paths: list[Path], job: BatchJob, watch: Watch, *, n_workers: int = 4, stall_limit_s: float = 60
) -> list[Outcome]:
    engine = LocalEngine(n_workers=n_workers, stall_limit_s=stall_limit_s)
    recordings = name_recordings(paths, job.out)
    before = children_of(os.getpid())
    outcomes = list(engine.annotate(recordings, Brightness(), job, progress=watch))
    assert children_of(os.getpid()) == before
    return outcomes


def test_pieces_come_to_what_the_whole_does(
    long: Path, in_one: dict[str, bytes], tmp_path: Path
) -> None:
    watch = Watch()
    (outcome,) = annotated([long], job_of(tmp_path, batch_size=8), watch)
    assert outcome.row.status == "done"
    assert files_below(tmp_path) == in_one
    # One waits for the others, and tells nothing of what it is told; they tell of all together.
    assert watch.most == N_PIECES + 1
    reached = watch.reached["long"]
    assert reached[0] < 60
    assert 1850 - N_PIECES <= max(reached) < 1850


def test_with_features_as_well(long: Path, tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    jobs = [job_of(out, features=True) for out in (one, other)]
    annotate_in_turn(name_recordings([long], one), jobs[0], Wide())
    recordings = name_recordings([long], other)
    (outcome,) = LocalEngine(n_workers=4).annotate(recordings, Wide(), jobs[1])
    assert outcome.row.status == "done"
    assert files_below(other) == files_below(one)


def test_others_are_not_kept_waiting(long: Path, in_one: dict[str, bytes], tmp_path: Path) -> None:
    # Two recordings for eight: in four pieces, and in one since it is short.
    short = write_clip(tmp_path / "short.mp4", steady(250))
    watch = Watch()
    out = tmp_path / "out"
    outcomes = annotated([long, short], job_of(out), watch, n_workers=8)
    assert sorted(of.row.video_id for of in outcomes) == ["long", "short"]
    assert watch.most > 3
    found = files_below(out)
    assert {name: found[name] for name in in_one} == in_one
    # For three recordings and four workers none is cut.
    watch = Watch()
    annotated([long, short, clip_of(tmp_path)], job_of(tmp_path / "three"), watch)
    assert watch.most <= 3


def clip_of(folder: Path) -> Path:
    return write_clip(folder / "another.mp4", steady(75))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_lost_piece_costs_nothing_but_time(
    long: Path, in_one: dict[str, bytes], tmp_path: Path, number: int
) -> None:
    def lose_last(workers: list[int]) -> None:
        # The first one owns the recording.
        os.kill(workers[-1], number)

    watch = Watch(lose_last)
    (outcome,) = annotated([long], job_of(tmp_path, batch_size=8), watch, stall_limit_s=3)
    assert outcome.row.status == "done"
    assert files_below(tmp_path) == in_one
    # Told by the one that read the whole.
    assert watch.reached["long"][-1] == 1849


def test_who_has_waited_long_for_a_lost_piece_does_not_count_as_hanging(
    long: Path, in_one: dict[str, bytes], tmp_path: Path
) -> None:
    limit_s = 3.0
    began = time.monotonic()
    lost: list[int] = []

    class Slow(Brightness):
        def predict(
            self, images: NDArray[np.uint8]
        ) -> tuple[NDArray[np.float32], NDArray[np.float16] | None]:
            if not lost:
                time.sleep(0.1)
            return super().predict(images)

    def go_on(pid: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)

    before = children_of(os.getpid())

    def look(recording: Recording, position_s: float, info: VideoInfo) -> None:
        del recording, position_s, info
        workers = sorted(children_of(os.getpid()) - before, key=_started)
        if not lost and len(workers) > 2 and time.monotonic() - began > 2 * limit_s:
            lost.append(workers[-1])
            os.kill(workers[-1], signal.SIGKILL)
            # A busy machine: the owner comes to read what it is told a second later.
            os.kill(workers[0], signal.SIGSTOP)
            Timer(limit_s / 2, go_on, (workers[0],)).start()

    engine = LocalEngine(n_workers=4, stall_limit_s=limit_s)
    recordings, job = name_recordings([long], tmp_path), job_of(tmp_path, batch_size=2)
    (outcome,) = engine.annotate(recordings, Slow(), job, progress=look)
    assert lost
    assert (outcome.row.status, outcome.row.error) == ("done", "")
    assert files_below(tmp_path) == in_one


def test_with_its_owner_a_recording_is_lost(long: Path, tmp_path: Path) -> None:
    def lose_first(workers: list[int]) -> None:
        os.kill(workers[0], signal.SIGKILL)

    short = write_clip(tmp_path / "short.mp4", steady(250))
    out = tmp_path / "out"
    outcomes = annotated([long, short], job_of(out, batch_size=2), Watch(lose_first), n_workers=8)
    assert {of.row.video_id: of.row.status for of in outcomes} == {
        "long": "failed",
        "short": "done",
    }
    assert {path.name for path in out.iterdir()} == {"short"}


@pytest.mark.parametrize("n_started", [1, 2])
def test_where_there_is_no_room_for_others_it_is_read_in_one_or_by_few(
    long: Path,
    in_one: dict[str, bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    n_started: int,
) -> None:
    room_for_workers(monkeypatch, n_started)
    # The other one comes after it, or beside it; that there is no room may show before the cut.
    paths = [long, clip_of(tmp_path)]
    watch = Watch()
    outcomes = annotated(paths, job_of(tmp_path / "out"), watch, n_workers=8)
    assert [of.row.status for of in outcomes] == ["done", "done"]
    assert watch.most == n_started
    found = files_below(tmp_path / "out")
    assert {name: found[name] for name in in_one} == in_one


def test_an_end_in_the_middle_leaves_nothing(long: Path, tmp_path: Path) -> None:
    def stop(_: list[int]) -> None:
        raise KeyboardInterrupt

    before = children_of(os.getpid())
    with pytest.raises(KeyboardInterrupt):
        annotated([long], job_of(tmp_path), Watch(stop))
    assert children_of(os.getpid()) == before
    assert files_below(tmp_path) == {}


def test_a_machine_of_two_processors_cuts_nothing(
    long: Path, in_one: dict[str, bytes], tmp_path: Path
) -> None:
    watch = Watch()
    annotated([long], job_of(tmp_path), watch, n_workers=2)
    assert watch.most == 1
    assert watch.reached["long"][-1] == 1849
    assert files_below(tmp_path) == in_one
