"""The one place that imports Ray: quietly, without telemetry, and let go of at the end."""

from __future__ import annotations

import importlib
import logging
import os
import signal
import socket
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from video_pipeline.errors import PipelineError
from video_pipeline.processors import n_processors

__all__ = ["import_ray", "ray_session", "require_answer"]

_ENGINE = "--engine ray"
_NO_TELEMETRY = {"RAY_USAGE_STATS_ENABLED": "0"}
_ON_LOOPBACK = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
"""As where Ray never leaves its machine: else it takes the address that others know it by, also
where it was told 127.0.0.1, and complains on stderr where the machine has none."""
_ANSWER_WITHIN_S = 10.0
_LONGEST_PLACE = 28
_SHORT_PLACE = "/tmp"  # noqa: S108  a folder with a random name is made in it
"""Ray's sockets lie 79 bytes deeper, and the path of a socket has 107 bytes."""
_LEAST_STORE_BYTES = 100_000_000
"""Ray refuses less than 75 MB."""


def import_ray() -> Any:
    """Ray, which is asked on import already to report nothing to its makers.

    Raises:
        PipelineError: it is not installed.
    """
    os.environ.update(_NO_TELEMETRY)
    try:
        return importlib.import_module("ray")
    except ModuleNotFoundError as error:
        if error.name != "ray":
            raise
        raise PipelineError(
            _ENGINE,
            "the package ray is not installed",
            hint="pip install 'surgical-video[cluster]'",
        ) from error


@contextmanager
def ray_session(address: str | None, *, store_bytes: int, is_loud: bool = False) -> Iterator[Any]:
    """Ray, connected to the cluster at ``address``; None for one of this machine's own.

    ``store_bytes``: what our own cluster's object store holds for each processor. ``is_loud`` lets
    Ray write to the screen. A session that the caller has begun is used, and left as it is. At the
    end our own cluster is stopped and its files removed; one with an address goes on.

    Raises:
        PipelineError: Ray is not installed, or no cluster answers.
    """
    if address is None:
        # Read when Ray is imported.
        os.environ.update(_ON_LOOPBACK)
    ray = import_ray()
    if ray.is_initialized():
        yield ray
        return
    with ExitStack() as ending:
        if not is_loud:
            ending.enter_context(_silenced_errors())
        place = {"address": address} if address is not None else _own(store_bytes, ending)
        _connect(ray, place, is_loud=is_loud)
        ending.callback(ray.shutdown)
        yield ray


def _own(store_bytes: int, ending: ExitStack) -> dict[str, Any]:
    """A cluster of this machine alone, which nothing outside it can reach."""
    is_short = len(os.fsencode(tempfile.gettempdir())) <= _LONGEST_PLACE
    folder = tempfile.TemporaryDirectory(
        prefix="ray-", dir=None if is_short else _SHORT_PLACE, ignore_cleanup_errors=True
    )
    return {
        "address": "local",
        "num_cpus": n_processors(),
        "object_store_memory": max(n_processors() * store_bytes, _LEAST_STORE_BYTES),
        "_node_ip_address": "127.0.0.1",
        "_temp_dir": ending.enter_context(folder),
    }


def _connect(ray: Any, place: dict[str, Any], *, is_loud: bool) -> None:
    quiet = {} if is_loud else {"logging_level": logging.CRITICAL + 1}
    if place["address"] == "local":
        quiet["include_dashboard"] = False
    else:
        require_answer(place["address"])
    job = ray.job_config.JobConfig(code_search_path=_places_of_code())
    with warnings.catch_warnings(), _kept_termination_handler():
        if not is_loud:
            warnings.simplefilter("ignore")
        try:
            ray.init(**place, **quiet, log_to_driver=is_loud, job_config=job)
        except (OSError, RuntimeError, ValueError) as error:
            raise _no_cluster(place["address"], error) from error


def require_answer(address: str) -> None:
    """Refuse HOST:PORT at once where nobody listens: Ray itself would try for minutes."""
    host, _, port = address.rpartition(":")
    if not (host and port.isdecimal()):
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_ANSWER_WITHIN_S).close()
    except (OSError, OverflowError) as error:
        raise _no_cluster(address, error) from error


def _no_cluster(address: str, error: Exception) -> PipelineError:
    cause = " ".join(str(error).split())
    return PipelineError(
        f"{_ENGINE} --address {address}",
        f"no Ray cluster can be had ({cause})",
        hint="`ray start --head` starts one; without --address this machine is used alone",
    )


def _places_of_code() -> list[str]:
    """Where this process finds modules that are not installed, as of a checkout."""
    installed = (Path(sys.prefix), Path(sys.base_prefix))
    places = [Path(place).absolute() for place in sys.path if place]
    return [
        str(place)
        for place in places
        if place.is_dir() and not any(place.is_relative_to(of) for of in installed)
    ]


@contextmanager
def _kept_termination_handler() -> Iterator[None]:
    """Ray takes SIGTERM for itself when it connects; who called us may have plans for it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _silenced_errors() -> Iterator[None]:
    """Ray prints on stdout, whatever its settings, the last log lines of every node that is lost.

    There it would stand between our own results; what has become of a node is told by errors.
    """
    module: Any = importlib.import_module("ray._private.worker")
    name = "print_to_stdstream"
    original: Callable[..., None] | None = getattr(module, name, None)
    setattr(module, name, _print_nothing)
    try:
        yield
    finally:
        if original is None:
            delattr(module, name)
        else:
            setattr(module, name, original)


def _print_nothing(*said: object, **how: object) -> None:
    del said, how
