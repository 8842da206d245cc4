"""The main job as a user runs it: train, evaluate, annotate, compare; as real processes."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.conftest import add_class_folders
from tests.support.clips import steady, write_clip
from tests.support.processes import running

COMMAND = Path(sys.executable).parent / "surgical-video"


@dataclass(frozen=True)
class Done:
    status: int
    out: str
    err: str


def run(*arguments: object, **environment: str) -> Done:
    done = subprocess.run(
        [str(COMMAND), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | environment,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recordings")
    return write_clip(folder / "clip.mp4", steady(75), size_px=(240, 426))


@pytest.mark.slow
def test_annotate_writes_every_file_and_nothing_else(
    clip: Path, model_folder: Path, tmp_path: Path
) -> None:
    done = run("annotate", clip, "--model", model_folder, "--out", tmp_path / "out")
    assert done.status == 0, done.err
    assert done.err.splitlines() == ["loading the model ...", "[1/1] clip: 3 s, done"]
    folder = tmp_path / "out" / "clip"
    written = ["run.json", "segments.csv", "statistics.csv", "timeline.csv", "timeline.png"]
    assert sorted(p.name for p in folder.iterdir()) == written
    for name in written[1:]:
        assert str(folder / name) in done.out
    rows = rows_of(folder / "timeline.csv")
    assert list(rows[0]) == [
        "second",
        *("grasper", "hook", "scissors"),
        *("grasper_probability", "hook_probability", "scissors_probability"),
        "n_frames",
        "flag",
    ]
    assert [row["second"] for row in rows] == ["0", "1", "2"]
    again = run("annotate", clip, "--model", model_folder, "--out", tmp_path / "out")
    assert again.status == 0
    assert again.err.splitlines() == ["[1/1] clip: 3 s, already done"]


def test_compare_prints_a_table_or_json(tmp_path: Path) -> None:
    predicted, reference = tmp_path / "predicted.csv", tmp_path / "reference.csv"
    predicted.write_text("second,hook\n0,1\n1,1\n2,0\n3,0\n")
    reference.write_text("second,hook\n0,1\n1,1\n2,1\n3,0\n")
    table = run("compare", predicted, reference)
    assert table.status == 0
    assert table.out.splitlines()[1].split() == [
        *("hook", "1.000", "0.667", "0.800", "-", "1", "1", "1.000")
    ]
    content = json.loads(run("compare", predicted, reference, "--json").out)
    assert content["micro"]["f1"] == pytest.approx(0.8)
    assert content["events"]["f1"] == 1
    reference.write_text("second,hook\n0,1\n")
    failed = run("compare", predicted, reference)
    assert failed.status == 1
    assert failed.err.startswith(f"surgical-video: {predicted}: cannot be compared with")


@dataclass(frozen=True)
class Trained:
    """A model that was trained on class folders."""

    dataset: Path
    model: Path
    said: Done


TRAINING = ("--weights", "none", "--epochs", "1,1", "--input-size", "32", "--batch-size", "8")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    place = tmp_path_factory.mktemp("trained")
    dataset = add_class_folders(place / "dataset", {"Hook": 12, "grasper": 12, "no_tool": 12})
    tested = {"hook": 4, "GRASPER": 4, "no_tool": 4}
    add_class_folders(dataset, tested, split="test", seed=1)
    (dataset / "train" / "Hook" / "broken.jpg").write_bytes(b"no image")
    model = place / "model"
    return Trained(dataset, model, run("train", dataset, "--out", model, *TRAINING))


@pytest.mark.slow
def test_a_folder_dataset_trains_a_model(trained: Trained) -> None:
    assert trained.said.status == 0, trained.said.err
    assert "broken.jpg: not an image; skipped" in trained.said.err
    assert "RANDOM SHARE OF THE FRAMES" in trained.said.err
    assert sorted(p.name for p in trained.model.iterdir()) == [
        "augmentation.png",
        "classifier.json",
        "dataset.lock.json",
        "model.weights.h5",
        "training.csv",
        "training.png",
    ]
    described = json.loads((trained.model / "classifier.json").read_text())
    assert described["tools"] == ["grasper", "Hook"]
    assert described["background"] == ["no_tool"]
    assert [row["phase"] for row in rows_of(trained.model / "training.csv")] == ["head", "fine"]


@pytest.mark.slow
def test_a_trained_model_is_evaluated_annotates_and_starts_another(
    trained: Trained, clip: Path, tmp_path: Path
) -> None:
    model, out = trained.model, tmp_path / "evaluation"
    evaluated = run("evaluate", model, trained.dataset / "test", "--out", out)
    assert evaluated.status == 0, evaluated.err
    assert len(rows_of(out / "predictions.csv")) == 12
    metrics = json.loads((out / "metrics.json").read_text())
    assert metrics["n_images"] == 12

    annotated = run("annotate", clip, "--model", model, "--out", tmp_path / "out")
    assert annotated.status == 0, annotated.err

    transferred = run(
        "train", trained.dataset, "--out", tmp_path / "second", "--head", "sigmoid",
        "--weights", model, "--epochs", "1,0", "--input-size", "32",
    )  # fmt: skip
    assert transferred.status == 0, transferred.err
    assert "starting from model model without its head" in transferred.out


@pytest.mark.slow
def test_the_same_training_gives_the_same_model(trained: Trained, tmp_path: Path) -> None:
    assert run("train", trained.dataset, "--out", tmp_path / "again", *TRAINING).status == 0
    again = (tmp_path / "again" / "model.weights.h5").read_bytes()
    assert again == (trained.model / "model.weights.h5").read_bytes()


@pytest.mark.slow
def test_a_table_trains_a_sigmoid_head_split_by_recording(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    lines = ["image,video,hook,grasper"]
    for i in range(24):
        hook, grasper = rng.integers(0, 2, 2)
        image = rng.integers(0, 60, (40, 40, 3), dtype=np.uint8)
        image[:20] += np.uint8(150 * hook)
        image[20:] += np.uint8(150 * grasper)
        cv2.imwrite(str(tmp_path / f"{i}.jpg"), image)
        lines.append(f"{i}.jpg,v{i // 6},{hook},{grasper}")
    (tmp_path / "labels.csv").write_text("\n".join(lines) + "\n")
    options = ("--weights", "none", "--epochs", "2,0", "--input-size", "32")
    trained = run("train", tmp_path / "labels.csv", "--out", tmp_path / "model", *options)
    assert trained.status == 0, trained.err
    assert "RANDOM SHARE" not in trained.err
    described = json.loads((tmp_path / "model" / "classifier.json").read_text())
    assert described["head"] == "sigmoid"
    assert described["training"]["validation_split"] == "by recording"
    wrong = run("train", tmp_path / "labels.csv", "--out", tmp_path / "m", "--head", "softmax")
    assert wrong.status == 1
    assert "pass --head sigmoid" in wrong.err


@pytest.mark.slow
def test_imagenet_weights_out_of_reach_name_the_alternatives(
    folder_dataset: Callable[..., Path], tmp_path: Path
) -> None:
    dataset = folder_dataset({"hook": 4, "grasper": 4})
    done = run(
        "train", dataset, "--out", tmp_path / "model",
        KERAS_HOME=str(tmp_path / "keras"), https_proxy="http://127.0.0.1:9",
    )  # fmt: skip
    assert done.status == 1
    (problem,) = [line for line in done.err.splitlines() if line.startswith("surgical-video")]
    assert "imagenet: the ImageNet weights cannot be downloaded from here" in problem
    assert "--weights PATH" in problem
    assert "--weights none" in problem
    assert not (tmp_path / "model").exists()


@pytest.mark.slow
def test_an_interruption_exits_with_130_and_the_same_call_goes_on(
    clip: Path, model_folder: Path, tmp_path: Path
) -> None:
    first, second = tmp_path / "a.mp4", tmp_path / "b.mp4"
    first.write_bytes(clip.read_bytes())
    write_clip(second, steady(1200), size_px=(240, 426))
    out = tmp_path / "out"
    call = [str(COMMAND), "annotate", str(first), str(second)]
    call += ["--model", str(model_folder), "--out", str(out), "--rate", "25"]
    with running(call) as process:
        assert process.stderr is not None
        # The line that says that the first recording is done.
        for line in process.stderr:
            if "a: 3 s, done" in line:
                break
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert err.splitlines()[-1] == (
        "surgical-video: stopped: 1 of 2 recordings done, 1 left; the same call goes on with them"
    )
    assert not (out / "b" / "run.json").exists()
    again = run(*call[1:])
    assert again.status == 0
    # The recordings are at work side by side: what is left may ask for the model first.
    assert "[1/2] a: 3 s, already done" in again.err.splitlines()
    assert len(rows_of(out / "b" / "timeline.csv")) == 48
