"""What is wrong with a dataset, or worth knowing of it: one record a finding."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

__all__ = ["KINDS", "Finding", "Kind", "Severity"]

Severity = Literal["error", "warning", "skipped", "note"]
"""``error``: the file or the dataset cannot be used as it is; ``warning``: it can, but what is
learned or measured may be worth less; ``skipped``: no image, and not counted as one; ``note``: used
in a way that one may want to know."""


@dataclass(frozen=True)
class Kind:
    """One sort of finding: how bad it is, what it concerns, and its heading in a list."""

    severity: Severity
    heading: str
    concerns_dataset: bool = False
    """Whether it speaks of classes, labels or splits; if it is an error too, training stops."""


KINDS: dict[str, Kind] = {
    "unusable_name": Kind("error", "class names that no table can hold", concerns_dataset=True),
    "name_clash": Kind("error", "class folders with the same name", concerns_dataset=True),
    "empty_class": Kind("error", "classes without a usable image", concerns_dataset=True),
    "only_in_test": Kind("error", "classes that training does not show", concerns_dataset=True),
    "label_conflict": Kind("error", "the same image with other labels", concerns_dataset=True),
    "no_train": Kind("error", "nothing to learn from", concerns_dataset=True),
    "unreadable": Kind("error", "files that cannot be read"),
    "empty": Kind("error", "empty files"),
    "damaged": Kind("error", "damaged images"),
    "too_large": Kind("error", "images that are too large"),
    "not_an_image": Kind("error", "files named like images that are none"),
    "not_supported": Kind("error", "images that are not read"),
    "leak": Kind("warning", "the same image in two splits", concerns_dataset=True),
    "near_leak": Kind("warning", "nearly the same image in two splits", concerns_dataset=True),
    "shared_video": Kind("warning", "recordings in two splits", concerns_dataset=True),
    "shared_patient": Kind("warning", "patients in two splits", concerns_dataset=True),
    "near_label_conflict": Kind(
        "warning", "nearly the same image with other labels", concerns_dataset=True
    ),
    "merged_class": Kind("warning", "folders learned as one class", concerns_dataset=True),
    "blank_in_name": Kind("warning", "blanks around a class name", concerns_dataset=True),
    "formula_name": Kind(
        "warning", "class names that a spreadsheet would run", concerns_dataset=True
    ),
    "left_out_class": Kind("warning", "empty classes left out", concerns_dataset=True),
    "only_in_train": Kind("warning", "classes that nothing is tested on", concerns_dataset=True),
    "single_image": Kind("warning", "classes with a single image", concerns_dataset=True),
    "tiny": Kind("warning", "tiny images"),
    "animated": Kind("warning", "files with several pictures, of which the first is used"),
    "stranger": Kind("skipped", "files that are no images"),
    "not_a_class": Kind("skipped", "files and folders that are no class folders"),
    "hidden": Kind("skipped", "hidden files"),
    "linked_folder": Kind("skipped", "links to folders, which are not followed"),
    "suffix": Kind("note", "files in another format than their names say"),
    "rotated": Kind("note", "images turned as their EXIF data ask for"),
    "cmyk": Kind("note", "CMYK images, converted to RGB"),
    "deep": Kind("note", "images of more than 8 bits a channel, scaled to 8"),
    "nested": Kind("note", "images in sub-folders, which belong to the class folder above"),
    "duplicate": Kind("note", "the same image twice in a split"),
    "near_duplicates": Kind("note", "images that look alike within a split"),
}
"""Every kind of finding, the worst first."""


@dataclass(frozen=True)
class Finding:
    """One thing found, and the file or folder that it was found of."""

    kind: str
    """A key of ``KINDS``."""
    path: Path
    message: str
    split: str | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"no such kind of finding: {self.kind!r}")

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        return KINDS[self.kind].severity

    @property
    def stops_training(self) -> bool:
        """Whether the dataset contradicts itself; a bad file is only left out."""
        kind = KINDS[self.kind]
        return kind.severity == "error" and kind.concerns_dataset
