"""A store that breaks ends tracking, and nothing else; nobody else is asked or told."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from classifier import tracking
from classifier.tracking import STORE_NAME, open_tracker
from classifier.training.settings import TrainingSettings
from tests.support.tracked import (
    HISTORY,
    REPORT,
    artifacts,
    fail,
    needs_mlflow,
    never,
    opened,
    prepared,
    rows,
    track,
)


def folder_instead(store: Path) -> None:
    (store / STORE_NAME).unlink()
    (store / STORE_NAME).mkdir()


def no_database(store: Path) -> None:
    (store / STORE_NAME).write_bytes(b"surgery" * 1000)


def broken_database(store: Path) -> None:
    with (store / STORE_NAME).open("r+b") as file:
        file.seek(100)
        file.write(b"\xff" * 900_000)


def strange_tables(store: Path) -> None:
    (store / STORE_NAME).unlink()
    with contextlib.closing(sqlite3.connect(store / STORE_NAME)) as connection:
        connection.execute("create table alembic_version (version_num)")
        connection.execute("create table experiments (name)")
        connection.execute("insert into alembic_version values ('of another time')")
        connection.commit()


def file_instead(store: Path) -> None:
    shutil.rmtree(store)
    store.write_text("a file", encoding="utf-8")


def gone(store: Path) -> None:
    shutil.rmtree(store)


BREAKAGES = [folder_instead, no_database, broken_database, strange_tables, file_instead]


@needs_mlflow
@pytest.mark.parametrize("break_store", BREAKAGES, ids=lambda f: f.__name__)
def test_a_store_that_cannot_be_opened_is_said_once_and_training_goes_on(
    store: Path, model: Path, break_store: Callable[[Path], None]
) -> None:
    break_store(store)
    said: list[str] = []
    track(store, model, said.append)
    assert len(said) == 1
    assert said[0].startswith(f"{store}: tracking ends here (")
    assert said[0].isprintable()
    assert len(said[0]) < len(str(store)) + 300


@needs_mlflow
@pytest.mark.parametrize("break_store", [*BREAKAGES, gone], ids=lambda f: f.__name__)
def test_a_store_that_breaks_in_between_is_said_once_and_training_goes_on(
    store: Path, model: Path, break_store: Callable[[Path], None]
) -> None:
    said: list[str] = []
    with opened(store, said.append) as tracker:
        tracker.show(HISTORY[0])
        break_store(store)
        for record in HISTORY[1:]:
            tracker.show(record)
        tracker.finish(REPORT, model)
    assert len(said) == 1
    assert said[0].isprintable()


@needs_mlflow
def test_the_error_of_a_training_is_not_hidden_by_the_trackers(store: Path) -> None:
    said: list[str] = []
    with pytest.raises(MemoryError):
        fail(store, MemoryError(), said.append, before=no_database)
    assert len(said) == 1


@needs_mlflow
def test_a_full_disk_ends_tracking_only(store: Path, model: Path) -> None:
    """A limit on the size of files is a disk error that every file system has."""
    said: list[str] = []
    (model / "model.weights.h5").write_bytes(bytes(3_000_000))
    with opened(store, said.append) as tracker, files_of_at_most(2_000_000):
        tracker.show(HISTORY[0])
        tracker.finish(REPORT, model)
    assert len(said) == 1
    assert "too large" in said[0]
    assert rows(store, "select count(*) from metrics where key = 'loss'") == [(4,)]


@contextlib.contextmanager
def files_of_at_most(n_bytes: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@needs_mlflow
def test_a_folder_without_permission_ends_tracking_only(
    tmp_path: Path, empty_database: Path, model: Path
) -> None:
    store = prepared(tmp_path / "store", empty_database)
    (store / STORE_NAME).chmod(0o400)
    store.chmod(0o500)
    said: list[str] = []
    with unprivileged():
        track(store, model, said.append)
    store.chmod(0o700)
    assert len(said) == 1


@contextlib.contextmanager
def unprivileged() -> Iterator[None]:
    """Nobody in particular, if we are root: permissions do not hold root back."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        if user == 0:
            os.seteuid(user)


@needs_mlflow
def test_a_store_that_another_program_holds_ends_tracking_only(
    store: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracking, "_BUSY_S", 0.05)
    said: list[str] = []
    with contextlib.closing(sqlite3.connect(store / STORE_NAME)) as other:
        other.execute("BEGIN EXCLUSIVE")
        track(store, model, said.append)
    assert len(said) == 1
    assert "locked" in said[0]


@needs_mlflow
def test_a_store_that_was_moved_is_not_written_to_at_its_old_place(
    store: Path, model: Path
) -> None:
    track(store, model)
    moved = store.rename(store.with_name("moved"))
    said: list[str] = []
    track(moved, model, said.append)
    assert len(said) == 1
    assert "moved" in said[0]
    assert not store.exists()


_OFFLINE = """\
import logging, socket, sys, threading
from pathlib import Path

seen = []
def listen(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.gethostbyname"):
        seen.append((event, arguments))
sys.addaudithook(listen)

from tests.support.tracked import track
store, model = map(Path, sys.argv[1:])
track(store, model)
assert threading.enumerate() == [threading.main_thread()], threading.enumerate()
assert not seen, seen
socket.getaddrinfo("127.0.0.1", 80, flags=socket.AI_NUMERICHOST)
assert seen, "the listener is deaf"
"""


@needs_mlflow
@pytest.mark.slow
def test_tracking_asks_nobody_and_says_nothing(store: Path, model: Path) -> None:
    """In a process where MLflow sees neither a test nor CI, with a server to talk to."""
    quiet = {"CI", "PYTEST_CURRENT_TEST", "GITHUB_ACTIONS", *tracking._ENVIRONMENT}
    environment = {name: value for name, value in os.environ.items() if name not in quiet}
    environment["MLFLOW_TRACKING_URI"] = "http://127.0.0.1:9"
    done = subprocess.run(
        [sys.executable, "-c", _OFFLINE, store, model],
        cwd=Path(__file__).parents[3],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert "mlflow" not in done.stderr.lower()
    assert rows(store, "select status from runs") == [("FINISHED",)]


@needs_mlflow
@pytest.mark.slow
def test_a_training_is_tracked_and_names_no_image(
    store: Path, tmp_path: Path, folder_dataset: Callable[..., Path]
) -> None:
    from classifier.training.training import train_classifier

    dataset = folder_dataset({"grasper": 6, "hook": 6}, root=tmp_path / "patient_mueller")
    for path in sorted(dataset.rglob("*.jpg")):
        path.rename(path.with_name(f"mueller_{path.name}"))
    settings = TrainingSettings(
        head="softmax",
        weights="none",
        epochs_head=0,
        epochs_fine=2,
        trainable="all",
        train_batch_norm=True,
        batch_size=4,
        input_size_px=(32, 32),
        augmentation="none",
    )
    model = tmp_path / "model"
    with open_tracker(
        "mlflow", store=store, run_name=model.name, settings=settings, warn=never
    ) as tracker:
        report = train_classifier(dataset, model, settings, progress=tracker.show)
        tracker.finish(report, model)

    assert rows(store, "select step, value from metrics where key = 'loss' order by step") == [
        (record.epoch, record.loss) for record in report.history
    ]
    ((digest,),) = rows(store, "select value from params where key = 'dataset_sha256'")
    assert digest == report.config.training["dataset_sha256"]
    kept = artifacts(store)
    for path in (p for p in model.rglob("*") if p.is_file() and p.name != "dataset.lock.json"):
        assert kept[f"model/{path.relative_to(model).as_posix()}"].read_bytes() == path.read_bytes()
    for path in (store / STORE_NAME, *kept.values()):
        content = path.read_bytes()
        assert b"mueller" not in content, path
        assert str(dataset).encode() not in content, path
