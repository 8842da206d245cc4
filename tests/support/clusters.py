"""What tests of the Ray engine share: machines to lose, and classifiers that say where they are."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.batches import Brightness
from video_pipeline.batch.cluster.ray_session import import_ray
from video_pipeline.errors import RecordingError

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
        for decoder in all_with_open(self.clip):
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


def skip_without_ray() -> None:
    pytest.importorskip("ray")
    with socket.socket() as ours:
        try:
            ours.bind(("127.0.0.1", 0))
            ours.listen()
            socket.create_connection(ours.getsockname(), timeout=1.0).close()
        except OSError:
            pytest.skip("no machine can talk even to itself here")


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


def all_with_open(path: Path) -> list[int]:
    """Of all on this machine, as those of other nodes are no children of ours."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if str(path) in {os.path.realpath(link) for link in (place / "fd").iterdir()}:
                found.append(int(place.name))
        except OSError:
            continue
    return found
