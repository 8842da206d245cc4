"""The pipeline asks nobody for anything: it runs where there is no network, and has no client."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.batches import annotate_in_turn, files_below, job_of
from tests.support.clips import steady, write_clip
from video_pipeline.batch.recordings import name_recordings

ROOT = Path(__file__).parents[1]

CLIENTS = {
    *("aiohttp", "asyncio", "ftplib", "grpc", "http", "httpx", "imaplib", "nntplib", "poplib"),
    *("requests", "smtplib", "socket", "socketserver", "ssl", "telnetlib", "urllib.request"),
    *("urllib3", "webbrowser", "websockets", "xmlrpc", "multiprocessing.managers"),
}
REASONS = {
    # A pair of sockets that are connected from birth: no address, nobody else can reach them.
    "video_pipeline/batch/local/worker_process.py": {"socket": {"socketpair"}},
    # Waiting for images of several recordings; Ray's own traffic is what --engine ray is for.
    "video_pipeline/batch/cluster/classifier_actor.py": {
        "asyncio": {"Future", "Task", "create_task", "get_running_loop", "sleep"}
    },
    "video_pipeline/batch/cluster/ray_session.py": {"socket": {"create_connection"}},
}

WATCHED = """
import sys
asked = []
kinds = {"socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo",
         "socket.gethostbyname", "socket.gethostbyaddr", "urllib.Request"}
def watch(event, arguments):
    # urllib3, which Keras loads, looks whether there is IPv6: a place on this machine, once.
    if event in kinds and not (event == "socket.bind" and arguments[1][0] == "::1"):
        asked.append((event, arguments))
sys.addaudithook(watch)
"""
ANNOTATE = """
from pathlib import Path
from tests.support.batches import Brightness, job_of
from video_pipeline.batch.local.engine import LocalEngine
from video_pipeline.batch.recordings import name_recordings
out, *clips = map(Path, sys.argv[1:])
engine = LocalEngine(n_workers=2)
found = list(engine.annotate(name_recordings(clips, out), Brightness(), job_of(out)))
assert [of.row.status for of in found] == ["done"] * len(clips), found
"""
COMMAND = """
from video_pipeline.cli import main
assert main(sys.argv[1:]) == 0
"""
NOBODY_ASKED = """
assert not asked, asked
import socket
try:
    socket.create_connection(("192.0.2.1", 80), timeout=1)
except OSError as error:
    assert error.errno in (errno.ENETUNREACH, errno.EHOSTUNREACH), error
else:
    raise AssertionError("there is a network after all")
assert asked
"""


@pytest.fixture(scope="module")
def without_network() -> list[str]:
    """How to start a command that has no network."""
    unshare = shutil.which("unshare")
    if unshare is None:
        pytest.skip("no unshare here")
    call = [unshare, "-rn"]
    if subprocess.run([*call, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("unshare is not allowed here")
    return call


def run(call: list[str], code: str, *arguments: object) -> None:
    done = subprocess.run(
        [*call, sys.executable, "-c", f"import errno{WATCHED}{code}{NOBODY_ASKED}"]
        + [str(argument) for argument in arguments],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture
def clips(tmp_path: Path) -> list[Path]:
    return [write_clip(tmp_path / f"clip{k}.mp4", steady(50)) for k in range(2)]


def test_a_batch_is_the_same_without_a_network(
    without_network: list[str], clips: list[Path], tmp_path: Path
) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    run(without_network, ANNOTATE, one, *clips)
    annotate_in_turn(name_recordings(clips, other), job_of(other))
    assert files_below(one) == files_below(other)


@pytest.mark.slow
def test_the_command_with_its_model_needs_no_network(
    without_network: list[str], clips: list[Path], tmp_path: Path, model_folder: Path
) -> None:
    out = tmp_path / "out"
    run(without_network, COMMAND, "annotate", *clips, "--model", model_folder, "--out", out)
    assert (out / "clip1" / "run.json").is_file()
    run(without_network, COMMAND, "report", out)
    assert (out / "clip1" / "report.html").is_file()


def imports_of(tree: ast.Module) -> set[str]:
    """Dotted names of modules, and of what is taken from them."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def clients_in(names: set[str]) -> set[str]:
    return {
        client
        for client in CLIENTS
        for name in names
        if name == client or name.startswith(f"{client}.")
    }


OURS = sorted(
    path for room in ("classifier", "video_pipeline") for path in (ROOT / room).rglob("*.py")
)


def test_no_module_has_a_client_of_any_network() -> None:
    assert len(OURS) > 100
    found = {
        str(path.relative_to(ROOT)): clients_in(imports_of(ast.parse(path.read_text("utf-8"))))
        for path in OURS
    }
    expected = {name: set(reasons) for name, reasons in REASONS.items()}
    assert {name: clients for name, clients in found.items() if clients} == expected


def test_what_exists_for_a_reason_is_used_for_that_alone() -> None:
    for name, reasons in REASONS.items():
        tree = ast.parse((ROOT / name).read_text("utf-8"))
        for module, allowed in reasons.items():
            used = {
                node.attr
                for node in ast.walk(tree)
                if isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Name)
                and node.value.id == module
            }
            assert used == allowed
            # As itself, and nothing taken out of it under a name of its own.
            assert not {of for of in imports_of(tree) if of.startswith(f"{module}.")}


@pytest.mark.parametrize(
    ("line", "client"),
    [
        ("import urllib.request", "urllib.request"),
        ("from urllib import request", "urllib.request"),
        ("from http.client import HTTPSConnection", "http"),
        ("import socket as s", "socket"),
    ],
)
def test_a_client_is_found_however_it_is_imported(line: str, client: str) -> None:
    assert clients_in(imports_of(ast.parse(line))) == {client}
    assert not clients_in(imports_of(ast.parse("from urllib.parse import quote")))
