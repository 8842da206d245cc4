"""Labels from a table: one row an image, one column a tool; 0, 1, or ``?`` where nobody knows.

    image,video,grasper,hook
    a/1.jpg,case1,1,?

Image paths are relative to the table, or absolute, and may lead out of its folder: a table often
lies beside the frames it speaks of. That lets a stranger's table name any picture of this machine,
which then is decoded and learned from, and nothing more: nothing of it goes back to the stranger.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classifier.dataset.names import name_key, require_usable_name
from classifier.dataset.record import Dataset, ImageProblem
from classifier.errors import DatasetError

__all__ = ["is_table", "read_table", "splits_of_table"]

# Columns of a label table that are about the image and not about a tool.
_ABOUT_IMAGES = frozenset({"image", "video", "patient", "split"})
_NOT_TOOLS = _ABOUT_IMAGES | {"second", "time_s", "pts_s", "frame", "phase"}

_LABELS = {"0": 0.0, "1": 1.0, "0.0": 0.0, "1.0": 1.0, "?": np.nan}
"""pandas writes a column of 0, 1 and gaps with decimals."""

_SPLITS = {
    "train": "train",
    "validation": "validation",
    "val": "validation",
    "test": "test",
}
_MOST_BYTES = 512 << 20
_HINT = "expected are the columns image,<tool>,<tool>,... separated by commas"


def is_table(path: Path) -> bool:
    """Whether ``path`` names a label table rather than class folders."""
    return path.is_file() or _table_in(path) is not None


def read_table(
    path: Path, *, classes: Sequence[str] | None = None, split: str | None = None
) -> Dataset:
    """Read ``image,<tool>,<tool>,...`` with cells 0, 1, or ``?`` where it is unknown.

    Columns named video, patient, split, second, time_s, pts_s, frame or phase are about the image
    and not tools; ``video`` and ``patient`` say which images belong together, an empty cell there
    that nobody knows. ``classes`` fixes the columns and their order. ``split`` keeps the rows of
    ``train``, ``validation`` or ``test``; it changes nothing in a table without such a column, and
    None keeps all rows.

    An empty tool cell is refused: forgotten is not unknown. An image of which every tool is
    unknown teaches nothing, and is left out and listed as a problem.

    Raises:
        DatasetError: no table, a wrong header, or a row or cell that is not as said here; with the
            line and the column.
        ValueError: there is no such split.
    """
    if split is not None and split not in _SPLITS.values():
        raise ValueError(f"split is train, validation or test, got {split!r}")
    read = _read(_found(path))
    tools, columns = _tool_columns(read, classes)
    rows = _rows_of_split(read, split)
    labels = _labels(read, rows, tools, columns)
    images = _images(read)
    known = (~np.isnan(labels)).any(axis=1)
    if not known.any():
        raise DatasetError(read.table, "no image has a tool that is known to be there or not")
    kept = np.array(rows)[known].tolist()
    unknown = np.array(rows)[~known].tolist()
    videos, patients = read.texts("video"), read.texts("patient")
    _require_one_patient_each(read, videos, patients)
    return Dataset(
        source=read.table,
        paths=tuple(images[row] for row in kept),
        labels=labels[known],
        tools=tools,
        videos=_taken(videos, kept),
        patients=_taken(patients, kept),
        problems=tuple(ImageProblem(images[row], "every tool is unknown") for row in unknown),
    )


def splits_of_table(path: Path) -> frozenset[str]:
    """Which of train, validation and test the table's ``split`` column names; none without one.

    Raises:
        DatasetError: no table, or one whose header or splits are wrong.
    """
    return frozenset(_splits(_read(_found(path))) or ())


@dataclass(frozen=True)
class _Table:
    """A table's cells, as many in each row as in the header."""

    table: Path
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    """Of each row, the last of the file's lines that it stands on."""

    def column(self, name: str) -> int | None:
        """Where a column that is no tool's stands, in any letter case."""
        return next((k for k, text in enumerate(self.header) if text.casefold() == name), None)

    def texts(self, name: str) -> tuple[str, ...] | None:
        """The cells of such a column, None where it is not there."""
        k = self.column(name)
        return tuple(row[k].strip() for row in self.rows) if k is not None else None

    def wrong(self, row: int, column: str, cause: str, *, hint: str | None = None) -> DatasetError:
        """What is wrong with one cell, and where it stands."""
        return DatasetError(
            self.table, f"line {self.lines[row]}, column {column}: {cause}", hint=hint
        )


def _found(path: Path) -> Path:
    table = path if path.is_file() else _table_in(path)
    if table is None:
        raise DatasetError(path, "no label table", hint="labels.csv is expected there")
    return table


def _table_in(folder: Path) -> Path | None:
    table = folder / "labels.csv"
    return table if table.is_file() else None


def _read(table: Path) -> _Table:
    reader = csv.reader(io.StringIO(_text(table), newline=""), strict=True)
    try:
        numbered = [(reader.line_num, tuple(cells)) for cells in reader if cells]
    except csv.Error as error:
        raise DatasetError(table, f"line {reader.line_num}: is no CSV ({error})") from error
    if not numbered:
        raise DatasetError(table, "the table is empty", hint=_HINT)
    header = tuple(name.strip() for name in numbered[0][1])
    _require_header(table, header)
    for line, cells in numbered[1:]:
        if len(cells) != len(header):
            raise DatasetError(table, f"line {line} does not have {len(header)} cells")
    if len(numbered) == 1:
        raise DatasetError(table, "the table has no rows")
    lines, rows = zip(*numbered[1:], strict=True)
    return _Table(table, header, rows, lines)


def _text(table: Path) -> str:
    try:
        with table.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise DatasetError(table, f"cannot be read ({error.strerror})") from error
    if len(content) > _MOST_BYTES:
        raise DatasetError(table, f"is larger than {_MOST_BYTES >> 20} MiB", hint="split it")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DatasetError(
            table, f"line {line}: is not UTF-8 text", hint="save the table as CSV UTF-8"
        ) from error


def _require_header(table: Path, header: tuple[str, ...]) -> None:
    if len(header) == 1 and (";" in header[0] or "\t" in header[0]):
        separator = "semicolons" if ";" in header[0] else "tabs"
        raise DatasetError(table, f"line 1: columns are separated by {separator}", hint=_HINT)
    seen: set[str] = set()
    for name in header:
        if name_key(name) in seen:
            raise DatasetError(table, f"line 1: two columns have the same name, {name!r}")
        seen.add(name_key(name))
    if "image" not in seen or not seen - _NOT_TOOLS:
        raise DatasetError(
            table,
            "line 1: the header is not image,<tool>,...",
            hint=f"it reads {','.join(header)[:80]}",
        )


def _tool_columns(
    read: _Table, classes: Sequence[str] | None
) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Names of the tools, and where their columns stand."""
    there = {
        name_key(name): k for k, name in enumerate(read.header) if name.casefold() not in _NOT_TOOLS
    }
    if classes is not None:
        missing = sorted(name for name in classes if name_key(name) not in there)
        if missing:
            raise DatasetError(read.table, f"no column for {', '.join(missing)}")
        return tuple(classes), tuple(there[name_key(name)] for name in classes)
    tools = tuple(read.header[k] for k in there.values())
    for name in tools:
        require_usable_name(read.table, name)
    return tools, tuple(there.values())


def _rows_of_split(read: _Table, split: str | None) -> list[int]:
    splits = _splits(read)
    if split is None or splits is None:
        return list(range(len(read.rows)))
    rows = [row for row, name in enumerate(splits) if name == split]
    if not rows:
        raise DatasetError(read.table, f"no row is of the split {split}")
    return rows


def _splits(read: _Table) -> list[str] | None:
    texts = read.texts("split")
    if texts is None:
        return None
    for row, text in enumerate(texts):
        if text.casefold() not in _SPLITS:
            raise read.wrong(
                row, "split", f"train, validation or test is expected, not {text[:40]!r}"
            )
    return [_SPLITS[text.casefold()] for text in texts]


def _labels(
    read: _Table, rows: Sequence[int], tools: Sequence[str], columns: Sequence[int]
) -> NDArray[np.float32]:
    labels = np.zeros((len(rows), len(tools)), dtype=np.float32)
    for i, row in enumerate(rows):
        for k, (tool, column) in enumerate(zip(tools, columns, strict=True)):
            cell = read.rows[row][column].strip()
            if cell not in _LABELS:
                hint = "write ? where it is unknown" if cell == "" else None
                raise read.wrong(row, tool, f"0 or 1 is expected, not {cell[:40]!r}", hint=hint)
            labels[i, k] = _LABELS[cell]
    return labels


def _images(read: _Table) -> list[Path]:
    """The image of each row; one that two rows name is refused, they may contradict each other."""
    # Blanks belong to a file's name, so they stay.
    column = read.column("image")
    names = [row[column] for row in read.rows] if column is not None else []
    first_row: dict[str, int] = {}
    for row, name in enumerate(names):
        if not name.strip() or "\0" in name:
            raise read.wrong(row, "image", "no file's name")
        earlier = first_row.setdefault(os.path.normpath(name), row)
        if earlier != row:
            raise read.wrong(row, "image", f"{name} stands on line {read.lines[earlier]} already")
    return [read.table.parent / name for name in names]


def _require_one_patient_each(
    read: _Table, videos: tuple[str, ...] | None, patients: tuple[str, ...] | None
) -> None:
    """Refuse a recording of two patients: a split by patients would tear it."""
    if videos is None or patients is None:
        return
    patient_of: dict[str, str] = {}
    for row, (video, patient) in enumerate(zip(videos, patients, strict=True)):
        earlier = patient_of.setdefault(video, patient)
        if video != "" and earlier != patient:
            raise read.wrong(
                row, "patient", f"recording {video} is of patient {earlier!r} on an earlier line"
            )


def _taken(values: tuple[str, ...] | None, rows: Sequence[int]) -> tuple[str, ...] | None:
    return tuple(values[row] for row in rows) if values is not None else None
