"""``evaluate --cross-validate``: trainings like a model's, each judged on what it never saw."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from video_pipeline.cli import main

OPTIONS = ("--weights", "none", "--epochs", "1,0", "--input-size", "32", "--batch-size", "4")


def write_table(folder: Path) -> Path:
    """Three recordings of two tools."""
    rng = np.random.default_rng(0)
    lines = ["image,video,hook,bag"]
    for i in range(24):
        hook, bag = int(i % 2), int(i // 2 % 2)
        image = rng.integers(0, 60, (40, 40, 3), dtype=np.uint8)
        image[:20] += np.uint8(150 * hook)
        image[20:] += np.uint8(150 * bag)
        cv2.imwrite(str(folder / f"{i}.png"), image)
        lines.append(f"{i}.png,case{i // 8},{hook},{bag}")
    (folder / "labels.csv").write_text("\n".join(lines) + "\n")
    return folder / "labels.csv"


@pytest.mark.slow
def test_every_recording_is_judged_by_a_training_that_never_saw_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table, model = write_table(tmp_path), tmp_path / "model"
    assert main(["train", str(table), "--out", str(model), *OPTIONS]) == 0
    out = tmp_path / "folds"
    call = ["evaluate", str(model), str(table), "--cross-validate", "--out", str(out)]
    assert main(call) == 0
    said = capsys.readouterr()
    folds = [line.split() for line in said.out.splitlines() if "case" in line]
    assert [fold[1:3] for fold in folds] == [["case0", "8"], ["case1", "8"], ["case2", "8"]]
    with (out / "predictions.csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == 24
    assert json.loads((out / "metrics.json").read_text())["n_images"] == 24
    page = (out / "evaluation.html").read_text(encoding="utf-8")
    assert "3 trainings, each judged on whole recordings that it never saw" in page

    without = tmp_path / "random.csv"
    without.write_text(re.sub(r",(case\d|video),", ",", table.read_text()))
    random = ["evaluate", str(model), str(without), "--cross-validate", "2", "--out"]
    assert main([*random, str(tmp_path / "random")]) == 0
    assert "THE FOLDS ARE RANDOM FRAMES" in capsys.readouterr().err
    assert main(["evaluate", str(model), str(without), "--cross-validate", "--out", "x"]) == 1
