"""From a dataset on disk to the images that one training learns from and validates on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from classifier.config import BACKGROUND_NAMES
from classifier.dataset.checking import CheckedFile, check_images, checked_files
from classifier.dataset.class_folders import find_split, read_class_folders
from classifier.dataset.field_of_view import FieldOfViewFinder, cut_to_field_of_view
from classifier.dataset.findings import Finding
from classifier.dataset.groups import suggest_group_regex, with_groups
from classifier.dataset.lock import DatasetLock, lock_dataset
from classifier.dataset.record import Dataset
from classifier.dataset.scan import ScanReport, require_trainable, scan_dataset
from classifier.dataset.splits import kept_together, split_validation
from classifier.dataset.table import is_table, read_table, splits_of_table
from classifier.errors import DatasetError
from classifier.head import Head
from classifier.training.progress import ImagesChecked

if TYPE_CHECKING:
    from classifier.training.settings import TrainingSettings

__all__ = ["DatasetOptions", "PreparedImages", "prepare_images", "read_training_images"]


@dataclass(frozen=True)
class DatasetOptions:
    """What a person may say about a dataset that its files do not say themselves."""

    background: tuple[str, ...] = BACKGROUND_NAMES
    """Class folders that show no tool."""
    classes: tuple[str, ...] | None = None
    """The tools, in the order of the model's columns; None for the dataset's own."""
    group_regex: str | None = None
    """A pattern that finds the recording or the patient in a file's name."""
    strict: bool = False
    """Whether a single bad file, or a warning, stops the training."""
    allow_empty: bool = False
    """Whether classes without images are left out."""


@dataclass(frozen=True, eq=False)
class PreparedImages:
    """What one training learns from, and what was found of it."""

    train: Dataset
    validation: Dataset
    split_by: str
    """What is on one side of the split alone: ``patient``, ``recording``, ``random frames``; or
    ``as given`` by the dataset itself."""
    fingerprint: str
    """SHA-256 over the images of both."""
    lock: DatasetLock
    findings: tuple[Finding, ...]
    """Leakage, duplicates and whatever else the scan had to say."""
    suggested_regex: str | None
    """A pattern that seems to find recordings in the names, where only frames could be split."""


def prepare_images(
    dataset: Path,
    settings: TrainingSettings,
    options: DatasetOptions,
    *,
    finder: FieldOfViewFinder | None = None,
    report: Callable[[ImagesChecked], None] | None = None,
) -> PreparedImages:
    """Scan a dataset, refuse it if it contradicts itself, and hold back images for validation.

    Each image is read once. Those of a ``validation`` folder, or of a table's ``split`` column, are
    what is held back; otherwise ``settings.validation_share`` of the training images.

    Raises:
        DatasetError: nothing can be learned from it.
    """
    scan = _scan(dataset, options, report)
    parts = {"train": read_training_images(dataset, settings.head, options)}
    own_validation = _read_split(dataset, "validation", parts["train"], options)
    if own_validation is not None:
        parts["validation"] = own_validation
    checked = {name: _usable(part, scan) for name, part in parts.items()}
    _require_examples(checked["train"])
    split_by: str = "as given"
    if own_validation is None:
        split_by, _ = kept_together(checked["train"])
        train, validation = split_validation(
            checked["train"], share=settings.validation_share, seed=settings.seed
        )
    else:
        train, validation = checked["train"], checked["validation"]
    lock = lock_dataset({"train": train, "validation": validation}, _files(checked, scan))
    no_groups = split_by == "random frames"
    return PreparedImages(
        train=cut_to_field_of_view(train, finder),
        validation=cut_to_field_of_view(validation, finder),
        split_by=split_by,
        fingerprint=lock.dataset_sha256,
        lock=lock,
        findings=scan.findings,
        suggested_regex=suggest_group_regex(checked["train"]) if no_groups else None,
    )


def read_training_images(
    dataset: Path, head: Head, options: DatasetOptions | None = None
) -> Dataset:
    """List the training images of ``dataset/train/<tool>/`` or of a label table.

    Raises:
        DatasetError: there are none, or too few classes for this head.
    """
    options = options if options is not None else DatasetOptions()
    if is_table(dataset) and head == "softmax":
        raise DatasetError(
            dataset,
            "a table can show several tools in a frame, a softmax head only one",
            hint="pass --head sigmoid",
        )
    images = _read_split(dataset, "train", None, options)
    if images is None:
        raise DatasetError(
            dataset,
            "no train folder and no labels.csv",
            hint="put images into train/<tool>/*.jpg and test/<tool>/*.jpg",
        )
    if not is_table(dataset) and len(images.classes) < 2:
        raise DatasetError(
            images.source,
            f"one class only ({images.classes[0]}); there is nothing to tell apart",
            hint="add a folder of another tool, or no_tool with empty frames",
        )
    return images


def _scan(
    dataset: Path, options: DatasetOptions, report: Callable[[ImagesChecked], None] | None
) -> ScanReport:
    regex = options.group_regex

    def show(n_checked: int, n_images: int) -> None:
        if report is not None:
            report(ImagesChecked(n_checked, n_images))

    scan = scan_dataset(
        dataset,
        background=options.background,
        allow_empty=options.allow_empty,
        regroup=None if regex is None else lambda images: with_groups(images, regex),
        progress=show,
    )
    require_trainable(scan, strict=options.strict)
    return scan


def _read_split(
    dataset: Path, split: str, like: Dataset | None, options: DatasetOptions
) -> Dataset | None:
    """The images of one split, or None; with the columns of ``like`` where that is given."""
    names: Sequence[str] | None = options.classes
    if is_table(dataset):
        if split != "train" and split not in splits_of_table(dataset):
            return None
        images = read_table(dataset, classes=like.tools if like else names, split=split)
    else:
        folder = find_split(dataset, split)
        if folder is None:
            return None
        if like is not None:
            names = like.classes
        elif names is not None:
            # A list of tools need not name the folders without any.
            names = (*names, *_background_in(folder, options))
        images = read_class_folders(
            folder, classes=names, background=options.background, allow_empty=options.allow_empty
        )
    return images if options.group_regex is None else with_groups(images, options.group_regex)


def _background_in(folder: Path, options: DatasetOptions) -> tuple[str, ...]:
    found = read_class_folders(
        folder, background=options.background, allow_empty=options.allow_empty
    )
    return found.background


def _usable(images: Dataset, scan: ScanReport) -> Dataset:
    checked, _ = check_images(images, inspected=scan.inspected)
    return checked


def _files(parts: dict[str, Dataset], scan: ScanReport) -> list[CheckedFile]:
    found = [file for part in parts.values() for file in checked_files(part, scan.inspected)]
    return [file for file in found if file is not None]


def _require_examples(images: Dataset) -> None:
    empty = [name for name, n in images.counts.items() if n == 0]
    if empty:
        raise DatasetError(
            images.source,
            f"no readable image shows {', '.join(empty)}",
            hint="add images or remove the class",
        )
