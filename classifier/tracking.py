"""Experiment tracking that nobody has to rely on: one run of a training in an MLflow store on disk.

The plain files of the model folder are the record; this is a copy of them for who compares many
trainings. The store is one SQLite file and a folder beside it: no server, no network, MLflow's
telemetry off. What could name a patient stays out: no path, no file name of an image, no message of
an error. Whatever goes wrong with it is said once, and the training goes on without it.

MLflow's client is spoken to directly: its "fluent" calls and autologging would add the user's name,
the script's path and the state of the working directory to each run.
"""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import logging
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from classifier.errors import ClassifierError
from classifier.training.progress import EpochRecord

if TYPE_CHECKING:
    from classifier.training.settings import TrainingSettings
    from classifier.training.training import TrainingReport

__all__ = ["ARTIFACTS_NAME", "KINDS", "STORE_NAME", "Tracker", "open_tracker"]

KINDS = ("none", "mlflow")
STORE_NAME = "mlflow.db"
ARTIFACTS_NAME = "mlartifacts"

_EXPERIMENT = "surgical-video"
_EXTRA = ("mlflow", "sqlalchemy", "alembic")
_ENVIRONMENT = {
    # Read on import and before each report; without them MLflow asks a server for instructions.
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    # No connection stays open between two calls: the file can be copied, moved and looked into.
    "MLFLOW_SQLALCHEMYSTORE_POOLCLASS": "NullPool",
}
_KEPT_AT_HOME = ("dataset.lock.json", "augmentation.png")
"""Files of a model folder that may name or show images."""
_BUSY_S = 5.0
_MOST_OF_A_CAUSE = 200


class Tracker:
    """Takes what a training tells and keeps it, as long as that goes well."""

    def __init__(self, run: _MlflowRun | None, *, store: Path, warn: Callable[[str], None]) -> None:
        self._run = run
        self._store = store
        self._warn = warn

    def show(self, event: object) -> None:
        """Keep what an epoch came to; other events of a training are passed over."""
        if isinstance(event, EpochRecord):
            self._attempt(lambda run: run.log_epoch(event))

    def finish(self, report: TrainingReport, model: Path) -> None:
        """Keep what the training used and came to, and a copy of the model folder."""
        self._attempt(lambda run: run.log_report(report))
        self._attempt(lambda run: run.log_model(model))

    def close(self, status: str) -> None:
        """Say how it ended: ``FINISHED``, ``FAILED`` or ``KILLED``."""
        self._attempt(lambda run: run.close(status))

    def _attempt(self, action: Callable[[_MlflowRun], None]) -> None:
        if self._run is None:
            return
        try:
            action(self._run)
        # A training of hours must not end by whatever a foreign package may raise.
        except Exception as error:  # noqa: BLE001
            self._run = None
            self._warn(_warning(self._store, error))


@contextlib.contextmanager
def open_tracker(
    kind: str,
    *,
    store: Path,
    run_name: str,
    settings: TrainingSettings,
    warn: Callable[[str], None],
) -> Iterator[Tracker]:
    """Yield what is to be told of one training; ``kind`` is ``mlflow``, or ``none`` for nothing.

    ``store`` is the folder of ``mlflow.db`` and ``mlartifacts``; both are made where they are
    missing, which takes some seconds. The run is marked ``KILLED`` if the training is stopped,
    ``FAILED`` if anything else is raised. ``warn`` is called at most once.

    Raises:
        ClassifierError: the packages of the extra ``mlflow`` are not installed.
        ValueError: there is no such ``kind``.
    """
    if kind not in KINDS:
        raise ValueError(f"kind is one of {KINDS}, got {kind!r}")
    run = None
    if kind == "mlflow":
        try:
            run = _start_run(_import_mlflow(store), store, run_name, settings)
        except ClassifierError:
            raise
        except Exception as error:  # noqa: BLE001 - as in Tracker
            warn(_warning(store, error))
    tracker = Tracker(run, store=store, warn=warn)
    try:
        yield tracker
    except BaseException as error:
        tracker.close("KILLED" if _is_stop(error) else "FAILED")
        raise
    tracker.close("FINISHED")


def _warning(store: Path, error: Exception) -> str:
    """One line, of whatever an exception has to say."""
    cause = (str(error).strip() or type(error).__name__).splitlines()[0][:_MOST_OF_A_CAUSE]
    return str(
        ClassifierError(store, f"tracking ends here ({cause}); the training is not affected")
    )


def _is_stop(error: BaseException) -> bool:
    from classifier.training.loop import TrainingStoppedError

    return isinstance(error, KeyboardInterrupt | TrainingStoppedError)


def _import_mlflow(store: Path) -> Any:
    os.environ.update(_ENVIRONMENT)
    try:
        for name in _EXTRA:
            importlib.import_module(name)
        mlflow = importlib.import_module("mlflow.tracking")
    except ModuleNotFoundError as error:
        if error.name not in _EXTRA:
            raise
        raise ClassifierError(
            store,
            f"cannot be tracked to: {error.name} is not installed",
            hint="pip install 'surgical-video[mlflow]'",
        ) from error
    # Its notes on tables and its warnings are many lines; what matters is raised.
    logging.getLogger("mlflow").setLevel(logging.CRITICAL)
    return mlflow


def _start_run(mlflow: Any, store: Path, run_name: str, settings: TrainingSettings) -> _MlflowRun:
    store = store.absolute()
    if "?" in str(store):
        # MLflow takes what follows for options, and writes to a file of another name.
        raise OSError("MLflow cannot write below a folder with a question mark in its name")
    store.mkdir(parents=True, exist_ok=True)
    _probe(store / STORE_NAME)
    sqlalchemy = importlib.import_module("sqlalchemy.engine")
    uri = str(sqlalchemy.URL.create("sqlite", database=str(store / STORE_NAME)))
    client = mlflow.MlflowClient(tracking_uri=uri, registry_uri=uri)
    artifacts = (store / ARTIFACTS_NAME).as_uri()
    experiment = client.get_experiment_by_name(_EXPERIMENT)
    if experiment is None:
        experiment_id = client.create_experiment(_EXPERIMENT, artifact_location=artifacts)
    elif experiment.artifact_location == artifacts:
        experiment_id = experiment.experiment_id
    else:
        # MLflow keeps the absolute place for ever, and would write there again.
        raise OSError(f"{STORE_NAME} was moved here from elsewhere; choose an empty folder")
    run = client.create_run(experiment_id, run_name=_text(run_name)[:250])
    tracked = _MlflowRun(client, run.info.run_id, settings)
    tracked.log_parameters(_describe(settings))
    return tracked


def _probe(database: Path) -> None:
    """Open the file for writing: with one that it cannot open, MLflow waits for minutes.

    Raises:
        sqlite3.Error: it cannot be opened, is no database, is broken, locked or not to be written.
    """
    with contextlib.closing(sqlite3.connect(database, timeout=_BUSY_S)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchall()
        connection.rollback()


def _describe(settings: TrainingSettings) -> dict[str, object]:
    chosen = dataclasses.asdict(settings)
    # The folder that the weights lie in is nobody's business.
    chosen["weights"] = Path(settings.weights).name
    return chosen


def _text(value: object) -> str:
    """As text that a database takes: bytes of a file name that are no text as escapes."""
    return str(value).encode("utf-8", "backslashreplace").decode("utf-8")


class _MlflowRun:
    """One run in an MLflow store; whatever MLflow raises passes through."""

    def __init__(self, client: Any, run_id: str, settings: TrainingSettings) -> None:
        self._client = client
        self._id = run_id
        self._settings = settings
        self._steps: set[int] = set()

    def log_parameters(self, parameters: Mapping[str, object]) -> None:
        entities = importlib.import_module("mlflow.entities")
        self._client.log_batch(
            self._id,
            params=[entities.Param(name, _text(value)) for name, value in parameters.items()],
        )

    def log_epoch(self, record: EpochRecord) -> None:
        """The step is the epoch's place in the whole plan, the head's epochs first."""
        step = record.epoch + (self._settings.epochs_head if record.phase == "fine" else 0)
        if step not in self._steps:
            values = dataclasses.asdict(record)
            del values["phase"], values["epoch"]
            self._log_metrics(values, step=step)
            self._steps.add(step)

    def log_report(self, report: TrainingReport) -> None:
        # Of a training that was resumed, the first epochs were told to another run.
        for record in report.history:
            self.log_epoch(record)
        training = report.config.training
        self.log_parameters(
            {
                "dataset_sha256": training.get("dataset_sha256", ""),
                "tools": ", ".join(report.config.tools),
                "background": ", ".join(report.config.background),
                "n_train": training.get("n_train_images", ""),
                "n_validation": training.get("n_validation_images", ""),
                "validation_split": training.get("validation_split", ""),
                "starting_weights": report.starting_weights,
            }
        )
        self._log_metrics(
            {f"kept_{name}": value for name, value in report.config.metrics.items()},
            step=max(self._steps, default=0),
        )

    def log_model(self, model: Path) -> None:
        for path in sorted(model.rglob("*")):
            if path.is_file() and path.name not in _KEPT_AT_HOME:
                place = Path("model") / path.relative_to(model).parent
                self._client.log_artifact(self._id, str(path), place.as_posix())

    def close(self, status: str) -> None:
        self._client.set_terminated(self._id, status)

    def _log_metrics(self, values: Mapping[str, object], *, step: int) -> None:
        entities = importlib.import_module("mlflow.entities")
        now_ms = time.time_ns() // 1_000_000
        self._client.log_batch(
            self._id,
            metrics=[
                entities.Metric(name, float(value), now_ms, step)
                for name, value in values.items()
                if isinstance(value, int | float) and not isinstance(value, bool)
            ],
        )
