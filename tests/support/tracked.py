"""What the tests of tracking track: one training, told as it would be, and what the store has."""

from __future__ import annotations

import contextlib
import importlib.util
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from classifier.config import ModelConfig
from classifier.tracking import ARTIFACTS_NAME, STORE_NAME, Tracker, open_tracker
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


def prepared(store: Path, empty_database: Path) -> Path:
    store.mkdir()
    shutil.copy(empty_database, store / STORE_NAME)
    return store


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
