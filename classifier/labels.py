"""Where labels come from: class folders, or a table with one 0/1 column a tool."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from classifier.config import BACKGROUND_NAMES
from classifier.dataset import Dataset, ImageProblem
from classifier.errors import DatasetError
from classifier.images import IMAGE_SUFFIXES

__all__ = ["find_split", "is_table", "read_class_folders", "read_table"]

# Columns of a label table that are about the image and not about a tool.
_NOT_TOOLS = frozenset({"image", "video", "patient", "second", "time_s", "pts_s", "frame", "phase"})
# Names that a timeline's own columns have.
_RESERVED = frozenset({"second", "time_s", "n_frames", "flag"})


def is_table(path: Path) -> bool:
    """Whether ``path`` names a label table rather than class folders."""
    return path.is_file() or _table_in(path) is not None


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
    column = {_key(name): k for k, name in enumerate(tools + empty)}
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


def read_table(path: Path, *, classes: Sequence[str] | None = None) -> Dataset:
    """Read ``image,<tool>,<tool>,...`` with 0/1 cells; image paths are relative to the table.

    Columns named video, patient, second, time_s, pts_s, frame or phase are about the image and not
    tools; ``video`` says which images belong together. ``classes`` fixes the columns' order.

    Raises:
        DatasetError: no table, no image or tool columns, or a cell that is neither 0 nor 1.
    """
    table = path if path.is_file() else _table_in(path)
    if table is None:
        raise DatasetError(path, "no label table", hint="labels.csv is expected there")
    header, records = _read_csv(table)
    tools = tuple(name for name in header if name.casefold() not in _NOT_TOOLS)
    if "image" not in header or not tools:
        raise DatasetError(
            table, "the header is not image,<tool>,...", hint=f"it reads {','.join(header)[:80]}"
        )
    if classes is not None:
        missing = sorted(set(classes) - set(tools))
        if missing:
            raise DatasetError(table, f"no column for {', '.join(missing)}")
        tools = tuple(classes)
    for name in tools:
        _require_usable_name(table, name)
    labels = np.zeros((len(records), len(tools)), dtype=np.float32)
    for i, record in enumerate(records):
        for k, tool in enumerate(tools):
            if record[tool] not in {"0", "1"}:
                raise DatasetError(
                    table, f"line {i + 2}, column {tool}: 0 or 1 is expected, not {record[tool]!r}"
                )
            labels[i, k] = record[tool] == "1"
    videos = tuple(record["video"] for record in records) if "video" in header else None
    return Dataset(
        source=table,
        paths=tuple(table.parent / record["image"] for record in records),
        labels=labels,
        tools=tools,
        videos=videos,
    )


def _table_in(folder: Path) -> Path | None:
    table = folder / "labels.csv"
    return table if table.is_file() else None


def _read_csv(table: Path) -> tuple[list[str], list[dict[str, str]]]:
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            header = list(reader.fieldnames or [])
            records = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(table, f"cannot be read as a CSV table in UTF-8 ({error})") from error
    if len(set(header)) != len(header):
        raise DatasetError(table, "two columns have the same name")
    for i, record in enumerate(records):
        if None in record or None in record.values():
            raise DatasetError(table, f"line {i + 2} does not have {len(header)} cells")
    if not records:
        raise DatasetError(table, "the table has no rows")
    return header, records


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
            _require_usable_name(child, child.name.strip())
            found.setdefault(_key(child.name), []).append(child)
    if not found:
        raise DatasetError(folder, "no class folders", hint="one folder a tool is expected there")
    return dict(sorted(found.items()))


def _columns(
    found: dict[str, list[Path]], classes: Sequence[str] | None, background: Sequence[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of the tools and of the background classes, each in the order of its columns."""
    names = classes if classes is not None else [_spelling(folders) for folders in found.values()]
    empty = {_key(name) for name in background}
    return (
        tuple(name for name in names if _key(name) not in empty),
        tuple(name for name in names if _key(name) in empty),
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


def _require_usable_name(path: Path, name: str) -> None:
    if not name or not name.isprintable():
        raise DatasetError(path, "a tool's name must be printable text", hint="rename it")
    if name.casefold() in _RESERVED:
        raise DatasetError(path, f"{name!r} is the name of a timeline's own column", hint="rename")


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", name).strip().casefold()


def _spelling(folders: list[Path]) -> str:
    return unicodedata.normalize("NFC", folders[0].name).strip()
