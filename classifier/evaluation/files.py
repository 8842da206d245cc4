"""What a judgement leaves on disk: figures with their definitions, tables, pictures and a page."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classifier.evaluation.metrics import metrics_of
from classifier.evaluation.page.building import Drawings, build_page
from classifier.evaluation.plots import (
    write_confusion_matrix,
    write_precision_recall,
    write_reliability,
)
from classifier.evaluation.record import TOOL_FIGURES, Evaluation
from classifier.folders import new_folder

__all__ = ["write_evaluation"]

_PNG_START = b"\x89PNG\r\n\x1a\n"
_MOST_CURVES_BYTES = 4 << 20


def write_evaluation(
    out: Path, evaluation: Evaluation, *, model: Path | None = None, pictures: bool = True
) -> None:
    """Write metrics.json, evaluation.html, tables and drawings: all of them or none.

    ``model`` is the folder whose training curves the page shows. With ``pictures``, the page holds
    small pictures of the worst mistakes.

    Raises:
        ClassifierError: the folder cannot be written.
    """
    with new_folder(out) as folder:
        _write_metrics(folder / "metrics.json", evaluation)
        _write_tables(folder, evaluation)
        _write_drawings(folder, evaluation)
        drawings = Drawings(
            precision_recall=(folder / "precision_recall.png").read_bytes(),
            reliability=(folder / "reliability.png").read_bytes(),
            training=_training_curves(model),
        )
        page = build_page(
            evaluation,
            drawings,
            model_name=model.absolute().name if model is not None else None,
            pictures=pictures,
        )
        (folder / "evaluation.html").write_text(page, encoding="utf-8", newline="\n")


def _write_metrics(path: Path, evaluation: Evaluation) -> None:
    text = json.dumps(metrics_of(evaluation), indent=2, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def _write_drawings(folder: Path, evaluation: Evaluation) -> None:
    write_confusion_matrix(
        folder / "confusion_matrix.png",
        evaluation.confusion,
        evaluation.classes,
        title="images that show at most one tool; shade: share of the row",
    )
    write_precision_recall(folder / "precision_recall.png", _curves(evaluation))
    write_reliability(
        folder / "reliability.png",
        [("all tools", evaluation.reliability)]
        + [(t.tool, t.reliability) for t in evaluation.tools if t.reliability is not None],
    )


def _write_tables(folder: Path, evaluation: Evaluation) -> None:
    limits = [f"{name}_{end}" for name in TOOL_FIGURES for end in ("low", "high")]
    _write_rows(
        folder / "per_tool.csv",
        ["tool", "n_images", *TOOL_FIGURES, *limits],
        [
            [scores.tool, scores.n_images]
            + [_cell(getattr(scores, name)) for name in TOOL_FIGURES]
            + [
                _cell(end)
                for name in TOOL_FIGURES
                for end in (scores.intervals[name].low, scores.intervals[name].high)
            ]
            for scores in evaluation.tools
        ],
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
    _write_rows(
        folder / "predictions.csv",
        ["image", *tools, *(f"{tool}_probability" for tool in tools)],
        [
            [evaluation.name_of(row), *map(_label, true[row]), *(f"{p:.4f}" for p in answer)]
            for row, answer in enumerate(evaluation.probabilities)
        ],
    )


def _curves(
    evaluation: Evaluation,
) -> list[tuple[str, NDArray[np.float64], NDArray[np.float64], float]]:
    from sklearn.metrics import precision_recall_curve

    curves = []
    for k, scores in enumerate(evaluation.tools):
        if scores.average_precision is not None:
            labels = evaluation.images.labels[:, k]
            known = ~np.isnan(labels)
            precision, recall, _ = precision_recall_curve(
                labels[known], evaluation.probabilities[known, k]
            )
            curves.append((scores.tool, recall, precision, scores.average_precision))
    return curves


def _training_curves(model: Path | None) -> bytes | None:
    """The model folder's drawing of its training; None if there is none to show."""
    if model is None:
        return None
    try:
        with (model / "training.png").open("rb") as file:
            content = file.read(_MOST_CURVES_BYTES + 1)
    except OSError:
        # Models of older versions, or taken from elsewhere, may come without it.
        return None
    shown = content.startswith(_PNG_START) and len(content) <= _MOST_CURVES_BYTES
    return content if shown else None


def _label(value: np.float32) -> str:
    return "?" if np.isnan(value) else f"{value:.0f}"


def _cell(value: object) -> object:
    if value is None:
        return ""
    return f"{value:.4f}" if isinstance(value, float) else value


def _write_rows(path: Path, header: list[str], rows: list[list[object]]) -> None:
    # File names that are no UTF-8 keep their bytes.
    with path.open("w", encoding="utf-8", errors="surrogateescape", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
