"""A training tracked in an MLflow store: what is kept, what is not; nothing depends on it."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from classifier import tracking
from classifier.config import ModelConfig
from classifier.errors import ClassifierError
from classifier.tracking import ARTIFACTS_NAME, STORE_NAME, Tracker, open_tracker
from classifier.training.loop import TrainingStoppedError
from classifier.training.progress import EpochRecord, FeaturesTaken
from classifier.training.settings import TrainingSettings
from classifier.training.training import TrainingReport

# Not by importing it: outside of a running test that would wake its telemetry.
needs_mlflow = pytest.mark.skipif(
    importlib.util.find_spec("mlflow") is None, reason="the extra [mlflow] is not installed"
)

SETTINGS = TrainingSettings(
    head="sigmoid", weights="/data/patient_mueller/earlier_model", epochs_head=2, epochs_fine=3
)
HISTORY = tuple(
    EpochRecord(phase, epoch, 1 / step, 0.5, 2 / step, 0.25, precision, 1e-3 * step)
    for step, (phase, epoch, precision) in enumerate(
        [("head", 1, None), ("head", 2, 0.5), ("fine", 1, 0.625), ("fine", 2, 0.75)], start=1
    )
)
REPORT = TrainingReport(
    config=ModelConfig(
        tools=("grasper", "hook"),
        head="sigmoid",
        training={
            "dataset_sha256": "ab" * 32,
            "n_train_images": 40,
            "n_validation_images": 8,
            "validation_split": "by recording",
        },
        metrics={
            "validation_loss": 0.5,
            "validation_mean_average_precision": None,
            "definition": "of the epoch whose weights are kept",
        },
    ),
    # The images themselves are none of its business.
    images=cast(Any, None),
    starting_weights="model earlier_model without its head",
    history=HISTORY,
)


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tables without any run; MLflow takes seconds to make them, as often as it is asked."""
    store = tmp_path_factory.mktemp("empty")
    mlflow = tracking._import_mlflow(store)
    mlflow.MlflowClient(tracking_uri=f"sqlite:///{store / STORE_NAME}").search_experiments()
    return store / STORE_NAME


@pytest.fixture
def store(tmp_path: Path, empty_database: Path) -> Path:
    return prepared(tmp_path / "store", empty_database)


def prepared(store: Path, empty_database: Path) -> Path:
    store.mkdir()
    shutil.copy(empty_database, store / STORE_NAME)
    return store


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    (folder / "pages").mkdir(parents=True)
    for name in ("classifier.json", "model.weights.h5", "training.csv", "training.png"):
        (folder / name).write_bytes(os.urandom(2000))
    (folder / "pages" / "index.html").write_text("<p>", encoding="utf-8")
    (folder / "dataset.lock.json").write_text('{"path": "mueller_001.jpg"}', encoding="utf-8")
    return folder


def never(text: str) -> None:
    pytest.fail(f"warned: {text}")


@contextlib.contextmanager
def opened(
    store: Path, warn: Callable[[str], None] = never, *, run_name: str = "a model"
) -> Iterator[Tracker]:
    with open_tracker(
        "mlflow", store=store, run_name=run_name, settings=SETTINGS, warn=warn
    ) as tracker:
        yield tracker


def track(
    store: Path, model: Path, warn: Callable[[str], None] = never, *, run_name: str = "a model"
) -> None:
    with opened(store, warn, run_name=run_name) as tracker:
        tracker.show(FeaturesTaken(1, 2))
        for record in HISTORY:
            tracker.show(record)
        tracker.finish(REPORT, model)


def fail(
    store: Path,
    error: BaseException,
    warn: Callable[[str], None] = never,
    *,
    before: Callable[[Path], None] = lambda _: None,
) -> None:
    with opened(store, warn) as tracker:
        tracker.show(HISTORY[0])
        before(store)
        raise error


def rows(store: Path, query: str, *values: str) -> list[Any]:
    """The oracle: what SQLite says is in the file."""
    with contextlib.closing(sqlite3.connect(store / STORE_NAME)) as connection:
        return connection.execute(query, values).fetchall()


def artifacts(store: Path) -> dict[str, Path]:
    files = (p for p in (store / ARTIFACTS_NAME).rglob("*") if p.is_file())
    return {p.as_posix().split("/artifacts/")[1]: p for p in files}


def test_without_tracking_nothing_is_written(tmp_path: Path, model: Path) -> None:
    with open_tracker(
        "none", store=tmp_path / "store", run_name="m", settings=SETTINGS, warn=never
    ) as tracker:
        tracker.show(HISTORY[0])
        tracker.finish(REPORT, model)
    assert not (tmp_path / "store").exists()


def test_an_unknown_kind_is_a_wrong_call(tmp_path: Path) -> None:
    with (
        pytest.raises(ValueError, match=r"mlflow.*'wandb'"),
        open_tracker("wandb", store=tmp_path, run_name="m", settings=SETTINGS, warn=never),
    ):
        pass


def test_a_missing_extra_is_said_before_anything_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with (
        pytest.raises(
            ClassifierError,
            match=r"mlflow is not installed; pip install 'surgical-video\[mlflow\]'",
        ),
        opened(tmp_path / "store"),
    ):
        pytest.fail("the training began")
    assert not (tmp_path / "store").exists()


@needs_mlflow
def test_a_run_has_its_parameters(store: Path, model: Path) -> None:
    track(store, model, run_name="a model")
    assert rows(store, "select name, status, user_id from runs") == [
        ("a model", "FINISHED", "unknown")
    ]
    parameters = dict(rows(store, "select key, value from params"))
    assert (
        parameters.items()
        >= {
            "head": "sigmoid",
            "epochs_head": "2",
            "input_size_px": "(224, 224)",
            "weights": "earlier_model",
            "dataset_sha256": "ab" * 32,
            "tools": "grasper, hook",
            "n_train": "40",
            "validation_split": "by recording",
            "starting_weights": "model earlier_model without its head",
        }.items()
    )


@needs_mlflow
def test_metrics_are_of_epochs_counted_over_both_phases(store: Path, model: Path) -> None:
    track(store, model)

    def curve(name: str) -> list[Any]:
        query = "select step, value from metrics where key = ? order by step"
        return rows(store, query, name)

    assert curve("validation_loss") == [(1, 2.0), (2, 1.0), (3, pytest.approx(2 / 3)), (4, 0.5)]
    assert curve("validation_map") == [(2, 0.5), (3, 0.625), (4, 0.75)]
    assert curve("kept_validation_loss") == [(4, 0.5)]
    assert curve("kept_validation_mean_average_precision") == []


@needs_mlflow
def test_the_model_folder_is_kept_but_for_what_names_images(store: Path, model: Path) -> None:
    track(store, model)
    kept = artifacts(store)
    expected = {p.relative_to(model).as_posix() for p in model.rglob("*") if p.is_file()}
    assert {f"model/{name}" for name in expected - {"dataset.lock.json"}} == kept.keys()
    for name, path in kept.items():
        assert path.read_bytes() == (model / name.removeprefix("model/")).read_bytes()


@needs_mlflow
def test_two_trainings_are_two_runs_of_one_experiment(store: Path, model: Path) -> None:
    track(store, model, run_name="first")
    track(store, model, run_name="second")
    named = rows(
        store, "select r.name, e.name from runs r join experiments e using (experiment_id)"
    )
    assert sorted(named) == [("first", "surgical-video"), ("second", "surgical-video")]


@needs_mlflow
def test_epochs_before_an_interruption_are_taken_from_the_report(store: Path, model: Path) -> None:
    with opened(store) as tracker:
        tracker.show(HISTORY[-1])
        tracker.finish(REPORT, model)
    assert rows(store, "select step from metrics where key = 'loss' order by step") == [
        (1,),
        (2,),
        (3,),
        (4,),
    ]


@needs_mlflow
@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ClassifierError("mueller_001.jpg", "is broken"), "FAILED"),
        (MemoryError(), "FAILED"),
        (TrainingStoppedError(), "KILLED"),
        (KeyboardInterrupt(), "KILLED"),
    ],
    ids=["error", "bug", "stopped", "interrupted"],
)
def test_a_training_that_ends_early_says_so(store: Path, error: BaseException, status: str) -> None:
    with pytest.raises(type(error)):
        fail(store, error)
    assert rows(store, "select status from runs") == [(status,)]
    assert rows(store, "select value from params where key = 'seed'") == [("0",)]
    assert b"mueller" not in (store / STORE_NAME).read_bytes()


@needs_mlflow
@pytest.mark.parametrize("name", ["two words", "Ärzte", "100%", "a#b", "a:b@c"])
def test_a_store_may_have_any_name(
    tmp_path: Path, empty_database: Path, model: Path, name: str
) -> None:
    store = prepared(tmp_path / name, empty_database)
    track(store, model)
    assert rows(store, "select status from runs") == [("FINISHED",)]
    assert "model/training.png" in artifacts(store)


@needs_mlflow
def test_a_store_with_a_question_mark_is_refused(tmp_path: Path, model: Path) -> None:
    said: list[str] = []
    track(tmp_path / "what?" / "store", model, said.append)
    assert len(said) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["model"]


@needs_mlflow
def test_a_run_may_have_any_name(store: Path, model: Path) -> None:
    track(store, model, run_name=os.fsdecode(b"m\xfcller\n") * 100)
    ((name,),) = rows(store, "select name from runs")
    assert name.startswith("m\\udcfcller")


@needs_mlflow
@pytest.mark.slow
def test_a_store_is_made_where_there_is_none(tmp_path: Path, model: Path) -> None:
    track(tmp_path / "new" / "store", model)
    assert rows(tmp_path / "new" / "store", "select status from runs") == [("FINISHED",)]


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

from tests.classifier.test_tracking import track
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
        cwd=Path(__file__).parents[2],
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
