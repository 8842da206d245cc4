"""A training tracked in an MLflow store: what is kept, and what is not."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from classifier.errors import ClassifierError
from classifier.tracking import STORE_NAME, open_tracker
from classifier.training.loop import TrainingStoppedError
from tests.support.tracked import (
    HISTORY,
    REPORT,
    SETTINGS,
    artifacts,
    fail,
    needs_mlflow,
    never,
    opened,
    prepared,
    rows,
    track,
)


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
