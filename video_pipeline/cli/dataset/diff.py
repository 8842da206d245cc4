"""``surgical-video dataset diff``: what changed from one version of a dataset to another."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from video_pipeline.cli.console import note, print_result, printable, progress_bar, warn_of_problems
from video_pipeline.cli.table import align

if TYPE_CHECKING:
    from classifier.dataset.lock import DatasetLock, LockedFile
    from classifier.dataset.lock_difference import FilePair, LockDifference

__all__ = ["add_parser"]

_DIFFERENT = 1
_SHOWN_FILES = 20

_EXAMPLES = """\
examples:
  surgical-video dataset diff model dataset
  surgical-video dataset diff model_may model_june
  surgical-video dataset diff old.lock.json dataset/labels.csv --json

OLD and NEW are each a dataset.lock.json, a model folder that holds one, or a dataset: a folder with
train/ and test/, class folders, or a label table; a dataset's images are all read for it. Images
are recognised by path and content, so that one that was renamed or sorted into another class is
found. Against a lock, only those splits of a dataset count that the lock speaks of. As long as one
side has no validation images, train and validation count as one split.

A lock holds digests of paths and no names; an image that only it knows is shown by that digest.

Exit status: 0 compared, whether or not they differ; 1 not comparable; 2 wrong call. With
--exit-code, 1 also says that they differ.
"""


def add_parser(commands: Any) -> None:
    """Describe the command's arguments."""
    parser = commands.add_parser(
        "diff",
        help="what changed between two versions of a dataset",
        description="Say which images were added, removed, changed, moved or relabelled.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run, after_interruption="nothing was written")
    parser.add_argument("old", type=Path, metavar="OLD")
    parser.add_argument("new", type=Path, metavar="NEW")
    parser.add_argument("--json", action="store_true", help="print every image as JSON")
    parser.add_argument("--exit-code", action="store_true", help="exit with 1 if they differ")


def run(arguments: argparse.Namespace) -> int:
    """Read both, compare, print."""
    from classifier.dataset.lock_difference import diff_locks

    stored = [_is_stored(path) for path in (arguments.old, arguments.new)]
    old, new = (
        _lock(path, is_stored=is_stored)
        for path, is_stored in zip((arguments.old, arguments.new), stored, strict=True)
    )
    if stored == [True, False]:
        new = _comparable(new, old)
    elif stored == [False, True]:
        old = _comparable(old, new)
    difference = diff_locks(old, new)
    names = {file.path_sha256: file.path for lock in (old, new) for file in lock.files if file.path}
    if arguments.json:
        print_result(json.dumps(_as_json(difference, names), indent=2))
    else:
        _print(difference, old, new, names)
    return _DIFFERENT if arguments.exit_code and not difference.is_none else 0


def _is_stored(path: Path) -> bool:
    """Whether a path names a lock rather than the dataset itself."""
    from classifier.dataset.lock_file import LOCK_NAME

    if path.is_dir():
        return (path / LOCK_NAME).exists()
    return path.suffix.casefold() == ".json"


def _lock(path: Path, *, is_stored: bool) -> DatasetLock:
    from classifier.dataset.lock_file import read_lock
    from classifier.dataset.locking import lock_of_dataset

    if is_stored:
        return read_lock(path)
    with progress_bar(desc="reading images", unit="image", leave=False) as bar:

        def show(n_done: int, n_images: int) -> None:
            bar.total = n_images
            bar.update(n_done - bar.n)

        lock, problems = lock_of_dataset(path, progress=show)
    warn_of_problems(problems)
    return lock


def _comparable(dataset: DatasetLock, lock: DatasetLock) -> DatasetLock:
    """The splits of a dataset that a lock speaks of."""
    learned = {"train", "validation"}
    splits = set(lock.splits)
    kept = dataset.only(splits | learned if splits & learned else splits)
    n_others = len(dataset.files) - len(kept.files)
    if n_others > 0:
        note(f"{n_others} images are of splits that the lock does not speak of, and left out")
    return kept


def _print(
    difference: LockDifference, old: DatasetLock, new: DatasetLock, names: dict[str, str]
) -> None:
    _print_counts(difference, old, new)
    for title, files in (("added", difference.added), ("removed", difference.removed)):
        _print_files(title, [f"{_name(file, names)}  {_labels(file)}" for file in files])
    _print_files("changed content", [_name(pair.new, names) for pair in difference.changed])
    _print_files(
        "moved to another split",
        [
            f"{_name(pair.new, names)}  {pair.old.split} -> {pair.new.split}"
            for pair in difference.moved
        ],
    )
    _print_files(
        "relabelled",
        [
            f"{_name(pair.new, names)}  {_labels(pair.old)} -> {_labels(pair.new)}"
            for pair in difference.relabelled
        ],
    )
    _print_files(
        "renamed",
        [f"{_name(pair.old, names)} -> {_name(pair.new, names)}" for pair in difference.renamed],
    )
    if difference.is_none:
        print_result()
        print_result("no difference")


def _print_counts(difference: LockDifference, old: DatasetLock, new: DatasetLock) -> None:
    rows = [["", "old", "new"], ["images", str(len(old.files)), str(len(new.files))]]
    for title, splits in _countable_splits(old, new).items():
        n_images = [sum(file.split in splits for file in lock.files) for lock in (old, new)]
        if any(n_images):
            rows.append([f"  {title}", *map(str, n_images)])
    rows.append(["recordings", _count(old.n_recordings), _count(new.n_recordings)])
    rows.append(["patients", _count(old.n_patients), _count(new.n_patients)])
    rows += [
        [f"shows {printable(name)}", _count(counts[0]), _count(counts[1])]
        for name, counts in difference.counts.items()
    ]
    for row in rows[1:]:
        row.append("" if row[1] == row[2] else "*")
    rows[0].append("")
    for line in align(rows):
        print_result(line)


def _countable_splits(old: DatasetLock, new: DatasetLock) -> dict[str, tuple[str, ...]]:
    if "validation" in old.splits and "validation" in new.splits:
        return {split: (split,) for split in ("train", "validation", "test")}
    return {"to learn from": ("train", "validation"), "test": ("test",)}


def _print_files(title: str, lines: Sequence[str]) -> None:
    if not lines:
        return
    print_result()
    print_result(f"{title}: {len(lines)}")
    for line in lines[:_SHOWN_FILES]:
        print_result(f"  {line}")
    if len(lines) > _SHOWN_FILES:
        print_result(f"  ... and {len(lines) - _SHOWN_FILES} more; --json lists all")


def _name(file: LockedFile, names: dict[str, str]) -> str:
    path = names.get(file.path_sha256)
    return printable(path) if path is not None else f"(path's digest {file.path_sha256[:12]})"


def _labels(file: LockedFile) -> str:
    texts = [*file.shows, *(f"{name}?" for name in file.unknown)]
    return printable("+".join(texts)) if texts else "(no tool)"


def _count(n: int | None) -> str:
    return "-" if n is None else str(n)


def _as_json(difference: LockDifference, names: dict[str, str]) -> dict[str, Any]:
    def of_file(file: LockedFile) -> dict[str, Any]:
        return {
            "path": names.get(file.path_sha256),
            "path_sha256": file.path_sha256,
            "sha256": file.sha256,
            "split": file.split,
            "shows": file.shows,
            "unknown": file.unknown,
        }

    def of_pairs(pairs: Sequence[FilePair]) -> list[dict[str, Any]]:
        return [{"old": of_file(pair.old), "new": of_file(pair.new)} for pair in pairs]

    return {
        "differ": not difference.is_none,
        "added": [of_file(file) for file in difference.added],
        "removed": [of_file(file) for file in difference.removed],
        "changed": of_pairs(difference.changed),
        "moved": of_pairs(difference.moved),
        "relabelled": of_pairs(difference.relabelled),
        "renamed": of_pairs(difference.renamed),
        "counts": {
            name: {"old": counts[0], "new": counts[1]} for name, counts in difference.counts.items()
        },
    }
