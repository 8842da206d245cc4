"""Images that are there twice: within a split, across splits, and with contradicting labels."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classifier.dataset.findings import Finding
from classifier.dataset.inspection import InspectedImage
from classifier.dataset.names import name_key
from classifier.dataset.record import Dataset
from classifier.dataset.similarity import near_pairs

__all__ = ["find_repeated", "find_shared_groups"]


@dataclass(frozen=True, eq=False)
class _Place:
    """One usable image where it stands: in which split, with which labels."""

    split: str
    order: int
    """Of the split: what is learned from comes first."""
    path: Path
    name: str
    """The path from the dataset's folder."""
    labels: Mapping[str, bool | None]
    """By the key of each class's name, None where it is not known; background classes too."""
    sha256: str
    thumbnail: NDArray[np.uint8]


def find_repeated(
    splits: Mapping[str, Dataset], inspected: Mapping[Path, InspectedImage]
) -> list[Finding]:
    """Name images that are byte for byte the same, or nearly the same picture.

    Across splits each is named (leakage), and so is each whose labels contradict another's. Within
    a split, frames that look alike are usual; they are counted.
    """
    places = list(_places(splits, inspected))
    by_content: dict[str, list[_Place]] = defaultdict(list)
    for place in places:
        by_content[place.sha256].append(place)
    findings = [
        finding for same in by_content.values() if len(same) > 1 for finding in _exact(same)
    ]
    return findings + _near([same[0] for same in by_content.values()])


def _places(
    splits: Mapping[str, Dataset], inspected: Mapping[Path, InspectedImage]
) -> Iterator[_Place]:
    for order, (split, dataset) in enumerate(splits.items()):
        for row, path in enumerate(dataset.paths):
            image = inspected[path]
            if image.file is None or image.thumbnail is None:
                continue
            labels = {
                name_key(name): None if np.isnan(label) else bool(label)
                for name, label in zip(dataset.classes, dataset.labels[row], strict=True)
            }
            name = _name(dataset.source.parent, path)
            yield _Place(split, order, path, name, labels, image.file.sha256, image.thumbnail)


def _name(folder: Path, path: Path) -> str:
    return (path.relative_to(folder) if path.is_relative_to(folder) else path).as_posix()


def _exact(same: Sequence[_Place]) -> Iterator[Finding]:
    """Findings of images with the same bytes.

    Of contradicting labels those that most have are taken for meant, and the others are named.
    """
    relation = "the same image as"
    labels = [frozenset(place.labels.items()) for place in same]
    meant = same[labels.index(Counter(labels).most_common(1)[0][0])]
    first_of: dict[str, _Place] = {}
    for place in same:
        if _contradict(meant, place):
            yield _finding("label_conflict", place, meant, relation)
        elif place.split in first_of:
            yield _finding("duplicate", place, first_of[place.split], relation)
        else:
            first_of[place.split] = place
        if place.split != same[0].split:
            yield _finding("leak", place, same[0], relation)


def _near(places: Sequence[_Place]) -> list[Finding]:
    if not places:
        return []
    parts = np.array([place.order for place in places])
    pairs = near_pairs(np.stack([place.thumbnail for place in places]), parts)
    findings: dict[tuple[str, Path], Finding] = {}
    alike: dict[str, set[int]] = defaultdict(set)
    for i, j in pairs.tolist():
        # Splits come one after the other, so the later row is the one that should not be there.
        first, place = places[i], places[j]
        if place.split != first.split:
            kind = "near_leak"
        elif _contradict(first, place):
            kind = "near_label_conflict"
        else:
            alike[place.split] |= {i, j}
            continue
        findings.setdefault((kind, place.path), _finding(kind, place, first, "looks like"))
    return [*findings.values(), *_counted(places, alike)]


def _counted(places: Sequence[_Place], alike: Mapping[str, set[int]]) -> Iterator[Finding]:
    for split, rows in alike.items():
        first = places[min(rows)]
        yield Finding(
            "near_duplicates",
            first.path,
            f"this and {len(rows) - 1} other images of its split look like another one there",
            split,
        )


def _finding(kind: str, place: _Place, other: _Place, relation: str) -> Finding:
    message = f"{relation} {other.name}"
    if "conflict" in kind:
        message += f"; this is labelled {_shown(place)}, that {_shown(other)}"
    return Finding(kind, place.path, message, place.split)


def _shown(place: _Place) -> str:
    return " + ".join(name for name, is_shown in place.labels.items() if is_shown) or "no tool"


def _contradict(a: _Place, b: _Place) -> bool:
    """Whether one shows a class that the other is known not to show."""
    return any(
        None not in (shown := {a.labels.get(name, False), b.labels.get(name, False)})
        and len(shown) > 1
        for name in a.labels.keys() | b.labels.keys()
    )


def find_shared_groups(splits: Mapping[str, Dataset]) -> Iterator[Finding]:
    """Name recordings and patients that more than one split shows."""
    patients = {split: dataset.patients for split, dataset in splits.items()}
    videos = {split: dataset.videos for split, dataset in splits.items()}
    for kind, what, groups in (
        ("shared_patient", "patient", patients),
        ("shared_video", "recording", videos),
    ):
        for name, n_images in _counts(groups).items():
            if len(n_images) > 1:
                last = list(n_images)[-1]
                where = " and ".join(f"{split} ({n})" for split, n in n_images.items())
                yield Finding(
                    kind, splits[last].source, f"{what} {name} has images in {where}", last
                )


def _counts(groups: Mapping[str, Iterable[str] | None]) -> dict[str, Counter[str]]:
    """How many images of each group each split has; of unknown ones nothing."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for split, names in groups.items():
        for name in names or ():
            if name != "":
                counts[name][split] += 1
    return counts
