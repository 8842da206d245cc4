"""The command ``calibrate``: what it prints, writes, warns of and refuses."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from video_pipeline.cli import main

Maker = Callable[..., Path]
Call = Callable[..., tuple[int, str, list[str]]]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """Calls ``calibrate``: exit status, stdout, and the lines of problems."""

    def run(*arguments: object) -> tuple[int, str, list[str]]:
        try:
            status = main(["calibrate", *map(str, arguments)])
        except SystemExit as stop:
            status = int(stop.code or 0)
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return status, out, [line for line in err.splitlines() if line.startswith("surgical-")]

    return run


@pytest.fixture
def images(folder_dataset: Maker) -> Path:
    return folder_dataset({"hook": 15, "grasper": 14, "scissors": 3, "no_tool": 6}) / "train"


def calibration_in(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "classifier.json").read_text())["calibration"]
    return content


def test_it_writes_a_model_and_prints_what_became_of_each_tool(
    call: Call, model_folder: Path, images: Path, tmp_path: Path
) -> None:
    out = tmp_path / "new"
    status, text, problems = call(model_folder, images, "--out", out, "--method", "platt")
    assert (status, problems) == (0, [])
    header, *rows = [line.split() for line in text.splitlines()[:5]]
    assert " ".join(header) == "tool images showing it ECE before ECE after method prior"
    figures = calibration_in(out)["fit"]["tools"]
    for row, figure, shown in zip(rows, figures, (14, 15, 3), strict=False):
        assert row[:3] == [figure["tool"], "38", str(shown)]
        assert float(row[3]) == pytest.approx(figure["ece_before"], abs=1e-4)
        assert float(row[4]) == pytest.approx(figure["ece_after"], abs=1e-4)
    assert rows[2][5] == "none"
    assert rows[3][0] == "all"
    assert "scissors is left as it is: 3 images show it and 35 do not" in text
    assert f"model: {out}" in text


def test_shares_come_from_timelines_and_from_the_call_which_goes_first(
    call: Call, model_folder: Path, images: Path, tmp_path: Path
) -> None:
    table = tmp_path / "case.csv"
    rows = ["0,1,1,1", "1,1,0,1", "2,0,0,1", "3,,,", "4,0,0,1"]
    table.write_text("\n".join(["second,hook,grasper,bipolar", *rows]) + "\n")
    out = tmp_path / "new"
    arguments = (model_folder, images, "--out", out, "--method", "none")
    status, text, _ = call(*arguments, "--priors-from", table, "--prior", "grasper=0.9")
    assert status == 0
    # grasper as given; hook in 2 of 4 seconds, and half a second; scissors as in the images.
    assert calibration_in(out)["target_priors"] == pytest.approx([0.9, 2.5 / 5, 3 / 38])
    assert "0.368 to 0.900" in text


def test_a_softmax_model_gets_a_temperature(
    call: Call, softmax_folder: Path, images: Path, tmp_path: Path
) -> None:
    status, text, _ = call(
        softmax_folder, images, "--out", tmp_path / "new", "--method", "temperature"
    )
    assert status == 0
    assert text.count("temperature") == 3
    found = calibration_in(tmp_path / "new")
    assert found["temperature"] != 1
    assert found["source_priors"] == pytest.approx([14.5 / 40, 15.5 / 40, 3.5 / 40])


def test_an_old_calibration_tuned_thresholds_and_images_of_training_are_told_of(
    call: Call, model_folder: Path, images: Path, tmp_path: Path
) -> None:
    model = Path(shutil.copytree(model_folder, tmp_path / "model"))
    content = json.loads((model / "classifier.json").read_text())
    content["thresholds"] = [0.4, 0.5, 0.6]
    (model / "classifier.json").write_text(json.dumps(content))
    status, _, problems = call(model, images, "--out", tmp_path / "new")
    assert status == 0
    (problem,) = problems
    assert "thresholds or smoothing were tuned on its earlier probabilities" in problem
    # In place, and a second time: the new one is fitted to the logits and not upon the first.
    first = calibration_in(tmp_path / "new")
    content = json.loads((tmp_path / "new" / "classifier.json").read_text())
    content["training"] = {"dataset_sha256": first["fit"]["dataset_sha256"]}
    (tmp_path / "new" / "classifier.json").write_text(json.dumps(content))
    status, _, problems = call(tmp_path / "new", images, "--out", tmp_path / "new", "--overwrite")
    assert status == 0
    assert calibration_in(tmp_path / "new") == first
    assert any("the model was trained on these very images" in problem for problem in problems)


@pytest.mark.parametrize(
    ("options", "cause"),
    [
        (["--method", "temperature"], "a sigmoid head is calibrated by auto, platt, isotonic"),
        (["--prior", "clipper=0.5"], "clipper is no tool of this model: grasper, hook, scissors"),
        (["--prior", "hook=1"], None),
        (["--prior", "hook=nan"], None),
        (["--prior", "hook"], None),
        (["--prior", "=0.5"], None),
        (["--method", "magic"], None),
    ],
)
def test_a_wrong_call_exits_with_2_and_writes_nothing(
    call: Call,
    model_folder: Path,
    images: Path,
    tmp_path: Path,
    options: list[str],
    cause: str | None,
) -> None:
    status, _, problems = call(model_folder, images, "--out", tmp_path / "new", *options)
    assert status == 2
    if cause is not None:
        assert cause in problems[0]
    assert not (tmp_path / "new").exists()


def test_shares_that_one_tool_at_a_time_cannot_have_are_a_wrong_call(
    call: Call, softmax_folder: Path, images: Path, tmp_path: Path
) -> None:
    shares = ["--prior", "hook=0.6", "--prior", "grasper=0.5"]
    status, _, problems = call(softmax_folder, images, "--out", tmp_path / "new", *shares)
    assert status == 2
    assert "a softmax head shows one tool at a time" in problems[0]


@pytest.mark.parametrize(
    ("model", "data", "out", "options", "cause"),
    [
        ("none", "images", "new", [], "no such model folder"),
        ("model", "none", "new", [], "no such folder"),
        ("model", "images", "used", [], "holds files already"),
        ("model", "images", "model/new", [], "lies inside"),
        ("model", "images", "new", ["--priors-from", "none.csv"], "none.csv"),
        ("model", "images", "new", ["--prior", "bag=0.5"], "is no tool"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line_before_the_network_is_built(
    call: Call,
    monkeypatch: pytest.MonkeyPatch,
    model_folder: Path,
    images: Path,
    tmp_path: Path,
    model: str,
    data: str,
    out: str,
    options: list[str],
    cause: str,
) -> None:
    shutil.copytree(model_folder, tmp_path / "model")
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "precious").write_text("x")
    where = images if data == "images" else tmp_path / data
    before = sorted(tmp_path.rglob("*"))
    monkeypatch.setattr("classifier.prediction.load_classifier", None)
    status, _, problems = call(tmp_path / model, where, "--out", tmp_path / out, *options)
    assert status in {1, 2}
    (problem,) = problems
    assert cause in problem
    assert sorted(tmp_path.rglob("*")) == before
