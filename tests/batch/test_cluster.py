"""The Ray engine: the same bytes as one recording after another, whatever happens to machines."""

from __future__ import annotations

import importlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.batches import Brightness, annotate_in_turn, files_below, job_of, long_clip
from tests.support.clips import steady, write_clip
from tests.support.clusters import (
    STORE_BYTES,
    Broken,
    Cluster,
    Deadly,
    Noting,
    all_with_open,
    once_two_machines_ask,
    skip_without_ray,
)
from video_pipeline.batch.cluster.engine import RayEngine
from video_pipeline.batch.cluster.ray_session import import_ray, ray_session, require_answer
from video_pipeline.batch.recordings import Recording, name_recordings
from video_pipeline.batch.table import update_batch_table
from video_pipeline.errors import PipelineError, RecordingError
from video_pipeline.records import VideoInfo


@pytest.fixture(scope="module")
def machines() -> Iterator[Cluster]:
    """Every engine of these tests uses the session that is begun here."""
    skip_without_ray()
    # Sockets lie below the folder, whose paths must be short.
    folder = tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True)
    with pytest.MonkeyPatch.context() as environment, folder as place:
        # Else its processes yield to whatever else this machine has to do.
        environment.setenv("RAY_worker_niceness", "0")
        # Where Ray notes the last cluster's address; it does not make the folder.
        environment.setenv("RAY_TMPDIR", place)
        Path(place, "ray").mkdir()
        made: Any = importlib.import_module("ray.cluster_utils").Cluster()
        try:
            made.add_node(
                num_cpus=0,
                object_store_memory=STORE_BYTES,
                include_dashboard=False,
                temp_dir=place,
            )
            with ray_session(made.address, store_bytes=0):
                yield Cluster(made)
        finally:
            made.shutdown()


@pytest.fixture
def engine(machines: Cluster) -> RayEngine:
    machines.add_nodes(2)
    return RayEngine(address=machines.of_ray.address)


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("clips")
    lengths = (75, 260, 30, 130, 101, 55)
    return [write_clip(folder / f"clip{k}.mp4", steady(n)) for k, n in enumerate(lengths)]


@pytest.fixture(scope="module")
def in_turn(clips: list[Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What is right: every file, by its path below the output folder."""
    out = tmp_path_factory.mktemp("in_turn")
    annotate_in_turn(name_recordings(clips, out), job_of(out))
    return files_below(out)


def without(video_ids: Collection[str], files: dict[str, bytes]) -> dict[str, bytes]:
    return {name: of for name, of in files.items() if name.split("/")[0] not in video_ids}


@pytest.fixture
def out(tmp_path: Path) -> Path:
    out = tmp_path / "out"
    out.mkdir()
    return out


@pytest.fixture
def heard_interruptions() -> Iterator[None]:
    """Also where the tests run in the background, which a shell tells to ignore Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.slow
def test_two_machines_write_what_one_process_writes(
    engine: RayEngine, clips: list[Path], out: Path, in_turn: dict[str, bytes]
) -> None:
    told: set[str] = set()

    def tell(recording: Recording, position_s: float, info: VideoInfo) -> None:
        assert position_s > 0
        assert info.codec == "h264"
        told.add(recording.video_id)

    outcomes = list(
        engine.annotate(
            name_recordings(clips, out),
            Brightness(),
            job_of(out, batch_size=3),
            progress=tell,
        )
    )
    assert sorted(of.row.video_id for of in outcomes) == [f"clip{k}" for k in range(6)]
    assert files_below(out) == in_turn
    assert told <= {f"clip{k}" for k in range(6)}


@pytest.mark.slow
def test_a_machine_that_is_lost_costs_nothing(
    engine: RayEngine, machines: Cluster, clips: list[Path], out: Path, in_turn: dict[str, bytes]
) -> None:
    with once_two_machines_ask(lambda nodes: machines.kill(nodes[1]), out.parent) as held:
        outcomes = []
        for outcome in engine.annotate(name_recordings(clips, out), held, job_of(out)):
            outcomes.append(outcome)
            update_batch_table(out, [outcome.row])
    assert len(machines.nodes) == 1
    assert sorted(of.row.video_id for of in outcomes) == [f"clip{k}" for k in range(6)]
    assert {of.row.status for of in outcomes} == {"done"}
    batch = (out / "batch.csv").read_text(encoding="utf-8").splitlines()
    assert len(batch) == 1 + 6
    (out / "batch.csv").unlink()
    assert files_below(out) == in_turn


@pytest.mark.slow
def test_machines_share_the_length_of_one_recording_also_when_one_is_lost(
    engine: RayEngine, machines: Cluster, out: Path
) -> None:
    clip = long_clip(out.parent / "long.mp4")
    alone = out.parent / "alone"
    annotate_in_turn(name_recordings([clip], alone), job_of(alone))
    told: list[float] = []

    def tell(recording: Recording, position_s: float, info: VideoInfo) -> None:
        del recording, info
        told.append(position_s)

    with once_two_machines_ask(lambda nodes: machines.kill(nodes[1]), out.parent) as held:
        recordings = name_recordings([clip], out)
        (outcome,) = engine.annotate(recordings, held, job_of(out), progress=tell)
    assert outcome.row.status == "done"
    assert files_below(out) == files_below(alone)
    assert told
    assert 0 < max(told) <= 1850


@pytest.mark.slow
def test_a_crash_of_a_decoder_costs_its_recording_only(
    engine: RayEngine, clips: list[Path], out: Path, in_turn: dict[str, bytes]
) -> None:
    def crash(nodes: list[str]) -> None:
        del nodes
        (decoder,) = all_with_open(clips[1])
        os.kill(decoder, signal.SIGSEGV)

    with once_two_machines_ask(crash, out.parent) as held:
        # Small batches: with its last one read, a decoder has closed its recording.
        job = job_of(out, batch_size=2)
        outcomes = list(engine.annotate(name_recordings(clips[:3], out), held, job))
    rows = {of.row.video_id: of.row for of in outcomes}
    assert len(outcomes) == len(rows) == 3
    assert {k for k, row in rows.items() if row.status != "done"} == {"clip1"}
    assert rows["clip1"].error == "its decoder crashed (SIGSEGV); convert it anew"
    assert files_below(out) == without({"clip1", "clip3", "clip4", "clip5"}, in_turn)


@pytest.mark.slow
def test_a_recording_that_is_lost_again_and_again_fails(
    engine: RayEngine, clips: list[Path], out: Path
) -> None:
    recordings = name_recordings(clips[:3], out)
    job = job_of(out, batch_size=2)
    outcomes = list(engine.annotate(recordings, Deadly(clips[1]), job))
    rows = {of.row.video_id: of.row for of in outcomes}
    assert {k: row.status for k, row in rows.items()} == {
        "clip0": "done",
        "clip1": "failed",
        "clip2": "done",
    }
    assert rows["clip1"].error.startswith("lost 5 times with the process that decoded it (")
    assert not [path for path in out.iterdir() if "clip1" in path.name]


@pytest.mark.slow
@pytest.mark.usefixtures("heard_interruptions")
def test_an_interruption_leaves_neither_process_nor_file(
    engine: RayEngine, clips: list[Path], out: Path
) -> None:
    def interrupt(nodes: list[str]) -> None:
        del nodes
        os.kill(os.getpid(), signal.SIGINT)

    with once_two_machines_ask(interrupt, out.parent) as held, pytest.raises(KeyboardInterrupt):
        list(engine.annotate(name_recordings(clips[:3], out), held, job_of(out)))
    assert [all_with_open(clip) for clip in clips] == [[]] * 6
    assert not [path for path in out.iterdir() if path.name.startswith(".")]


@pytest.mark.slow
def test_an_error_of_the_classifier_ends_the_batch_as_what_it_is(
    engine: RayEngine, clips: list[Path], out: Path
) -> None:
    with pytest.raises(RecordingError, match="the model: is broken for 4 axes; mend it"):
        list(engine.annotate(name_recordings(clips, out), Broken(), job_of(out)))
    assert files_below(out) == {}


@pytest.mark.slow
def test_an_output_folder_that_is_not_shared_ends_the_batch(
    engine: RayEngine, clips: list[Path], out: Path
) -> None:
    elsewhere = out / "elsewhere"
    with pytest.raises(PipelineError, match=r"elsewhere: is not there on .*; every machine"):
        list(engine.annotate(name_recordings(clips, elsewhere), Brightness(), job_of(elsewhere)))


@pytest.mark.slow
def test_where_there_are_gpus_they_alone_classify_one_classifier_on_each(
    engine: RayEngine,
    machines: Cluster,
    clips: list[Path],
    out: Path,
    in_turn: dict[str, bytes],
) -> None:
    node = machines.add_node(num_gpus=2)
    classifier = Noting(out.parent / "noted")
    try:
        list(engine.annotate(name_recordings(clips[:3], out), classifier, job_of(out)))
    finally:
        machines.kill(node)
    assert files_below(out) == without({"clip3", "clip4", "clip5"}, in_turn)
    n, processes, gpus = classifier.noted()
    assert sum(n) == 3 + 11 + 2
    assert len(processes) == 2
    assert gpus == {"0", "1"}


ALONE = """
import sys
from pathlib import Path
from tests.support.batches import Brightness, job_of
from tests.support.processes import addresses_listened_at
from video_pipeline.batch.cluster.engine import RayEngine
from video_pipeline.batch.recordings import name_recordings
out, *clips = map(Path, sys.argv[1:])
statuses, heard_at = [], set()
for of in RayEngine().annotate(name_recordings(clips, out), Brightness(), job_of(out)):
    statuses.append(of.row.status)
    heard_at |= addresses_listened_at()
print(*sorted(statuses), *sorted(heard_at))
"""


@pytest.mark.slow
def test_without_an_address_this_machine_is_a_quiet_cluster(
    clips: list[Path], out: Path, in_turn: dict[str, bytes]
) -> None:
    skip_without_ray()
    call = [sys.executable, "-c", ALONE, str(out), *map(str, clips[:2])]
    path = os.pathsep.join(sys.path)
    with tempfile.TemporaryDirectory() as place:
        done = subprocess.run(
            call,
            env=os.environ | {"PYTHONPATH": path, "TMPDIR": place},
            capture_output=True,
            text=True,
            check=False,
        )
        assert os.listdir(place) == []  # noqa: PTH208  nothing is left of the cluster
    assert (done.stdout, done.stderr, done.returncode) == ("done done 127.0.0.1\n", "", 0)
    assert files_below(out) == without({"clip2", "clip3", "clip4", "clip5"}, in_turn)


def test_an_address_where_nobody_listens_is_refused_at_once() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(PipelineError, match="no Ray cluster can be had") as caught:
            require_answer(address)
    assert "\n" not in str(caught.value)


def test_without_ray_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(PipelineError, match=r"not installed; pip install .*\[cluster\]"):
        import_ray()
