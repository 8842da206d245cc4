"""How good a model is on labelled images: every figure by its definition, with its interval."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.config import ModelConfig
from classifier.dataset.field_of_view import FieldOfViewFinder, chosen_finder, cut_to_field_of_view
from classifier.dataset.labelled_images import read_labelled_images
from classifier.dataset.record import Dataset, ImageProblem
from classifier.errors import DatasetError
from classifier.evaluation import figures
from classifier.evaluation.answers import Answers, line_up
from classifier.evaluation.intervals import with_intervals
from classifier.evaluation.record import Evaluation, Interval, ToolScores
from classifier.evaluation.reliability import measure_reliability
from classifier.evaluation.resampling import N_REPLICATES, choose_resampling

__all__ = [
    "Evaluation",
    "Interval",
    "ToolScores",
    "evaluate_images",
    "judge",
]

_NO_TOOL = "no_tool"


def evaluate_images(
    classifier: Any,
    path: Path,
    *,
    group_regex: str | None = None,
    field_of_view_finder: FieldOfViewFinder | None = None,
    was_learned: Callable[[Path], bool] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Evaluation:
    """Judge ``classifier`` on a folder of class folders or a label table.

    The images are prepared as the model's training images were. ``field_of_view_finder`` is needed
    for a model that crops, and not used for another. ``was_learned`` says of a file whether the
    model learned from it; None if nobody knows.

    Raises:
        DatasetError: no images, or classes that the model does not know.
        ValueError: the model crops, and there is no finder.
    """
    config: ModelConfig = classifier.config
    finder = chosen_finder(field_of_view_finder, crops=config.crops_field_of_view)
    listed = read_labelled_images(path, config, group_regex=group_regex)
    dataset = cut_to_field_of_view(listed, finder)
    kept, probabilities, problems = _predict(classifier, dataset, progress)
    if not kept:
        raise DatasetError(path, "no readable image")
    images = dataset.take(np.array(kept, dtype=np.int64))
    return judge(
        config,
        images,
        probabilities,
        n_learned=sum(map(was_learned, images.paths)) if was_learned is not None else None,
        problems=(*dataset.problems, *problems),
    )


def judge(
    config: ModelConfig,
    images: Dataset,
    probabilities: NDArray[np.float32],
    *,
    n_learned: int | None = None,
    problems: tuple[ImageProblem, ...] = (),
    n_replicates: int = N_REPLICATES,
    seed: int = 0,
) -> Evaluation:
    """Compare (n_images, n_tools) probabilities with what the images show.

    Labels that are NaN are left out, tool by tool. The first columns of ``images.labels`` are
    ``config.tools``. Nothing is read from disk, and no model is needed: the probabilities may be
    those that several models gave for images none of them had learned from.

    Raises:
        ValueError: there are no images, or the probabilities are not theirs.
    """
    answers = line_up(config, images, probabilities)
    resampling = choose_resampling(images, n_replicates=n_replicates, seed=seed)
    per_recording = figures.precision_per_recording(answers)
    tools = tuple(
        figures.score_tool(answers, k, tool=tool, per_recording=per_recording[:, k])
        for k, tool in enumerate(config.tools)
    )
    pooled = measure_reliability(answers.true[answers.known], answers.probabilities[answers.known])
    overall = {
        "accuracy": figures.accuracy(answers),
        "micro_f1": figures.micro_f1(answers),
        "macro_f1": figures.mean_of_defined([t.f1 for t in tools]),
        "mean_average_precision": figures.mean_of_defined([t.average_precision for t in tools]),
        "mean_average_precision_per_recording": figures.mean_of_defined(
            [t.average_precision_per_recording for t in tools]
        ),
        "brier_score": figures.pooled_brier_score(answers),
        "expected_calibration_error": pooled.expected_calibration_error,
    }
    intervals, tools = with_intervals(
        answers, per_recording, resampling, overall=overall, tools=tools
    )
    classes = (*config.tools, _NO_TOOL) if _says_no_tool(answers) else config.tools
    return Evaluation(
        config=config,
        images=images,
        probabilities=probabilities,
        **overall,
        tools=tools,
        classes=classes,
        confusion=figures.confusion_counts(answers, len(classes)),
        reliability=pooled,
        resampling=resampling,
        intervals=intervals,
        n_learned=n_learned,
        problems=problems,
    )


def _says_no_tool(answers: Answers) -> bool:
    """Whether the confusion matrix needs a class for images without any tool."""
    classes = np.concatenate([answers.true_class, answers.predicted_class])
    return bool((classes[np.tile(answers.single, 2)] == answers.n_tools).any())


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
