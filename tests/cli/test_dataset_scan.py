"""``dataset scan`` as a person and as a program sees it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from video_pipeline.cli import main

Maker = Callable[..., Path]
Call = Callable[..., tuple[int, str, str]]

SAMPLES = Path(__file__).parents[2] / "samples" / "dataset"


@pytest.fixture
def scan(capsys: pytest.CaptureFixture[str]) -> Call:
    def run(*arguments: object) -> tuple[int, str, str]:
        status = main(["dataset", "scan", *map(str, arguments)])
        return status, *capsys.readouterr()

    return run


@pytest.fixture
def dataset(folder_dataset: Maker) -> Path:
    classes = {"grasper": 3, "hook": 3}
    folder_dataset(classes, split="test", seed=1)
    return folder_dataset(classes)


def test_the_samples_pass_and_are_counted(scan: Call) -> None:
    status, out, err = scan(SAMPLES, "--strict")
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].split() == ["class", "train", "test"]
    assert ["hook", "24", "8"] in [line.split() for line in lines]
    assert lines[-1] == "0 errors, 0 warnings, 0 skipped, 0 notes"


def test_many_findings_of_a_kind_are_counted_and_the_first_shown(scan: Call, dataset: Path) -> None:
    for i in range(9):
        (dataset / "train" / "hook" / f"bad{i}.jpg").write_bytes(b"")
    status, out, _ = scan(dataset)
    assert status == 1
    assert "error: empty files (9)\n  train/hook/bad0.jpg: the file is empty\n" in out
    assert "bad4.jpg" in out
    assert "bad5.jpg" not in out
    assert "  ... and 4 more\n" in out
    assert "9 errors, 0 warnings" in out
    assert "training would leave out" in out


def test_a_dataset_that_contradicts_itself_stops_training(scan: Call, dataset: Path) -> None:
    shutil.copytree(dataset / "test" / "hook", dataset / "test" / "stapler")
    status, out, _ = scan(dataset)
    assert status == 1
    assert "'stapler' is in test and not in train" in out
    assert "training would stop" in out


def test_warnings_count_with_strict_only(scan: Call, dataset: Path) -> None:
    shutil.copy(dataset / "train" / "hook" / "train000.jpg", dataset / "test" / "hook" / "x.jpg")
    status, out, _ = scan(dataset)
    assert status == 0
    assert "warning: the same image in two splits (1)" in out
    assert scan(dataset, "--strict")[0] == 1


def test_json_says_everything(scan: Call, dataset: Path) -> None:
    for i in range(9):
        (dataset / "train" / "hook" / f"bad{i}\n.jpg").write_bytes(b"")
    status, out, _ = scan(dataset, "--json")
    found = json.loads(out)
    assert status == 1
    assert found["classes"] == ["grasper", "hook"]
    assert found["splits"]["train"] == {
        "n_listed": 15,
        "n_usable": 6,
        "counts": {"grasper": 3, "hook": 3},
    }
    assert found["counts"]["error"] == len(found["findings"]) == 9
    assert found["training_stops"] is False
    assert found["findings"][0] == {
        "severity": "error",
        "kind": "empty",
        "path": str(dataset / "train" / "hook" / "bad0\n.jpg"),
        "split": None,
        "message": "the file is empty",
        "stops_training": False,
    }


def test_names_cannot_write_to_the_terminal(scan: Call, dataset: Path) -> None:
    (dataset / "train" / "\x1b[2Jx").mkdir()
    (dataset / "train" / "hook" / "\x1b[31m\n.jpg").write_bytes(b"")
    _, out, _ = scan(dataset)
    assert "\x1b" not in out
    assert "train/\\x1b[2Jx" in out


def test_empty_classes_can_be_allowed(scan: Call, dataset: Path) -> None:
    (dataset / "train" / "clipper").mkdir()
    assert scan(dataset)[0] == 1
    assert scan(dataset, "--allow-empty")[0] == 0


def test_a_missing_dataset_is_one_line(scan: Call, tmp_path: Path) -> None:
    status, out, err = scan(tmp_path / "none")
    assert (status, out) == (1, "")
    assert err.startswith(f"surgical-video: {tmp_path / 'none'}: no such dataset folder; ")


def test_more_pixels_than_are_ever_decoded_are_a_wrong_call(scan: Call, dataset: Path) -> None:
    status, _, err = scan(dataset, "--max-pixels", 99999999)
    assert status == 2
    assert "--max-pixels: 35651584 at most, not 99999999" in err
    assert scan(dataset, "--max-pixels", 100)[0] == 1
