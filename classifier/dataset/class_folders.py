"""Labels from class folders: one folder a tool, one tool an image."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from classifier.config import BACKGROUND_NAMES
from classifier.dataset.findings import KINDS, Finding
from classifier.dataset.folder_listing import ClassFolder, SplitListing, list_split
from classifier.dataset.names import (
    begins_like_a_formula,
    name_key,
    normal_name,
    spelling_of,
    why_unusable,
)
from classifier.dataset.record import Dataset, ImageProblem
from classifier.errors import DatasetError

__all__ = ["JudgedSplit", "dataset_of", "find_split", "judge_split", "read_class_folders"]


def find_split(dataset: Path, split: str) -> Path | None:
    """Find ``dataset/<split>`` in any letter case, or None; ``val`` is validation too."""
    if not dataset.is_dir():
        raise DatasetError(
            dataset,
            "no such dataset folder" if not dataset.exists() else "not a folder",
            hint="a dataset holds train/<tool>/*.jpg and test/<tool>/*.jpg, or is a label table",
        )
    names = {split, "val"} if split == "validation" else {split}
    matches = [child for child in sorted(dataset.iterdir()) if child.name.casefold() in names]
    return next((child for child in matches if child.is_dir()), None)


def read_class_folders(
    folder: Path,
    *,
    classes: Sequence[str] | None = None,
    background: Sequence[str] = BACKGROUND_NAMES,
    allow_empty: bool = False,
) -> Dataset:
    """List ``folder/<class>/**`` as a dataset in which each image shows one class.

    Class names are compared without letter case, in Unicode NFC. ``classes`` fixes the columns and
    their order (a model's, for judging it); otherwise they are the folders' names in alphabetical
    order, tools first. Sub-folders belong to the class folder above. Hidden files are passed over;
    files that are no images are listed as problems. ``allow_empty`` leaves out classes without
    images.

    Raises:
        DatasetError: no class folders, an empty one, one whose name cannot be used or is another's
            too, or one that ``classes`` does not know.
    """
    judged = judge_split(list_split(folder), allow_empty=allow_empty)
    for finding in judged.findings:
        if finding.stops_training:
            cause, _, hint = finding.message.partition("; ")
            raise DatasetError(finding.path, cause, hint=hint or None)
    return dataset_of(judged, classes=classes, background=background)


@dataclass(frozen=True)
class JudgedSplit:
    """The class folders of a split that can be used, by their names' keys, and what is wrong."""

    folder: Path
    classes: dict[str, list[ClassFolder]]
    """In the order of the keys; several folders of one class differ in letter case or blanks."""
    findings: tuple[Finding, ...]


def judge_split(listing: SplitListing, *, allow_empty: bool = False) -> JudgedSplit:
    """Sort out class folders whose names cannot be used, that clash, or that are empty."""
    findings: list[Finding] = [*listing.findings]
    usable: list[ClassFolder] = []
    names = [folder.path.name for folder in listing.classes]
    for folder in listing.classes:
        findings += folder.findings
        faults = _faults(folder, names, allow_empty=allow_empty)
        findings += faults
        if not any(KINDS[finding.kind].severity == "error" for finding in faults) and folder.images:
            usable.append(folder)
    classes: dict[str, list[ClassFolder]] = {}
    for folder in usable:
        classes.setdefault(name_key(folder.path.name), []).append(folder)
    findings += [finding for folders in classes.values() for finding in _merged(folders)]
    return JudgedSplit(listing.folder, dict(sorted(classes.items())), tuple(findings))


def dataset_of(
    judged: JudgedSplit,
    *,
    classes: Sequence[str] | None = None,
    background: Sequence[str] = BACKGROUND_NAMES,
) -> Dataset:
    """The images of the class folders that can be used, as ``read_class_folders`` returns them.

    Raises:
        DatasetError: there are none, or one that ``classes`` does not know.
    """
    folder = judged.folder
    if not judged.classes:
        raise DatasetError(folder, "no class folders", hint="one folder a tool is expected there")
    tools, empty = _columns(judged.classes, classes, background)
    if not tools:
        raise DatasetError(folder, "no folder of a tool", hint="one folder a tool is needed")
    column = {name_key(name): k for k, name in enumerate(tools + empty)}
    paths: list[Path] = []
    rows: list[int] = []
    for name, folders in judged.classes.items():
        if name not in column:
            raise DatasetError(
                folders[0].path,
                "no such class among those learned",
                hint=f"known are {', '.join(tools + empty)}",
            )
        for class_folder in folders:
            paths += class_folder.images
            rows += [column[name]] * len(class_folder.images)
    return Dataset(
        source=folder,
        paths=tuple(paths),
        labels=np.eye(len(column), dtype=np.float32)[np.array(rows, dtype=np.int64)],
        tools=tools,
        background=empty,
        problems=tuple(
            ImageProblem(finding.path, finding.message)
            for finding in judged.findings
            if finding.kind in _PROBLEMS
        ),
    )


# Passed over where images were expected; what is hidden was not meant to be one.
_PROBLEMS = frozenset({"stranger", "unreadable", "not_supported"})


def _faults(folder: ClassFolder, names: Sequence[str], *, allow_empty: bool) -> list[Finding]:
    """What is wrong with one class folder; errors mean that it cannot be used."""
    path, name = folder.path, normal_name(folder.path.name)
    cause = why_unusable(name, (other for other in names if other != path.name))
    if cause is not None:
        return [Finding("unusable_name", path, f"{cause}; rename it")]
    twin = _twin(path.name, names)
    if twin is not None:
        return [
            Finding(
                "name_clash",
                path,
                f"{name!r} is the name of two folders, which differ only in how Unicode writes it; "
                "put their images into one",
            )
        ]
    if not folder.images and not allow_empty:
        return [
            Finding("empty_class", path, "no images in this class; add images or remove the folder")
        ]
    findings = []
    if not folder.images:
        findings.append(Finding("left_out_class", path, "no images in this class; left out"))
    if path.name != path.name.strip():
        findings.append(Finding("blank_in_name", path, f"taken for {name!r}; rename it"))
    if begins_like_a_formula(name):
        findings.append(Finding("formula_name", path, "tables write an apostrophe before it"))
    return findings


def _twin(name: str, names: Sequence[str]) -> str | None:
    """Another folder's name that is the same text in other code points, if this is to yield to it.

    Of two such folders the one whose name is in NFC already stays.
    """
    normal = unicodedata.normalize("NFC", name)
    twins = [
        other for other in names if other != name and unicodedata.normalize("NFC", other) == normal
    ]
    if not twins or name == normal:
        return None
    return normal if normal in twins else next((t for t in twins if t < name), None)


def _merged(folders: Sequence[ClassFolder]) -> list[Finding]:
    """Of several folders of one class, all but that with the most images are named."""
    largest = max(folders, key=lambda folder: len(folder.images))
    name = spelling_of([folder.path for folder in folders])
    return [
        Finding(
            "merged_class",
            folder.path,
            f"learned as one class with {largest.path.name!r}, as {name!r}: letter case "
            "and outer blanks make no other class",
        )
        for folder in folders
        if folder is not largest
    ]


def _columns(
    found: dict[str, list[ClassFolder]], classes: Sequence[str] | None, background: Sequence[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of the tools and of the background classes, each in the order of its columns."""
    spelt = [spelling_of([folder.path for folder in folders]) for folders in found.values()]
    names = classes if classes is not None else spelt
    empty = {name_key(name) for name in background}
    return (
        tuple(name for name in names if name_key(name) not in empty),
        tuple(name for name in names if name_key(name) in empty),
    )
