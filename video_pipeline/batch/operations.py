"""Which operations a call means: each file one, or several files one by folder, name or list."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from video_pipeline.batch.part_list import LIST_SUFFIX, is_part_list, read_part_list
from video_pipeline.batch.parts import (
    group_parts,
    in_natural_order,
    operation_name,
    without_menus,
)
from video_pipeline.batch.recordings import VIDEO_SUFFIXES, Operation, files_in
from video_pipeline.errors import RecordingError

__all__ = ["Joining", "find_operations"]

Joining = Literal["nothing", "parts", "all"]
"""What is read as one recording besides lists: nothing; files whose names say that they are parts;
or all videos of a folder, and all files that were named."""

_NO_NAME = "recording"


def find_operations(paths: Sequence[Path], *, join: Joining = "nothing") -> list[Operation]:
    """The operations in files, folders and lists (``NAME.parts``): lists, then folders, then files.

    Folders are searched as by ``find_recordings``, but with ``join="all"`` only directly inside:
    each is one operation. A list is one operation, whether it was named or lies in a folder; its
    files are not taken once more. No file is taken twice.

    Raises:
        RecordingError: a folder holds no video, or a list cannot be used.
    """
    inside = {path: _inside(path, is_deep=join != "all") for path in paths}
    every = dict.fromkeys(file for files in inside.values() for file in files)
    lists = {file: read_part_list(file) for file in every if is_part_list(file)}
    listed = {os.path.realpath(part) for parts in lists.values() for part in parts}
    singles = [f for f in every if f not in lists and os.path.realpath(f) not in listed]
    found = [Operation(file, file.stem or _NO_NAME, parts) for file, parts in lists.items()]
    if join == "nothing":
        return found + [Operation.of_file(file) for file in singles]
    if join == "parts":
        return found + [_of_files(group) for group in group_parts(singles)]
    return found + _all_joined(inside, singles)


def _all_joined(inside: dict[Path, list[Path]], singles: list[Path]) -> list[Operation]:
    """Each folder one operation, and one of all the files that lie in none of them."""
    found: list[Operation] = []
    left = dict.fromkeys(singles)
    for folder, files in inside.items():
        mine = [file for file in files if file in left]
        if folder.is_dir() and mine:
            name = folder.resolve().name if folder.name in {"", ".."} else folder.name
            found.append(Operation(folder, name or _NO_NAME, _in_order(mine)))
            left = {file: None for file in left if file not in mine}
    return found + ([_of_files(_in_order(list(left)))] if left else [])


def _inside(path: Path, *, is_deep: bool) -> list[Path]:
    if not path.is_dir():
        return [path]
    files = list(files_in(path, {*VIDEO_SUFFIXES, LIST_SUFFIX}, is_deep=is_deep))
    if not files and is_deep:
        raise RecordingError(path, "no video in this folder", hint="name the files themselves")
    if not files:
        raise RecordingError(
            path,
            "no video directly in this folder",
            hint="name the folders that hold the files of one operation each",
        )
    return files


def _in_order(files: Sequence[Path]) -> tuple[Path, ...]:
    return tuple(in_natural_order(without_menus(files)))


def _of_files(files: tuple[Path, ...]) -> Operation:
    """Several files, or one, as one operation."""
    return Operation(files[0], operation_name(files), files)
