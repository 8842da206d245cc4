"""A labelled dataset in, a model folder out: the whole of one training, readable in one go."""

from __future__ import annotations

import csv
import dataclasses
import importlib.metadata
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classifier.config import BACKGROUND_NAMES, ModelConfig
from classifier.dataset.checking import check_images
from classifier.dataset.class_folders import find_split, read_class_folders
from classifier.dataset.field_of_view import FieldOfViewFinder, chosen_finder, cut_to_field_of_view
from classifier.dataset.record import Dataset, ImageProblem
from classifier.dataset.splits import split_validation
from classifier.dataset.table import is_table, read_table
from classifier.errors import DatasetError
from classifier.folders import new_folder, require_free
from classifier.model.bundle import WEIGHTS_NAME, write_config
from classifier.model.weights import write_weights
from classifier.training.checkpoint import (
    Checkpoint,
    checkpoint_folder,
    require_decision,
    signature_of,
)
from classifier.training.curves import write_training_curves
from classifier.training.fitting import FittedNetwork, fit_network
from classifier.training.progress import EpochRecord, FeaturesTaken, TrainingStep
from classifier.training.settings import TrainingSettings
from classifier.training.validation import Validation

__all__ = ["ImagesChecked", "TrainingReport", "read_training_images", "train_classifier"]


@dataclass(frozen=True)
class ImagesChecked:
    """How many of the dataset's images were decoded and found good or bad."""

    n_checked: int
    n_images: int


@dataclass(frozen=True)
class TrainingReport:
    """What one training used and came to."""

    config: ModelConfig
    n_train: int
    n_validation: int
    split_by_video: bool
    starting_weights: str
    problems: tuple[ImageProblem, ...]
    history: tuple[EpochRecord, ...]


TrainingEvent = ImagesChecked | FeaturesTaken | TrainingStep | EpochRecord


def train_classifier(
    dataset: Path,
    out: Path,
    settings: TrainingSettings,
    *,
    background: Sequence[str] = BACKGROUND_NAMES,
    overwrite: bool = False,
    resume: bool = False,
    field_of_view_finder: FieldOfViewFinder | None = None,
    should_stop: Callable[[], bool] | None = None,
    progress: Callable[[TrainingEvent], None] | None = None,
) -> TrainingReport:
    """Train on ``dataset`` and write the model folder ``out``: whole, or not at all.

    Every ten minutes, and when ``should_stop`` says so, a checkpoint is written beside ``out``,
    from which the same call with ``resume`` goes on. ``field_of_view_finder`` is needed for
    ``settings.crop_field_of_view``, and not used without.

    Raises:
        DatasetError: nothing can be learned from the dataset.
        WeightsError: the weights to start from cannot be had.
        ClassifierError: ``out`` cannot be written or holds files already; a checkpoint lies there
            and is to be neither used nor overwritten, or is of another training.
        TrainingStoppedError: ``should_stop`` said so.
        ValueError: images are to be cropped, and there is no finder.
    """
    finder = chosen_finder(field_of_view_finder, crops=settings.crop_field_of_view)
    report = progress or _ignore
    require_free(out, overwrite=overwrite)
    require_decision(checkpoint_folder(out), resume=resume, overwrite=overwrite)
    images = read_training_images(dataset, settings.head, background=background)
    checked, fingerprint = _check(images, report)
    train, validation = split_validation(
        cut_to_field_of_view(checked, finder), share=settings.validation_share, seed=settings.seed
    )
    config = ModelConfig(
        tools=checked.tools,
        head=settings.head,
        background=checked.background,
        input_size_px=settings.input_size_px,
        resize_rule=settings.resize_rule,
        crops_field_of_view=settings.crop_field_of_view,
    )
    if settings.head == "sigmoid":
        train, validation = train.without_background(), validation.without_background()
    checkpoint = Checkpoint(
        checkpoint_folder(out),
        config,
        signature_of(dataclasses.asdict(settings), fingerprint, (train.classes, config.head)),
    )
    fitted = fit_network(
        config,
        settings,
        train=train,
        validation=validation,
        checkpoint=checkpoint,
        resume=resume,
        should_stop=should_stop,
        progress=report,
    )
    config = dataclasses.replace(
        config,
        training=_describe(settings, fitted, train, validation, fingerprint),
        metrics=_describe_best(fitted.history),
    )
    _write_model(out, config, fitted)
    checkpoint.remove()
    return TrainingReport(
        config=config,
        n_train=len(train),
        n_validation=len(validation),
        split_by_video=_is_split_by_video(train, validation),
        starting_weights=fitted.starting_weights,
        problems=checked.problems,
        history=fitted.history,
    )


def read_training_images(
    dataset: Path, head: str, *, background: Sequence[str] = BACKGROUND_NAMES
) -> Dataset:
    """List the training images of ``dataset/train/<tool>/`` or of a label table.

    Raises:
        DatasetError: there are none, or too few classes for this head.
    """
    if is_table(dataset):
        images = read_table(dataset)
        if head == "softmax":
            raise DatasetError(
                dataset,
                "a table can show several tools in a frame, a softmax head only one",
                hint="pass --head sigmoid",
            )
        return images
    folder = find_split(dataset, "train")
    if folder is None:
        raise DatasetError(
            dataset,
            "no train folder and no labels.csv",
            hint="put images into train/<tool>/*.jpg and test/<tool>/*.jpg",
        )
    images = read_class_folders(folder, background=background)
    if len(images.classes) < 2:
        raise DatasetError(
            folder,
            f"one class only ({images.classes[0]}); there is nothing to tell apart",
            hint="add a folder of another tool, or no_tool with empty frames",
        )
    return images


def _check(images: Dataset, report: Callable[[TrainingEvent], None]) -> tuple[Dataset, str]:
    n_checked = 0

    def count(n: int) -> None:
        nonlocal n_checked
        n_checked += n
        report(ImagesChecked(n_checked, len(images)))

    checked, fingerprint = check_images(images, progress=count)
    empty = [name for name, n in checked.counts.items() if n == 0]
    if empty:
        raise DatasetError(
            images.source,
            f"no readable image shows {', '.join(empty)}",
            hint="add images or remove the class",
        )
    return checked, fingerprint


def _ignore(_: TrainingEvent) -> None:
    pass


def _is_split_by_video(train: Dataset, validation: Dataset) -> bool:
    known = train.videos is not None and validation.videos is not None
    return known and not set(train.videos or ()) & set(validation.videos or ())


def _describe(
    settings: TrainingSettings,
    fitted: FittedNetwork,
    train: Dataset,
    validation: Dataset,
    fingerprint: str,
) -> dict[str, Any]:
    chosen = dataclasses.asdict(settings)
    # Where the weights lay on this machine is nobody's business.
    chosen["weights"] = Path(settings.weights).name
    return {
        "settings": chosen,
        "starting_weights": fitted.starting_weights,
        "dataset_sha256": fingerprint,
        "n_train": train.counts,
        "n_validation": validation.counts,
        "validation_split": "by recording"
        if _is_split_by_video(train, validation)
        else "random frames",
        "versions": {
            "python": platform.python_version(),
            **{name: importlib.metadata.version(name) for name in ("tensorflow", "keras", "numpy")},
        },
    }


def _describe_best(history: tuple[EpochRecord, ...]) -> dict[str, Any]:
    best = max(history, key=_rank)
    precision = best.validation_map
    return {
        "validation_mean_average_precision": round(precision, 6) if precision is not None else None,
        "validation_loss": round(best.validation_loss, 6),
        "validation_accuracy": round(best.validation_accuracy, 6),
        "definition": "of the epoch whose weights are kept: the greatest mean average precision "
        "(scikit-learn's, pooled over the validation images, mean over the tools that these show "
        "and miss; null if none), then the smallest loss; accuracy is over images (softmax) or "
        "image-tool pairs at 0.5 (sigmoid)",
    }


def _rank(record: EpochRecord) -> tuple[float, float]:
    return Validation(
        record.validation_loss, record.validation_accuracy, record.validation_map
    ).rank


def _write_model(out: Path, config: ModelConfig, fitted: FittedNetwork) -> None:
    with new_folder(out) as folder:
        write_weights(folder / WEIGHTS_NAME, fitted.network.logits)
        write_config(folder, config)
        _write_history(folder / "training.csv", fitted.history)
        write_training_curves(folder / "training.png", fitted.history)


def _write_history(path: Path, history: tuple[EpochRecord, ...]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(field.name for field in dataclasses.fields(EpochRecord))
        for record in history:
            values = dataclasses.astuple(record)
            cells = ("" if v is None else v for v in values)
            writer.writerow(f"{v:.6g}" if isinstance(v, float) else v for v in cells)
