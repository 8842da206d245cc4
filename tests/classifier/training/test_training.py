"""What a training and a judgement see of their images, through the command."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from classifier.dataset.class_folders import read_class_folders
from classifier.dataset.field_of_view import cut_to_field_of_view
from classifier.dataset.record import Dataset
from classifier.model.bundle import WEIGHTS_NAME, read_model_folder
from tests.support.discs import write_disc
from video_pipeline.cli import main
from video_pipeline.cli.field_of_view import find_crop

SIZE_PX = (32, 32)


def make_discs(dataset: Path) -> Dataset:
    rng = np.random.default_rng(0)
    for tool, hue in (("hook", (210, 60, 60)), ("bag", (60, 210, 60))):
        for i in range(6):
            red, green, blue = (x + int(rng.integers(0, 40)) for x in hue)
            path = dataset / "train" / tool / f"{i}.png"
            write_disc(path, (red, green, blue), radius_px=int(rng.integers(40, 55)))
    return read_class_folders(dataset / "train")


def prepare(dataset: Dataset, rule: str, *, crops: bool) -> NDArray[np.uint8]:
    cut = cut_to_field_of_view(dataset, find_crop if crops else None)
    return np.stack([cut.read(i, size_px=SIZE_PX, resize_rule=rule) for i in range(len(cut))])


def train(dataset: Path, out: Path, *options: str) -> Path:
    start = ("--weights", "none", "--epochs", "1,0", "--input-size", "32", "--batch-size", "4")
    assert main(["train", str(dataset), "--out", str(out), *start, *options]) == 0
    return out


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rule", "options"),
    [
        ("opencv_inter_area", ["--resize-rule", "opencv_inter_area", "--crop-field-of-view"]),
        ("swscale_area", []),
    ],
)
def test_training_and_evaluation_see_images_as_the_model_says(
    tmp_path: Path, rule: str, options: list[str]
) -> None:
    """The oracle is a training on images that were prepared beforehand."""
    crops = "--crop-field-of-view" in options
    dataset = make_discs(tmp_path / "discs")
    model = train(tmp_path / "discs", tmp_path / "model", *options)

    images = prepare(dataset, rule, crops=crops)
    for path, image in zip(dataset.paths, images, strict=True):
        prepared = tmp_path / "prepared" / path.relative_to(tmp_path / "discs")
        prepared.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(prepared), cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    twin = train(tmp_path / "prepared", tmp_path / "twin")
    assert (twin / WEIGHTS_NAME).read_bytes() == (model / WEIGHTS_NAME).read_bytes()

    config = read_model_folder(model).config
    assert (config.resize_rule, config.crops_field_of_view) == (rule, crops)
    written = json.loads((model / "classifier.json").read_text())["training"]["settings"]
    assert (written["resize_rule"], written["crop_field_of_view"]) == (rule, crops)

    said = []
    for judged, folder in ((model, "discs"), (twin, "prepared")):
        out = tmp_path / f"evaluation of {folder}"
        call = ["evaluate", str(judged), str(tmp_path / folder / "train"), "--out", str(out)]
        assert main(call) == 0
        with (out / "predictions.csv").open(encoding="utf-8", newline="") as file:
            said.append(list(csv.DictReader(file)))
    assert said[0] == said[1]
