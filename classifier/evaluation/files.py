"""What a judgement leaves on disk: figures with their definitions, tables and pictures."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classifier.evaluation.judging import Evaluation
from classifier.evaluation.plots import write_confusion_matrix, write_precision_recall
from classifier.folders import new_folder

__all__ = ["write_evaluation"]

DEFINITIONS = {
    "accuracy": "softmax: share of images whose most probable class is the true one; sigmoid: "
    "share of images whose whole set of tools is right at the thresholds",
    "precision, recall, f1": "per tool over images, a tool counting as predicted from its "
    "threshold (0.5 unless the model says otherwise); null where undefined",
    "average_precision": "scikit-learn's step-wise average precision over all images; null for a "
    "tool that no image shows",
    "mean_average_precision": "mean over the tools for which it is defined",
    "micro_f1": "F1 over all image-tool pairs together",
    "confusion": "rows true, columns predicted, over images that show at most one tool; "
    "predicted is the most probable class, for a sigmoid head no_tool if none reaches its "
    "threshold",
}


def write_evaluation(out: Path, evaluation: Evaluation) -> None:
    """Write metrics.json, tables and pictures into the folder ``out``: all of them or none.

    Raises:
        ClassifierError: the folder cannot be written.
    """
    with new_folder(out) as folder:
        _write_metrics(folder / "metrics.json", evaluation)
        _write_tables(folder, evaluation)
        write_confusion_matrix(
            folder / "confusion_matrix.png",
            evaluation.confusion,
            evaluation.classes,
            title="images that show at most one tool; shade: share of the row",
        )
        write_precision_recall(folder / "precision_recall.png", _curves(evaluation))


def _write_metrics(path: Path, evaluation: Evaluation) -> None:
    metrics = {
        "n_images": len(evaluation.images),
        "accuracy": evaluation.accuracy,
        "micro_f1": evaluation.micro_f1,
        "mean_average_precision": evaluation.mean_average_precision,
        "tools": [vars(scores) for scores in evaluation.tools],
        "skipped_files": len(evaluation.problems),
        "definitions": DEFINITIONS,
    }
    text = json.dumps(metrics, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    path.write_text(text, encoding="utf-8", newline="\n")


def _write_tables(folder: Path, evaluation: Evaluation) -> None:
    _write_rows(
        folder / "per_tool.csv",
        ["tool", "n_images", "precision", "recall", "f1", "average_precision"],
        [[_cell(value) for value in vars(scores).values()] for scores in evaluation.tools],
    )
    _write_rows(
        folder / "confusion_matrix.csv",
        ["true \\ predicted", *evaluation.classes],
        [
            [name, *map(int, row)]
            for name, row in zip(evaluation.classes, evaluation.confusion, strict=True)
        ],
    )
    tools = [scores.tool for scores in evaluation.tools]
    true = evaluation.images.labels[:, : len(tools)]
    source = evaluation.images.source.parent
    _write_rows(
        folder / "predictions.csv",
        ["image", *tools, *(f"{tool}_probability" for tool in tools)],
        [
            [os.path.relpath(path, source), *map(int, row), *(f"{p:.4f}" for p in answer)]
            for path, row, answer in zip(
                evaluation.images.paths, true, evaluation.probabilities, strict=True
            )
        ],
    )


def _curves(
    evaluation: Evaluation,
) -> list[tuple[str, NDArray[np.float64], NDArray[np.float64], float]]:
    from sklearn.metrics import precision_recall_curve

    curves = []
    for k, scores in enumerate(evaluation.tools):
        if scores.average_precision is not None:
            precision, recall, _ = precision_recall_curve(
                evaluation.images.labels[:, k], evaluation.probabilities[:, k]
            )
            curves.append((scores.tool, recall, precision, scores.average_precision))
    return curves


def _cell(value: object) -> object:
    if value is None:
        return ""
    return f"{value:.4f}" if isinstance(value, float) else value


def _write_rows(path: Path, header: list[str], rows: list[list[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
