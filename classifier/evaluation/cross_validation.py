"""Every image judged by a network that never saw its recording: one training for each fold."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.backend import keras, tf
from classifier.config import ModelConfig
from classifier.dataset.folds import Folds, group_folds
from classifier.dataset.record import Dataset
from classifier.dataset.splits import SplitBy, kept_together, split_validation
from classifier.prediction import ToolClassifier
from classifier.training.fitting import fit_network
from classifier.training.progress import EpochRecord, FeaturesTaken, TrainingStep
from classifier.training.settings import TrainingSettings

__all__ = ["CrossValidation", "FoldEvent", "FoldTraining", "cross_validate"]

_IMAGES_AT_ONCE = 8
"""As a classifier takes them on a CPU; judging is short beside training, so on a GPU too."""

FoldProgress = FeaturesTaken | TrainingStep | EpochRecord


@dataclass(frozen=True)
class FoldEvent:
    """Where cross-validation is, for whoever shows it."""

    fold: int
    """From 1."""
    n_folds: int
    event: FoldProgress


@dataclass(frozen=True)
class FoldTraining:
    """What one fold's network learned from."""

    n_train: int
    n_validation: int
    n_judged: int
    validation_by: SplitBy
    """How the images that chose its best epoch were parted from the others."""
    starting_weights: str
    unlearned: tuple[str, ...]
    """Classes that no image of its training is known to show: only those judged do."""


@dataclass(frozen=True, eq=False)
class CrossValidation:
    """What the folds' networks said, each about the images that it never saw.

    ``judge(config, images, probabilities)`` gives the pooled figures, and of ``rows_of(fold)``
    those of one fold.
    """

    images: Dataset
    """Every image, in the dataset's order; without background classes for a sigmoid head."""
    probabilities: NDArray[np.float32]
    """(n_images, n_tools)"""
    folds: Folds
    """In which fold each image was judged, and what no fold tears apart."""
    trainings: tuple[FoldTraining, ...]

    def rows_of(self, fold: int) -> NDArray[np.int64]:
        """Rows of the images that were judged in ``fold``, from 0."""
        return np.flatnonzero(self.folds.fold_of == fold)


def cross_validate(
    dataset: Dataset,
    config: ModelConfig,
    settings: TrainingSettings,
    *,
    n_folds: int | None,
    progress: Callable[[FoldEvent], None] | None = None,
) -> CrossValidation:
    """Train once a fold on all other images and judge the fold's; None leaves one recording out.

    Folds are whole patients or recordings where they are known, and so are each training's own
    validation images. The dataset is one that ``check_images`` went through: an unreadable image
    found in the last fold would cost all trainings before it.

    Raises:
        DatasetError: there are too few recordings or images for so many folds, or one of them
            leaves too few to learn from.
        WeightsError: the weights to start from cannot be had.
        ValueError: ``n_folds`` is below 2.
    """
    images = dataset.without_background() if config.head == "sigmoid" else dataset
    folds = group_folds(images, n_folds=n_folds, seed=settings.seed)
    # Every fold is parted before the first is trained: what cannot be should not cost hours.
    plans = [_plan(images, learned, judged, settings) for learned, judged in folds]
    probabilities = np.full((len(images), len(config.tools)), np.nan, dtype=np.float32)
    trainings = []
    with _many_networks_are_meant():
        for fold, plan in enumerate(plans):

            def report(event: FoldProgress, fold: int = fold) -> None:
                if progress is not None:
                    progress(FoldEvent(fold + 1, len(plans), event))

            answers, start = _train_and_judge(images, plan, config, settings, report)
            probabilities[plan.judged] = answers
            trainings.append(_describe(images, plan, start))
            keras.utils.clear_session(free_memory=True)
    return CrossValidation(images, probabilities, folds, tuple(trainings))


@dataclass(frozen=True, eq=False)
class _Plan:
    """What one fold learns from, chooses its best epoch by, and judges."""

    train: Dataset
    validation: Dataset
    validation_by: SplitBy
    judged: NDArray[np.int64]


def _plan(
    images: Dataset,
    learned: NDArray[np.int64],
    judged: NDArray[np.int64],
    settings: TrainingSettings,
) -> _Plan:
    others = images.take(learned)
    by, _ = kept_together(others)
    train, validation = split_validation(
        others, share=settings.validation_share, seed=settings.seed
    )
    return _Plan(train, validation, by, judged)


def _train_and_judge(
    images: Dataset,
    plan: _Plan,
    config: ModelConfig,
    settings: TrainingSettings,
    report: Callable[[FoldProgress], None],
) -> tuple[NDArray[np.float32], str]:
    """(n_judged, n_tools) probabilities, and where the network started, which ends here."""
    fitted = fit_network(
        config, settings, train=plan.train, validation=plan.validation, progress=report
    )
    classifier = ToolClassifier(fitted.network, config, digest="", graph_images=_IMAGES_AT_ONCE)
    probabilities = _predict(classifier, images.take(plan.judged))
    _free(fitted.network.logits)
    return probabilities, fitted.starting_weights


def _free(model: Any) -> None:
    """Empty a network's weights and its optimiser's: none of them can be used any more.

    TensorFlow keeps a traced training step alive for good, and with it every variable that it
    speaks of: 290 MB for each fold's ResNet50. Emptied, 54 MB of it stay.
    """
    optimizer = getattr(model, "optimizer", None)
    for variable in [*model.variables, *(optimizer.variables if optimizer is not None else [])]:
        held = variable.value
        tf.raw_ops.AssignVariableOp(resource=held.handle, value=tf.zeros(0, held.dtype))


@contextlib.contextmanager
def _many_networks_are_meant() -> Iterator[None]:
    """Keep TensorFlow from warning that functions are traced anew: each fold's network is."""

    def is_no_such_warning(record: logging.LogRecord) -> bool:
        return "retracing" not in record.getMessage()

    logger = tf.get_logger()
    logger.addFilter(is_no_such_warning)
    try:
        yield
    finally:
        logger.removeFilter(is_no_such_warning)


def _predict(classifier: ToolClassifier, images: Dataset) -> NDArray[np.float32]:
    """(n_images, n_tools), a handful at a time, so that memory does not grow with the dataset."""
    config = classifier.config
    answers = []
    for start in range(0, len(images), _IMAGES_AT_ONCE):
        rows = range(start, min(start + _IMAGES_AT_ONCE, len(images)))
        read = [
            images.read(row, size_px=config.input_size_px, resize_rule=config.resize_rule)
            for row in rows
        ]
        answers.append(classifier.predict(np.stack(read))[0])
    return np.concatenate(answers)


def _describe(images: Dataset, plan: _Plan, starting_weights: str) -> FoldTraining:
    learned = plan.train.counts
    return FoldTraining(
        n_train=len(plan.train),
        n_validation=len(plan.validation),
        n_judged=len(plan.judged),
        validation_by=plan.validation_by,
        starting_weights=starting_weights,
        unlearned=tuple(name for name, n in images.counts.items() if n > 0 and learned[name] == 0),
    )
