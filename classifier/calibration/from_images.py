"""Calibrating a model folder on labelled images: images in, a new model folder out."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from classifier.calibration.calibrating import (
    FittedCalibration,
    Method,
    fit_calibration,
    require_possible_method,
    require_possible_shares,
    with_target_shares,
)
from classifier.calibration.stored import describe_calibration
from classifier.config import ModelConfig
from classifier.dataset.checking import check_images
from classifier.dataset.field_of_view import FieldOfViewFinder, chosen_finder, cut_to_field_of_view
from classifier.dataset.labelled_images import read_labelled_images
from classifier.dataset.record import Dataset, ImageProblem
from classifier.errors import ClassifierError, DatasetError
from classifier.folders import new_folder
from classifier.model.bundle import CONFIG_NAME, ModelFolder, write_config

if TYPE_CHECKING:
    from classifier.prediction import ToolClassifier

__all__ = [
    "CalibratedModel",
    "calibrate_classifier",
    "require_apart",
    "write_calibrated_folder",
]

_N_AT_ONCE = 64

Progress = Callable[[str, int, int], None]
"""Told what is being done, of how many images it is done, and how many there are."""


@dataclass(frozen=True)
class CalibratedModel:
    """A model's description with its calibration, and what that was fitted on."""

    config: ModelConfig
    fitted: FittedCalibration
    problems: tuple[ImageProblem, ...]
    """Files that could not be used."""
    learned_from_these: bool
    """Whether the model was trained on the very same images."""


def calibrate_classifier(
    classifier: ToolClassifier,
    path: Path,
    *,
    method: Method = "auto",
    shares: Mapping[str, float] | None = None,
    group_regex: str | None = None,
    field_of_view_finder: FieldOfViewFinder | None = None,
    progress: Progress | None = None,
) -> CalibratedModel:
    """Fit a calibration of ``classifier`` on a folder of class folders or a label table.

    ``shares`` are those of tools in the frames to be annotated. ``field_of_view_finder`` is needed
    for a model that crops, and not used for another.

    Raises:
        DatasetError: no images, classes that the model does not know, or none that says what a
            share is to be corrected from.
        ValueError: the method or a share is impossible for this model, or it crops and there is no
            finder.
    """
    config = classifier.config
    require_possible_method(method, head=config.head)
    require_possible_shares(shares or {}, config=config)
    finder = chosen_finder(field_of_view_finder, crops=config.crops_field_of_view)
    # Validation images are what a calibration is for; a table may say which they are.
    listed = read_labelled_images(path, config, split="validation", group_regex=group_regex)
    images, fingerprint = _check(listed, progress or _ignore)
    if len(images) == 0:
        raise DatasetError(path, "no readable image")
    logits = _logits(classifier, cut_to_field_of_view(images, finder), progress or _ignore)
    fitted = fit_calibration(config, logits, images.labels, images.groups, method=method)
    try:
        fitted = with_target_shares(fitted, shares or {}, config=config)
    except ValueError as error:
        raise DatasetError(path, str(error)) from error
    fitted = dataclasses.replace(
        fitted, fit=dataclasses.replace(fitted.fit, dataset_sha256=fingerprint)
    )
    content = describe_calibration(fitted.calibration, fitted.fit, tools=config.tools)
    return CalibratedModel(
        config=dataclasses.replace(config, calibration=content),
        fitted=fitted,
        problems=images.problems,
        learned_from_these=config.training.get("dataset_sha256") == fingerprint,
    )


def require_apart(out: Path, model: Path) -> None:
    """Refuse a place inside the model folder: the copy would hold itself.

    Raises:
        ClassifierError: it lies there.
    """
    if model.resolve() in out.resolve().parents:
        raise ClassifierError(out, f"lies inside {model}", hint="name a folder beside it")


def write_calibrated_folder(source: ModelFolder, out: Path, config: ModelConfig) -> None:
    """Copy the model folder with ``config`` as its description: whole, or not at all.

    Raises:
        ClassifierError: a file cannot be read, or ``out`` cannot be written.
    """
    require_apart(out, source.path)
    with new_folder(out) as folder:
        for entry in sorted(source.path.iterdir()):
            if entry.name == CONFIG_NAME or entry.name.startswith("."):
                continue
            if entry.is_dir():
                shutil.copytree(entry, folder / entry.name, symlinks=True)
            elif entry.is_file():
                shutil.copyfile(entry, folder / entry.name)
        write_config(folder, config)


def _check(images: Dataset, progress: Progress) -> tuple[Dataset, str]:
    n_checked = 0

    def count(n: int) -> None:
        nonlocal n_checked
        n_checked += n
        progress("checking images", n_checked, len(images))

    return check_images(images, progress=count)


def _ignore(*_: object) -> None:
    pass


def _logits(classifier: ToolClassifier, images: Dataset, progress: Progress) -> NDArray[np.float32]:
    """(n, n_outputs); images pass in handfuls, so that memory does not grow with the dataset."""
    size_px, rule = classifier.input_size_px, classifier.resize_rule
    answers: list[NDArray[Any]] = []
    for start in range(0, len(images), _N_AT_ONCE):
        stop = min(start + _N_AT_ONCE, len(images))
        read = [images.read(row, size_px=size_px, resize_rule=rule) for row in range(start, stop)]
        answers.append(classifier.predict_logits(np.stack(read)))
        progress("judging images", stop, len(images))
    return np.concatenate(answers)
