"""The Ray engine: the same bytes as one recording after another, whatever happens to machines."""

from __future__ import annotations

import asyncio
import fcntl
import importlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.batches import Brightness, annotate_in_turn, files_below, job_of
from tests.support.clips import steady, write_clip
from video_pipeline.batch.cluster.classifier_actor import ClassifierActor
from video_pipeline.batch.cluster.decoding import Answers, annotate_apart
from video_pipeline.batch.cluster.engine import RayEngine, _orders
from video_pipeline.batch.cluster.raised import Raised
from video_pipeline.batch.cluster.ray_session import import_ray, ray_session, require_answer
from video_pipeline.batch.job import Outcome
from video_pipeline.batch.recordings import Recording, name_recordings
from video_pipeline.batch.table import update_batch_table
from video_pipeline.errors import PipelineError, RecordingError
from video_pipeline.records import VideoInfo

STORE_BYTES = 100_000_000


class Held(Brightness):
    """Says on which node it is asked, and answers when the test lets go of a file."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder

    def predict(
        self, images: NDArray[np.uint8]
    ) -> tuple[NDArray[np.float32], NDArray[np.float16] | None]:
        with (self.folder / "held").open() as held:
            try:
                fcntl.flock(held, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                node = import_ray().get_runtime_context().get_node_id()
                with (self.folder / "asked").open("w") as asked:
                    asked.write(f"{node}\n")
                fcntl.flock(held, fcntl.LOCK_SH)
        return super().predict(images)


class Noting(Brightness):
    """Notes how many images it is asked for at once, in which process and on which GPU."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.file = file

    def predict(
        self, images: NDArray[np.uint8]
    ) -> tuple[NDArray[np.float32], NDArray[np.float16] | None]:
        with self.file.open("a") as file:
            file.write(f"{len(images)} {os.getpid()} {os.environ.get('CUDA_VISIBLE_DEVICES')}\n")
        return super().predict(images)

    def noted(self) -> tuple[list[int], set[str], set[str]]:
        n, processes, gpus = zip(*map(str.split, self.file.read_text().splitlines()), strict=True)
        return list(map(int, n)), set(processes), set(gpus)


class Broken(Brightness):
    def predict(self, images: NDArray[np.uint8]) -> tuple[NDArray[np.float32], None]:
        raise RecordingError("the model", f"is broken for {images.ndim} axes", hint="mend it")


class Deadly(Brightness):
    """Takes down the process of the cluster in which a certain recording is decoded."""

    def __init__(self, clip: Path) -> None:
        super().__init__()
        self.clip = clip

    def predict(
        self, images: NDArray[np.uint8]
    ) -> tuple[NDArray[np.float32], NDArray[np.float16] | None]:
        for decoder in processes_with_open(self.clip):
            # Either may have ended by now; an orphan has another parent, which must not be hit.
            with suppress(OSError):
                status = Path(f"/proc/{decoder}/status").read_text(encoding="utf-8")
                parent = int(status.split("PPid:")[1].split()[0])
                title = Path(f"/proc/{parent}/cmdline").read_bytes()
                if title.startswith(b"ray::annotate_on_node"):
                    os.kill(parent, signal.SIGKILL)
        return super().predict(images)


class Cluster:
    """A cluster of a head without processors, and machines with one each."""

    def __init__(self, cluster: Any) -> None:
        self.of_ray = cluster
        self.nodes: dict[str, Any] = {}

    def add_nodes(self, n: int) -> None:
        while len(self.nodes) < n:
            self.add_node()

    def add_node(self, **resources: int) -> str:
        node = self.of_ray.add_node(num_cpus=1, object_store_memory=STORE_BYTES, **resources)
        self.nodes[node.node_id] = node
        return str(node.node_id)

    def kill(self, node_id: str) -> None:
        self.of_ray.remove_node(self.nodes.pop(node_id), allow_graceful=False)


@pytest.fixture(scope="module")
def machines() -> Iterator[Cluster]:
    """Every engine of these tests uses the session that is begun here."""
    import_or_skip()
    # Sockets lie below the folder, whose paths must be short.
    folder = tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True)
    with pytest.MonkeyPatch.context() as environment, folder as place:
        # Else its processes yield to whatever else this machine has to do.
        environment.setenv("RAY_worker_niceness", "0")
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


def import_or_skip() -> None:
    pytest.importorskip("ray")
    with socket.socket() as ours:
        try:
            ours.bind(("127.0.0.1", 0))
            ours.listen()
            socket.create_connection(ours.getsockname(), timeout=1.0).close()
        except OSError:
            pytest.skip("no machine can talk even to itself here")


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


@contextmanager
def once_two_machines_ask(act: Callable[[list[str]], None], folder: Path) -> Iterator[Held]:
    """While two machines wait for answers, call ``act`` with their names; then let them go on."""
    os.mkfifo(folder / "asked")
    failed: list[BaseException] = []
    with (folder / "held").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)

        def wait_and_act() -> None:
            nodes: dict[str, None] = {}
            try:
                while len(nodes) < 2:
                    nodes.update(dict.fromkeys((folder / "asked").read_text().split()))
                act(list(nodes))
            except BaseException as error:  # noqa: BLE001  shown by the test's own thread
                failed.append(error)
            finally:
                fcntl.flock(held, fcntl.LOCK_UN)

        waiting = threading.Thread(target=wait_and_act, daemon=True)
        waiting.start()
        yield Held(folder)
        waiting.join(timeout=30)
        assert not waiting.is_alive()
        assert not failed


def processes_with_open(path: Path) -> list[int]:
    """Of all on this machine, as those of other nodes are no children of ours."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if str(path) in {os.path.realpath(link) for link in (place / "fd").iterdir()}:
                found.append(int(place.name))
        except OSError:
            continue
    return found


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
def test_a_crash_of_a_decoder_costs_its_recording_only(
    engine: RayEngine, clips: list[Path], out: Path, in_turn: dict[str, bytes]
) -> None:
    def crash(nodes: list[str]) -> None:
        del nodes
        (decoder,) = processes_with_open(clips[1])
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
    assert [processes_with_open(clip) for clip in clips] == [[]] * 6
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


ALONE = """
import sys
from pathlib import Path
from tests.support.batches import Brightness, job_of
from video_pipeline.batch.cluster.engine import RayEngine
from video_pipeline.batch.recordings import name_recordings
out, *clips = map(Path, sys.argv[1:])
outcomes = RayEngine().annotate(name_recordings(clips, out), Brightness(), job_of(out))
print(*sorted(of.row.status for of in outcomes))
"""


@pytest.mark.slow
def test_without_an_address_this_machine_is_a_quiet_cluster(
    clips: list[Path], out: Path, in_turn: dict[str, bytes]
) -> None:
    import_or_skip()
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
    assert (done.stdout, done.stderr, done.returncode) == ("done done\n", "", 0)
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


def apart(clip: Path, out: Path, number: int | None, *, stall_limit_s: float = 60.0) -> Outcome:
    """One recording apart, its decoder sent a signal with its first question."""
    (recording,) = name_recordings([clip], out)
    orders = _orders(Brightness(), job_of(out, batch_size=2), shows_tracebacks=False)

    def classify(images: NDArray[np.uint8]) -> tuple[NDArray[np.float32], None]:
        if number is not None:
            (decoder,) = processes_with_open(clip)
            os.kill(decoder, number)
        return Brightness().predict(images)[0], None

    def ignore(position_s: float, info: VideoInfo) -> None:
        del position_s, info

    return annotate_apart(recording, orders, classify, ignore, stall_limit_s=stall_limit_s)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (signal.SIGSEGV, "its decoder crashed (SIGSEGV)"),
        (signal.SIGSTOP, "no progress for 1 s: its decoder hangs and was stopped"),
    ],
)
def test_a_decoder_apart_fails_at_its_own_cost(
    clips: list[Path], out: Path, number: int, said: str
) -> None:
    outcome = apart(clips[1], out, number, stall_limit_s=1.0)
    assert (outcome.row.status, outcome.row.error) == ("failed", f"{said}; convert it anew")
    assert processes_with_open(clips[1]) == []
    assert files_below(out) == {}
    assert apart(clips[1], out, None).row.status == "done"


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
