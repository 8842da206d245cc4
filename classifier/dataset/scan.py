"""A whole dataset looked at before anything learns from it: what is there, and what is wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from classifier.config import BACKGROUND_NAMES
from classifier.dataset.class_folders import JudgedSplit, dataset_of, find_split, judge_split
from classifier.dataset.decoding import MAX_PIXELS
from classifier.dataset.findings import Finding, Severity
from classifier.dataset.folder_listing import list_split
from classifier.dataset.inspection import InspectedImage, inspect_images
from classifier.dataset.names import name_key
from classifier.dataset.record import Dataset
from classifier.dataset.repeated_images import find_repeated, find_shared_groups
from classifier.dataset.table import is_table, read_table, splits_of_table
from classifier.errors import DatasetError

__all__ = ["SPLITS", "ScanReport", "SplitCounts", "require_trainable", "scan_dataset"]

SPLITS = ("train", "validation", "test")
"""Folders of a dataset, in any letter case."""

TABLE = "all"
"""What the images of a table are called where it does not part them."""


@dataclass(frozen=True)
class SplitCounts:
    """How many images a split has."""

    split: str
    n_listed: int
    """Files taken for images."""
    n_usable: int
    counts: Mapping[str, int]
    """Usable images that show each class."""


@dataclass(frozen=True)
class ScanReport:
    """What a dataset holds, and what is wrong with it."""

    dataset: Path
    classes: tuple[str, ...]
    """Names of all classes of all splits, tools first, as the first split spells them."""
    splits: tuple[SplitCounts, ...]
    findings: tuple[Finding, ...]
    inspected: Mapping[Path, InspectedImage] = field(repr=False)
    """Every listed image by its path, so that training need not read it again."""

    @property
    def faults(self) -> tuple[Finding, ...]:
        """Where the dataset contradicts itself: training stops."""
        return tuple(finding for finding in self.findings if finding.stops_training)

    @property
    def counts(self) -> dict[Severity, int]:
        """How many findings there are of each severity."""
        found = Counter(finding.severity for finding in self.findings)
        severities: tuple[Severity, ...] = ("error", "warning", "skipped", "note")
        return {severity: found[severity] for severity in severities}

    def has_faults(self, *, strict: bool = False) -> bool:
        """Whether anything cannot be used; ``strict``: or is worth a warning."""
        counts = self.counts
        return counts["error"] > 0 or (strict and counts["warning"] > 0)


def scan_dataset(
    dataset: Path,
    *,
    background: Sequence[str] = BACKGROUND_NAMES,
    max_pixels: int = MAX_PIXELS,
    allow_empty: bool = False,
    regroup: Callable[[Dataset], Dataset] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> ScanReport:
    """Check every file of ``dataset/{train,validation,test}/<tool>/`` or of a label table.

    Each image is read and decoded once, in threads. ``regroup`` says which recording or patient
    the images of a split are of, where the dataset itself does not; ``progress`` is told how many
    images are done, and of how many.

    Raises:
        DatasetError: there is no dataset, or a table that cannot be read.
        ValueError: ``max_pixels`` is more than is ever decoded.
    """
    if not 1 <= max_pixels <= MAX_PIXELS:
        raise ValueError(f"max_pixels must be from 1 to {MAX_PIXELS}, got {max_pixels}")
    listed = _list(dataset, background, allow_empty=allow_empty)
    splits = {
        split: regroup(images) if regroup is not None else images
        for split, images in listed.splits.items()
    }
    paths = [path for images in splits.values() for path in images.paths]
    n_done = 0

    def count(n: int) -> None:
        nonlocal n_done
        n_done += n
        if progress is not None:
            progress(n_done, n_images)

    n_images = len(set(paths))
    inspected = inspect_images(paths, max_pixels=max_pixels, progress=count)
    counts = tuple(_counts(split, images, inspected) for split, images in splits.items())
    findings = [
        *listed.findings,
        *(finding for image in inspected.values() for finding in image.findings),
        *_class_findings(splits, counts, listed.folders),
        *find_repeated(splits, inspected),
        *find_shared_groups(splits),
    ]
    return ScanReport(
        dataset=dataset,
        classes=_all_classes(splits),
        splits=counts,
        findings=tuple(findings),
        inspected=inspected,
    )


def require_trainable(report: ScanReport, *, strict: bool = False) -> None:
    """Refuse to learn from a dataset that contradicts itself.

    Bad files are left out and leakage is only told, unless ``strict``: then neither may be.

    Raises:
        DatasetError: with the first finding, and how many more there are.
    """
    severities = {"error", "warning"}
    found = report.faults
    if strict:
        found = tuple(finding for finding in report.findings if finding.severity in severities)
    if found:
        others = f" (and {len(found) - 1} more findings)" if len(found) > 1 else ""
        raise DatasetError(
            found[0].path, found[0].message + others, hint="`dataset scan` lists what is wrong"
        )


@dataclass(frozen=True, eq=False)
class _Listed:
    """What is there, before any image is opened."""

    splits: dict[str, Dataset]
    findings: list[Finding]
    folders: dict[tuple[str, str], Path]
    """The (first) folder of a split's class, by the split and the key of the class's name."""


def _list(dataset: Path, background: Sequence[str], *, allow_empty: bool) -> _Listed:
    if is_table(dataset):
        names = splits_of_table(dataset)
        parts = {split: read_table(dataset, split=split) for split in SPLITS if split in names}
        return _Listed(parts or {TABLE: read_table(dataset)}, [], {})
    found = {split: find_split(dataset, split) for split in SPLITS}
    folders = {split: folder for split, folder in found.items() if folder is not None}
    if not folders:
        raise DatasetError(
            dataset,
            "no train folder and no labels.csv",
            hint="put images into train/<tool>/*.jpg and test/<tool>/*.jpg",
        )
    listed = _Listed({}, _beside(dataset, list(folders.values())), {})
    if "train" not in folders:
        listed.findings.append(Finding("no_train", dataset, "no train folder"))
    for split, folder in folders.items():
        judged = judge_split(list_split(folder), allow_empty=allow_empty)
        listed.findings.extend(judged.findings)
        _take(listed, split, judged, background)
    return listed


def _take(listed: _Listed, split: str, judged: JudgedSplit, background: Sequence[str]) -> None:
    try:
        listed.splits[split] = dataset_of(judged, background=background)
    except DatasetError as error:
        kind = "no_train" if split == "train" else "empty_class"
        listed.findings.append(Finding(kind, judged.folder, error.cause))
        return
    if split == "train" and len(listed.splits[split].classes) < 2:
        (name,) = listed.splits[split].classes
        cause = f"one class only ({name}): there is nothing to tell apart"
        listed.findings.append(Finding("no_train", judged.folder, cause))
    for key, folders in judged.classes.items():
        listed.folders[split, key] = folders[0].path


def _beside(dataset: Path, folders: Sequence[Path]) -> list[Finding]:
    return [
        Finding("not_a_class", path, f"beside {', '.join(folder.name for folder in folders)}")
        for path in sorted(dataset.iterdir())
        if path not in folders
    ]


def _counts(split: str, images: Dataset, inspected: Mapping[Path, InspectedImage]) -> SplitCounts:
    usable = [row for row, path in enumerate(images.paths) if inspected[path].file is not None]
    shown = (images.labels[usable] == 1).sum(axis=0)
    return SplitCounts(
        split=split,
        n_listed=len(images),
        n_usable=len(usable),
        counts=dict(zip(images.classes, map(int, shown), strict=True)),
    )


def _class_findings(
    splits: Mapping[str, Dataset],
    counts: Sequence[SplitCounts],
    folders: Mapping[tuple[str, str], Path],
) -> Iterator[Finding]:
    """Classes without or with a single usable image, and those that not every split shows."""
    of = {split.split: {name_key(name): n for name, n in split.counts.items()} for split in counts}
    for split in counts:
        for name in split.counts:
            folder = folders.get((split.split, name_key(name)))
            path = folder if folder is not None else splits[split.split].source
            for kind, text in _about_class(name, split.split, of, has_folder=folder is not None):
                yield Finding(kind, path, text, split.split)


def _about_class(
    name: str, split: str, of: Mapping[str, Mapping[str, int]], *, has_folder: bool
) -> Iterator[tuple[str, str]]:
    """Kinds of what is to be said of one class in one split, and the words."""
    n_images = {other: counts.get(name_key(name), 0) for other, counts in of.items()}
    is_learned_from = split in {"train", TABLE}
    if n_images[split] == 0:
        if is_learned_from or has_folder:
            yield "empty_class", f"no usable image shows {name!r}; add images or remove the class"
        return
    if not is_learned_from:
        if n_images.get("train") == 0:
            yield "only_in_test", f"{name!r} is in {split} and not in train: no model can know it"
        return
    if n_images[split] == 1:
        yield "single_image", f"one image shows {name!r}: too few to learn from and to validate on"
    if len(of) > 1 and sum(n_images.values()) == n_images[split]:
        yield "only_in_train", f"{name!r} is in train only: no metric will say how it is found"


def _all_classes(splits: Mapping[str, Dataset]) -> tuple[str, ...]:
    tools: dict[str, str] = {}
    background: dict[str, str] = {}
    for images in splits.values():
        for names, into in ((images.tools, tools), (images.background, background)):
            for name in names:
                into.setdefault(name_key(name), name)
    return (*tools.values(), *background.values())
