"""Labels from class folders: one folder a tool, one tool an image."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from classifier.config import BACKGROUND_NAMES
from classifier.dataset.images import IMAGE_SUFFIXES
from classifier.dataset.names import name_key, require_usable_name, spelling_of
from classifier.dataset.record import Dataset, ImageProblem
from classifier.errors import DatasetError

__all__ = ["find_split", "read_class_folders"]


def find_split(dataset: Path, split: str) -> Path | None:
    """Find ``dataset/<split>`` in any letter case, or None."""
    if not dataset.is_dir():
        raise DatasetError(
            dataset,
            "no such dataset folder" if not dataset.exists() else "not a folder",
            hint="a dataset holds train/<tool>/*.jpg and test/<tool>/*.jpg, or is a label table",
        )
    matches = [child for child in sorted(dataset.iterdir()) if child.name.casefold() == split]
    return next((child for child in matches if child.is_dir()), None)


def read_class_folders(
    folder: Path,
    *,
    classes: Sequence[str] | None = None,
    background: Sequence[str] = BACKGROUND_NAMES,
) -> Dataset:
    """List ``folder/<class>/**`` as a dataset in which each image shows one class.

    Class names are compared without letter case, in Unicode NFC. ``classes`` fixes the columns and
    their order (a model's, for judging it); otherwise they are the folders' names in alphabetical
    order, tools first. Hidden files are passed over; files that are no images are listed as
    problems.

    Raises:
        DatasetError: no class folders, an empty one, or one that ``classes`` does not know.
    """
    found = _class_folders(folder)
    tools, empty = _columns(found, classes, background)
    if not tools:
        raise DatasetError(folder, "no folder of a tool", hint="one folder a tool is needed")
    column = {name_key(name): k for k, name in enumerate(tools + empty)}
    paths: list[Path] = []
    rows: list[int] = []
    problems: list[ImageProblem] = []
    for name, folders in found.items():
        if name not in column:
            raise DatasetError(
                folders[0],
                "no such class among those learned",
                hint=f"known are {', '.join(tools + empty)}",
            )
        for class_folder in folders:
            images, strangers = _images_below(class_folder)
            paths += images
            rows += [column[name]] * len(images)
            problems += strangers
    labels = np.eye(len(column), dtype=np.float32)[np.array(rows, dtype=np.int64)]
    return Dataset(
        source=folder,
        paths=tuple(paths),
        labels=labels,
        tools=tools,
        background=empty,
        problems=tuple(problems),
    )


def _class_folders(folder: Path) -> dict[str, list[Path]]:
    """Class folders by their name's key, in its order; letter case makes no other class."""
    if not folder.is_dir():
        raise DatasetError(
            folder,
            "no such folder",
            hint="a dataset holds train/<tool>/*.jpg and test/<tool>/*.jpg",
        )
    found: dict[str, list[Path]] = {}
    for child in sorted(folder.iterdir()):
        if child.is_dir() and not child.name.startswith("."):
            require_usable_name(child, child.name.strip())
            found.setdefault(name_key(child.name), []).append(child)
    if not found:
        raise DatasetError(folder, "no class folders", hint="one folder a tool is expected there")
    return dict(sorted(found.items()))


def _columns(
    found: dict[str, list[Path]], classes: Sequence[str] | None, background: Sequence[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of the tools and of the background classes, each in the order of its columns."""
    names = classes if classes is not None else [spelling_of(folders) for folders in found.values()]
    empty = {name_key(name) for name in background}
    return (
        tuple(name for name in names if name_key(name) not in empty),
        tuple(name for name in names if name_key(name) in empty),
    )


def _images_below(class_folder: Path) -> tuple[list[Path], list[ImageProblem]]:
    images: list[Path] = []
    strangers: list[ImageProblem] = []
    for path in _files_below(class_folder):
        if path.suffix.casefold() in IMAGE_SUFFIXES:
            images.append(path)
        else:
            strangers.append(ImageProblem(path, "not an image file"))
    if not images:
        raise DatasetError(
            class_folder, "no images in this class", hint="add images or remove the folder"
        )
    return images, strangers


def _files_below(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden:
            yield path
