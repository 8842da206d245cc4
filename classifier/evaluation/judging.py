"""How good a model is on labelled images: every figure with its definition, computed by sklearn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.config import BACKGROUND_NAMES, ModelConfig
from classifier.dataset.class_folders import read_class_folders
from classifier.dataset.field_of_view import FieldOfViewFinder, chosen_finder, cut_to_field_of_view
from classifier.dataset.record import Dataset, ImageProblem
from classifier.dataset.table import is_table, read_table
from classifier.errors import DatasetError

__all__ = ["Evaluation", "ToolScores", "evaluate_images", "judge"]

_NO_TOOL = "no_tool"


@dataclass(frozen=True)
class ToolScores:
    """One tool's figures; None where the definition gives no value."""

    tool: str
    n_images: int
    precision: float | None
    recall: float | None
    f1: float | None
    average_precision: float | None


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a model came to on one set of labelled images."""

    images: Dataset
    """Those that could be read."""
    probabilities: NDArray[np.float32]
    """(n_images, n_tools)."""
    accuracy: float
    micro_f1: float
    mean_average_precision: float | None
    tools: tuple[ToolScores, ...]
    classes: tuple[str, ...]
    """Of the confusion matrix: the tools, and ``no_tool`` where it is true or predicted at all."""
    confusion: NDArray[np.int64]
    """(n_classes, n_classes) images: rows true, columns predicted."""
    problems: tuple[ImageProblem, ...] = ()


def evaluate_images(
    classifier: Any,
    path: Path,
    *,
    field_of_view_finder: FieldOfViewFinder | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Evaluation:
    """Judge ``classifier`` on a folder of class folders or a label table.

    The images are prepared as the model's training images were. ``field_of_view_finder`` is needed
    for a model that crops, and not used for another.

    Raises:
        DatasetError: no images, or classes that the model does not know.
        ValueError: the model crops, and there is no finder.
    """
    config: ModelConfig = classifier.config
    finder = chosen_finder(field_of_view_finder, crops=config.crops_field_of_view)
    dataset = cut_to_field_of_view(_read_labelled(path, config), finder)
    kept, probabilities, problems = _predict(classifier, dataset, progress)
    if not kept:
        raise DatasetError(path, "no readable image")
    return judge(
        config,
        dataset.take(np.array(kept, dtype=np.int64)),
        probabilities,
        problems=(*dataset.problems, *problems),
    )


def judge(
    config: ModelConfig,
    images: Dataset,
    probabilities: NDArray[np.float32],
    *,
    problems: tuple[ImageProblem, ...] = (),
) -> Evaluation:
    """Compare (n_images, n_tools) probabilities with what the images show."""
    from sklearn.metrics import f1_score

    n_tools = len(config.tools)
    true = images.labels[:, :n_tools] > 0
    thresholds = np.array(config.thresholds or (0.5,) * n_tools)
    predicted = probabilities >= thresholds
    scores = tuple(
        _score_tool(tool, true[:, k], predicted[:, k], probabilities[:, k])
        for k, tool in enumerate(config.tools)
    )
    defined = [s.average_precision for s in scores if s.average_precision is not None]
    single = true.sum(axis=1) <= 1
    true_class = np.where(true.any(axis=1), true.argmax(axis=1), n_tools)
    predicted_class = _predicted_class(config, probabilities, thresholds)
    with_empty = bool(np.any([true_class == n_tools, predicted_class == n_tools]))
    classes = (*config.tools, _NO_TOOL) if with_empty else config.tools
    softmax = config.head == "softmax"
    right = predicted_class == true_class if softmax else (predicted == true).all(axis=1)
    return Evaluation(
        images=images,
        probabilities=probabilities,
        accuracy=float(right.mean()),
        micro_f1=float(f1_score(true, predicted, average="micro", zero_division=0)),
        mean_average_precision=float(np.mean(defined)) if defined else None,
        tools=scores,
        classes=classes,
        confusion=_confusion(true_class[single], predicted_class[single], len(classes)),
        problems=problems,
    )


def _confusion(
    true: NDArray[np.int64], predicted: NDArray[np.int64], n_classes: int
) -> NDArray[np.int64]:
    from sklearn.metrics import confusion_matrix

    if len(true) == 0:
        # Every image shows several tools; scikit-learn refuses to count nothing.
        return np.zeros((n_classes, n_classes), dtype=np.int64)
    return np.asarray(
        confusion_matrix(true, predicted, labels=np.arange(n_classes)), dtype=np.int64
    )


def _predicted_class(
    config: ModelConfig, probabilities: NDArray[np.float32], thresholds: NDArray[np.float64]
) -> NDArray[np.int64]:
    """(n,) index of the most probable class; the last index stands for no tool."""
    n_tools = len(config.tools)
    best = probabilities.argmax(axis=1)
    best_probability = probabilities.max(axis=1)
    if config.head == "softmax":
        # Whatever the tools leave of 1 belongs to the background classes.
        rest = 1 - probabilities.sum(axis=1) if config.background else np.full(len(best), -1.0)
        return np.where(best_probability >= rest, best, n_tools)
    reached = probabilities[np.arange(len(best)), best] >= thresholds[best]
    return np.where(reached, best, n_tools)


def _score_tool(
    tool: str,
    true: NDArray[np.bool_],
    predicted: NDArray[np.bool_],
    probabilities: NDArray[np.float32],
) -> ToolScores:
    from sklearn.metrics import average_precision_score, precision_recall_fscore_support

    precision, recall, f1, _ = precision_recall_fscore_support(
        true, predicted, average="binary", zero_division=np.nan
    )
    shown = bool(true.any())
    average = float(average_precision_score(true, probabilities)) if shown else None
    return ToolScores(
        tool=tool,
        n_images=int(true.sum()),
        precision=_defined(precision),
        recall=_defined(recall),
        f1=_defined(f1),
        average_precision=average,
    )


def _defined(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _read_labelled(path: Path, config: ModelConfig) -> Dataset:
    if is_table(path):
        return read_table(path, classes=config.tools)
    if config.head == "softmax":
        return read_class_folders(
            path, classes=config.tools + config.background, background=config.background
        )
    # A sigmoid head has no output for folders without any tool, and is judged on them all the same.
    empty = dict.fromkeys((*config.background, *BACKGROUND_NAMES))
    named = read_class_folders(path, classes=(*config.tools, *empty), background=tuple(empty))
    return named.without_background()


def _predict(
    classifier: Any, dataset: Dataset, progress: Callable[[int, int], None] | None
) -> tuple[list[int], NDArray[np.float32], list[ImageProblem]]:
    """Rows that could be read, their (n_rows, n_tools) probabilities, and the rows that could not.

    Images pass in handfuls, so that memory does not grow with the dataset.
    """
    config: ModelConfig = classifier.config
    kept: list[int] = []
    problems: list[ImageProblem] = []
    answers = [np.empty((0, len(classifier.tools)), dtype=np.float32)]
    n_at_once = 64
    for start in range(0, len(dataset), n_at_once):
        images = []
        for row in range(start, min(start + n_at_once, len(dataset))):
            try:
                images.append(
                    dataset.read(row, size_px=config.input_size_px, resize_rule=config.resize_rule)
                )
                kept.append(row)
            except DatasetError as error:
                problems.append(ImageProblem(dataset.paths[row], error.cause))
        if images:
            answers.append(classifier.predict(np.stack(images))[0])
        if progress is not None:
            progress(min(start + n_at_once, len(dataset)), len(dataset))
    return kept, np.concatenate(answers), problems
