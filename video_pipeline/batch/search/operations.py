"""Which operations a call means: each file one, or several files one by folder, name or list."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from video_pipeline.batch.recordings import VIDEO_SUFFIXES, Operation
from video_pipeline.batch.search.part_list import LIST_SUFFIX, is_part_list, read_part_list
from video_pipeline.batch.search.parts import (
    group_parts,
    in_natural_order,
    operation_name,
    without_menus,
)
from video_pipeline.batch.search.searching import Skipped, find_files, refuse_nothing
from video_pipeline.errors import RecordingError

__all__ = ["Joining", "find_operations"]

Joining = Literal["nothing", "parts", "all"]
"""What is read as one recording besides lists: nothing; files whose names say that they are parts;
or all videos of a folder, and all files that were named."""

_NO_NAME = "recording"
_LONGEST_REASON = 400


def find_operations(paths: Sequence[Path], *, join: Joining = "nothing") -> list[Operation]:
    """The operations in files, folders and lists (``NAME.parts``): lists, then folders, then files.

    Folders are searched as by ``find_files``, but with ``join="all"`` only directly inside: each is
    one operation. A list is one operation, whether it was named or lies in a folder; its files are
    not taken once more. No file is taken twice.

    What cannot be tried comes last and says why: what is no file, a folder that cannot be searched
    or holds no video, a list that cannot be used (the files beside it are taken singly then).

    Raises:
        RecordingError: nothing was named but folders without a video.
    """
    found = find_files(paths, {*VIDEO_SUFFIXES, LIST_SUFFIX}, is_deep=join != "all")
    refuse_nothing(found)
    lists, broken = _read_lists(found.files)
    listed = {os.path.realpath(part) for parts in lists.values() for part in parts}
    singles = [
        file
        for file in found.files
        if not (is_part_list(file) or (listed and os.path.realpath(file) in listed))
    ]
    operations = [Operation(file, file.stem or _NO_NAME, parts) for file, parts in lists.items()]
    if join == "nothing":
        operations += [Operation.of_file(file) for file in singles]
    elif join == "parts":
        operations += [_of_files(group) for group in group_parts(singles)]
    else:
        operations += _all_joined(found.by_argument, singles)
    return operations + [_skipped(one) for one in (*found.skipped, *broken)]


def _read_lists(files: Sequence[Path]) -> tuple[dict[Path, tuple[Path, ...]], list[Skipped]]:
    lists: dict[Path, tuple[Path, ...]] = {}
    broken = []
    for file in files:
        if is_part_list(file):
            try:
                lists[file] = read_part_list(file)
            except RecordingError as error:
                # It may be said of a recording whose name is not to be told; the line is.
                broken.append(Skipped(file, error.nameless_cause, error.hint))
    return lists, broken


def _all_joined(inside: Mapping[Path, Sequence[Path]], singles: list[Path]) -> list[Operation]:
    """Each folder one operation, and one of all the files that lie in none of them."""
    found: list[Operation] = []
    left = dict.fromkeys(singles)
    for folder, files in inside.items():
        mine = [file for file in files if file in left]
        if _is_folder(folder) and mine:
            found.append(Operation(folder, _folder_name(folder), _in_order(mine)))
            for file in mine:
                del left[file]
    return found + ([_of_files(_in_order(list(left)))] if left else [])


def _skipped(one: Skipped) -> Operation:
    name = _folder_name(one.path) if _is_folder(one.path) else one.path.stem
    # A line of a list may be as long as the list.
    reason = (
        f"{one.reason[:_LONGEST_REASON]} ..." if len(one.reason) > _LONGEST_REASON else one.reason
    )
    return Operation(one.path, name or _NO_NAME, (one.path,), reason)


def _is_folder(path: Path) -> bool:
    return os.path.isdir(path)  # noqa: PTH112  Path.is_dir raises where it may not look


def _folder_name(folder: Path) -> str:
    name = folder.resolve().name if folder.name in {"", ".."} else folder.name
    return name or _NO_NAME


def _in_order(files: Sequence[Path]) -> tuple[Path, ...]:
    return tuple(in_natural_order(without_menus(files)))


def _of_files(files: tuple[Path, ...]) -> Operation:
    """Several files, or one, as one operation."""
    return Operation(files[0], operation_name(files), files)
