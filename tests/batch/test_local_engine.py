"""The local engine: the same bytes as one recording after another, whatever happens to workers."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.batches import Brightness, annotate_in_turn, files_below, job_of
from tests.support.clips import steady, write_clip
from tests.support.processes import children_of, processes_with_open, room_for_workers
from video_pipeline.batch.job import Outcome
from video_pipeline.batch.local.engine import LocalEngine
from video_pipeline.batch.recordings import Recording, name_recordings
from video_pipeline.errors import PipelineError
from video_pipeline.records import VideoInfo

if TYPE_CHECKING:
    from classifier.prediction import ToolClassifier


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("clips")
    lengths = (75, 260, 30, 130, 101)
    return [write_clip(folder / f"clip{k}.mp4", steady(n)) for k, n in enumerate(lengths)]


def outcomes_of(
    paths: list[Path], out: Path, *, n_workers: int, stall_limit_s: float = 60.0, **settings: object
) -> list[Outcome]:
    engine = LocalEngine(n_workers=n_workers, stall_limit_s=stall_limit_s)
    recordings = name_recordings(paths, out)
    return list(engine.annotate(recordings, Brightness(), job_of(out, **settings)))


@pytest.mark.parametrize(("n_workers", "batch_size"), [(1, 8), (2, 3), (3, 64)])
def test_files_are_those_of_one_recording_after_another(
    clips: list[Path], tmp_path: Path, n_workers: int, batch_size: int
) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    in_turn = annotate_in_turn(name_recordings(clips, one), job_of(one))
    at_once = outcomes_of(clips[::-1], other, n_workers=n_workers, batch_size=batch_size)
    assert {of.row for of in at_once} == {of.row for of in in_turn}
    assert files_below(other) == files_below(one)


@pytest.mark.slow
def test_a_real_network_gives_the_same_bytes_whatever_the_workers_batches_and_order(
    clips: list[Path], tmp_path: Path, classifier: ToolClassifier, model_folder: Path
) -> None:
    from classifier.prediction import load_classifier

    one = tmp_path / "one"
    in_turn = annotate_in_turn(name_recordings(clips, one), job_of(one, features=True), classifier)
    assert {of.row.status for of in in_turn} == {"done"}
    orders = (clips, clips[::-1], clips[2:] + clips[:2])
    # As the command loads it.
    network = load_classifier(model_folder, batch_size=64)
    for (n_workers, n_together), order in zip([(1, 5), (2, 64), (4, 1)], orders, strict=True):
        out = tmp_path / f"{n_workers}"
        engine = LocalEngine(n_workers=n_workers)
        job = job_of(out, features=True, batch_size=n_together)
        rows = {of.row for of in engine.annotate(name_recordings(order, out), network, job)}
        assert rows == {of.row for of in in_turn}
        assert files_below(out) == files_below(one)


class WithFeatures(Brightness):
    """Features that say which image they are of."""

    def predict(
        self, images: NDArray[np.uint8]
    ) -> tuple[NDArray[np.float32], NDArray[np.float16] | None]:
        probabilities, _ = super().predict(images)
        return probabilities, np.hstack([probabilities, 1 - probabilities]).astype(np.float16)


def test_features_find_their_way_back(clips: list[Path], tmp_path: Path) -> None:
    for out, run in (("one", annotate_in_turn), ("other", None)):
        job = job_of(tmp_path / out, features=True, batch_size=3)
        recordings = name_recordings(clips, tmp_path / out)
        if run is not None:
            run(recordings, job, WithFeatures())
        else:
            list(LocalEngine(n_workers=2).annotate(recordings, WithFeatures(), job))
    assert files_below(tmp_path / "other") == files_below(tmp_path / "one")


def while_annotating(
    paths: list[Path], out: Path, number: int, *, stall_limit_s: float = 60.0
) -> list[Outcome]:
    """Outcomes where the worker that comes to clip1 first is sent a signal there."""
    engine = LocalEngine(n_workers=2, stall_limit_s=stall_limit_s)
    hit: list[int] = []

    def hit_worker(recording: Recording, position_s: float, info: VideoInfo) -> None:
        del position_s, info
        if recording.video_id == "clip1" and not hit:
            (worker,) = processes_with_open(paths[1])
            hit.append(worker)
            os.kill(worker, number)

    job = job_of(out, batch_size=2)
    recordings = name_recordings(paths, out)
    return list(engine.annotate(recordings, Brightness(), job, progress=hit_worker))


@pytest.mark.parametrize(
    ("number", "said"),
    [(signal.SIGSEGV, "crashed (SIGSEGV)"), (signal.SIGKILL, "killed from outside")],
)
def test_a_crash_costs_one_recording_and_the_worker_is_replaced(
    clips: list[Path], tmp_path: Path, number: int, said: str
) -> None:
    outcomes = {of.row.video_id: of.row for of in while_annotating(clips, tmp_path, number)}
    assert sorted(outcomes) == [f"clip{k}" for k in range(5)]
    assert {k for k, row in outcomes.items() if row.status != "done"} == {"clip1"}
    assert said in outcomes["clip1"].error
    assert not [path for path in tmp_path.iterdir() if "clip1" in path.name]
    # What failed is done the next time.
    (again,) = outcomes_of(clips[1:2], tmp_path, n_workers=1)
    assert again.row.status == "done"


@pytest.mark.parametrize("n_started", [0, 1, 2])
def test_where_no_more_processes_can_be_started_there_are_fewer(
    clips: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n_started: int
) -> None:
    room_for_workers(monkeypatch, n_started)
    out = tmp_path / "out"
    if n_started:
        outcomes = outcomes_of(clips, out, n_workers=3)
        assert [of.row.status for of in outcomes] == ["done"] * 5
    else:
        cause = (
            r"^annotate: no process can be started to decode in \(Resource temporarily .*\); close"
        )
        with pytest.raises(PipelineError, match=cause):
            outcomes_of(clips, out, n_workers=3)
        assert files_below(out) == {}


def test_a_hanging_decoder_is_stopped(clips: list[Path], tmp_path: Path) -> None:
    outcomes = while_annotating(clips, tmp_path, signal.SIGSTOP, stall_limit_s=2.0)
    rows = {of.row.video_id: of.row for of in outcomes}
    assert [k for k, row in rows.items() if row.status != "done"] == ["clip1"]
    assert "no progress for 2 s" in rows["clip1"].error


def test_no_process_is_left_when_nobody_wants_more(clips: list[Path], tmp_path: Path) -> None:
    before = children_of(os.getpid())
    outcomes: Iterator[Outcome] = LocalEngine(n_workers=3).annotate(
        name_recordings(clips, tmp_path), Brightness(), job_of(tmp_path)
    )
    next(outcomes)
    assert children_of(os.getpid()) != before
    outcomes.close()  # type: ignore[attr-defined]
    assert children_of(os.getpid()) == before


def test_a_classifier_that_fails_ends_the_batch_and_its_workers(
    clips: list[Path], tmp_path: Path
) -> None:
    class Broken(Brightness):
        def predict(self, images: NDArray[np.uint8]) -> tuple[NDArray[np.float32], None]:
            raise RuntimeError(f"no memory left for {len(images)} images")

    before = children_of(os.getpid())
    engine = LocalEngine(n_workers=2)
    with pytest.raises(RuntimeError, match="no memory left"):
        list(engine.annotate(name_recordings(clips, tmp_path), Broken(), job_of(tmp_path)))
    assert children_of(os.getpid()) == before
    assert files_below(tmp_path) == {}
