#!/usr/bin/env python
"""What each way with rare tools does on rendered folders in which two tools are rare.

.venv/bin/python scripts/make_samples.py single-tools --scenes 40 --seed-from 8000000 --out common
.venv/bin/python scripts/make_samples.py single-tools --scenes 30 --seed-from 9000000 --out unseen
.venv/bin/python scripts/judge_imbalance.py common/train unseen/train

Of two tools one image in twenty is kept. The same training runs once for each way, from the sample
model; each is judged on images of other scenes, in which all tools are equally frequent. Rare and
common tools are averaged apart, at the threshold 0.5 and without calibration; nan is undefined: no
image was said to show one of them.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[1]
RARE = ("scissors", "clipper")
KEPT_OF_RARE = 20
WAYS = ("none", "class_weights", "balanced_sampling", "focal")


def main() -> int:
    """Train once for each way and print a line for each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("train", type=Path, help="class folders of make_samples.py single-tools")
    parser.add_argument("unseen", type=Path, help="class folders of other scenes")
    parser.add_argument("--weights", default=str(ROOT / "samples" / "model"))
    parser.add_argument("--input-size", type=int, default=64)
    parser.add_argument("--epochs", default="2,2")
    parser.add_argument("--seeds", type=int, default=1, help="trainings a way; figures are means")
    arguments = parser.parse_args()
    print(f"{'':20}{'rare tools':>24}{'common tools':>24}")
    print(f"{'way':20}{'recall':>8}{'prec.':>8}{'AP':>8}{'recall':>8}{'prec.':>8}{'AP':>8}")
    with tempfile.TemporaryDirectory() as work:
        dataset = _with_rare_tools(arguments.train, Path(work) / "dataset")
        for way in WAYS:
            found = [_figures(arguments, dataset, way, seed) for seed in range(arguments.seeds)]
            print(f"{way:20}" + "".join(f"{x:8.3f}" for x in np.mean(found, axis=0)), flush=True)
    return 0


def _with_rare_tools(source: Path, dataset: Path) -> Path:
    for folder in sorted(source.iterdir()):
        step = KEPT_OF_RARE if folder.name in RARE else 1
        place = dataset / "train" / folder.name
        place.mkdir(parents=True)
        for path in sorted(folder.iterdir())[::step]:
            (place / path.name).symlink_to(path.absolute())
    return dataset


def _figures(arguments: Any, dataset: Path, way: str, seed: int) -> list[float]:
    """Recall, precision and average precision of rare tools, then of common ones."""
    from classifier.evaluation.judging import evaluate_images
    from classifier.prediction import load_classifier
    from classifier.training.preparing import DatasetOptions
    from classifier.training.settings import TrainingSettings
    from classifier.training.training import train_classifier

    head, fine = map(int, arguments.epochs.split(","))
    settings = TrainingSettings(
        head="sigmoid",
        weights=arguments.weights,
        epochs_head=head,
        epochs_fine=fine,
        trainable="conv5",
        input_size_px=(arguments.input_size,) * 2,
        augmentation="basic",
        imbalance=way,  # type: ignore[arg-type]
        calibrate=False,
        seed=seed,
    )
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "model"
        options = DatasetOptions(group_regex="^(scene[0-9]+)_")
        train_classifier(dataset, model, settings, options, pictures=False)
        evaluation = evaluate_images(load_classifier(model), arguments.unseen)
    figures = []
    for tools in (
        [t for t in evaluation.tools if t.tool in RARE],
        [t for t in evaluation.tools if t.tool not in RARE],
    ):
        for name in ("recall", "precision", "average_precision"):
            values = [getattr(tool, name) for tool in tools]
            known = [value for value in values if value is not None]
            figures.append(float(np.mean(known)) if known else np.nan)
    return figures


if __name__ == "__main__":
    sys.exit(main())
