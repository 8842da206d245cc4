"""A labelled dataset in, a model folder out: the whole of one training, readable in one go."""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from classifier.calibration.calibrating import calibrate_on_validation
from classifier.config import ModelConfig
from classifier.dataset.field_of_view import FieldOfViewFinder, chosen_finder
from classifier.dataset.lock_file import write_lock
from classifier.dataset.record import Dataset
from classifier.errors import ClassifierError
from classifier.folders import new_folder, require_free
from classifier.model.bundle import WEIGHTS_NAME, write_config
from classifier.model.self_test import make_self_test
from classifier.model.weights import write_weights
from classifier.training.account import account_of_best, account_of_training
from classifier.training.augmentation.contact_sheet import write_contact_sheet
from classifier.training.batches import ImageSource
from classifier.training.checkpoint import (
    Checkpoint,
    checkpoint_folder,
    require_decision,
    signature_of,
)
from classifier.training.curves import write_training_curves
from classifier.training.fitted import FittedNetwork
from classifier.training.fitting import fit_network
from classifier.training.preparing import DatasetOptions, PreparedImages, prepare_images
from classifier.training.progress import EpochRecord, FeaturesTaken, ImagesChecked, TrainingStep
from classifier.training.settings import TrainingSettings
from classifier.training.starting_weights import check_starting_weights

__all__ = ["TrainingEvent", "TrainingReport", "train_classifier"]

_SHEET_IMAGES = 5

TrainingEvent = ImagesChecked | FeaturesTaken | TrainingStep | EpochRecord


@dataclass(frozen=True, eq=False)
class TrainingReport:
    """What one training used and came to."""

    config: ModelConfig
    images: PreparedImages
    starting_weights: str
    history: tuple[EpochRecord, ...]


def train_classifier(
    dataset: Path,
    out: Path,
    settings: TrainingSettings,
    options: DatasetOptions | None = None,
    *,
    overwrite: bool = False,
    resume: bool = False,
    pictures: bool = True,
    field_of_view_finder: FieldOfViewFinder | None = None,
    should_stop: Callable[[], bool] | None = None,
    progress: Callable[[TrainingEvent], None] | None = None,
) -> TrainingReport:
    """Train on ``dataset`` and write the model folder ``out``: whole, or not at all.

    Every ten minutes, and when ``should_stop`` says so, a checkpoint is written beside ``out``,
    from which the same call with ``resume`` goes on. ``pictures`` puts a sheet of a few augmented
    training images into the folder. ``field_of_view_finder`` is needed for
    ``settings.crop_field_of_view``, and not used without.

    Raises:
        DatasetError: nothing can be learned from the dataset.
        WeightsError: the weights to start from cannot be had.
        ClassifierError: ``out`` cannot be written or holds files already; a checkpoint lies there
            and is to be neither used nor overwritten, or is of another training; the loss is no
            number any more.
        TrainingStoppedError: ``should_stop`` said so.
        ValueError: images are to be cropped, and there is no finder.
    """
    finder = chosen_finder(field_of_view_finder, crops=settings.crop_field_of_view)
    report = progress or _ignore
    require_free(out, overwrite=overwrite)
    require_decision(checkpoint_folder(out), resume=resume, overwrite=overwrite)
    check_starting_weights(settings.weights)
    images = prepare_images(
        dataset, settings, options or DatasetOptions(), finder=finder, report=report
    )
    config = _describe_network(settings, images.train)
    checkpoint = Checkpoint(
        checkpoint_folder(out),
        config,
        signature_of(dataclasses.asdict(settings), images.lock.split_sha256, images.train.classes),
    )
    fitted = fit_network(
        config,
        settings,
        train=_as_learned(images.train, settings),
        validation=_as_learned(images.validation, settings),
        checkpoint=checkpoint,
        resume=resume,
        should_stop=should_stop,
        progress=report,
    )
    config = dataclasses.replace(
        config,
        training=account_of_training(settings, images, starting_weights=fitted.starting_weights),
        metrics=account_of_best(fitted.history, settings),
        calibration=_calibrate(config, settings, fitted),
        self_test=_self_test(out, config, fitted),
    )
    _write_model(out, config, settings, fitted, images, pictures=pictures)
    checkpoint.remove()
    return TrainingReport(config, images, fitted.starting_weights, fitted.history)


def _ignore(_: TrainingEvent) -> None:
    pass


def _describe_network(settings: TrainingSettings, images: Dataset) -> ModelConfig:
    return ModelConfig(
        tools=images.tools,
        head=settings.head,
        background=images.background,
        input_size_px=settings.input_size_px,
        resize_rule=settings.resize_rule,
        crops_field_of_view=settings.crop_field_of_view,
    )


def _as_learned(images: Dataset, settings: TrainingSettings) -> Dataset:
    """A sigmoid head has no output for "none": it says so by all of its others."""
    return images.without_background() if settings.head == "sigmoid" else images


def _calibrate(
    config: ModelConfig, settings: TrainingSettings, fitted: FittedNetwork
) -> dict[str, object] | None:
    if not settings.calibrate:
        return None
    held_out = fitted.validation
    return calibrate_on_validation(config, held_out.logits, held_out.labels, held_out.groups)


def _self_test(out: Path, config: ModelConfig, fitted: FittedNetwork) -> dict[str, object]:
    try:
        return make_self_test(fitted.network, config)
    except ValueError as error:
        raise ClassifierError(
            out, f"no model was written: {error}", hint="train longer, or with a lower rate"
        ) from error


def _write_model(
    out: Path,
    config: ModelConfig,
    settings: TrainingSettings,
    fitted: FittedNetwork,
    images: PreparedImages,
    *,
    pictures: bool,
) -> None:
    with new_folder(out) as folder:
        write_weights(folder / WEIGHTS_NAME, fitted.network.logits)
        write_config(folder, config)
        write_lock(folder, images.lock)
        _write_history(folder / "training.csv", fitted.history)
        write_training_curves(folder / "training.png", fitted.history)
        if pictures and settings.augmentation != "none":
            write_contact_sheet(
                folder / "augmentation.png",
                _examples(images.train, config),
                seed=settings.seed,
                strength=settings.augmentation,
            )


def _examples(images: Dataset, config: ModelConfig) -> np.ndarray:
    """(n, height, width, 3) a few images, each of another class as far as there are any."""
    firsts = [np.flatnonzero(images.labels[:, k] == 1)[:1] for k in range(images.labels.shape[1])]
    rows = np.unique(np.concatenate([*firsts, np.arange(len(images))[:1]]))[:_SHEET_IMAGES]
    source = ImageSource(
        images.take(rows), size_px=config.input_size_px, resize_rule=config.resize_rule
    )
    return np.concatenate([batch for batch, _ in source.batches(len(rows)).as_numpy_iterator()])


def _write_history(path: Path, history: tuple[EpochRecord, ...]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(field.name for field in dataclasses.fields(EpochRecord))
        for record in history:
            cells = ("" if v is None else v for v in dataclasses.astuple(record))
            writer.writerow(f"{v:.6g}" if isinstance(v, float) else v for v in cells)
