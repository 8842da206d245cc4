"""A store that is ready, and a model folder to be kept in it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from classifier import tracking
from classifier.tracking import STORE_NAME
from tests.support.tracked import prepared


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


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    (folder / "pages").mkdir(parents=True)
    for name in ("classifier.json", "model.weights.h5", "training.csv", "training.png"):
        (folder / name).write_bytes(os.urandom(2000))
    (folder / "pages" / "index.html").write_text("<p>", encoding="utf-8")
    (folder / "dataset.lock.json").write_text('{"path": "mueller_001.jpg"}', encoding="utf-8")
    return folder
