"""A dataset's lock: canonical, without names, read with suspicion, and what changed between two."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from classifier.dataset.checking import CheckedFile, check_images
from classifier.dataset.class_folders import read_class_folders
from classifier.dataset.lock import DatasetLock, LockedFile, digest_of_path, lock_dataset
from classifier.dataset.lock_difference import diff_locks
from classifier.dataset.lock_file import LOCK_NAME, read_lock, write_lock
from classifier.dataset.locking import lock_of_dataset
from classifier.dataset.splits import split_validation
from classifier.errors import ClassifierError, DatasetError

Maker = Callable[..., Path]


def digested(path: Path) -> CheckedFile:
    content = path.read_bytes()
    return CheckedFile(path, len(content), hashlib.sha256(content).hexdigest())


def locked(
    path: str, content: str, *shows: str, split: str = "train", unknown: tuple[str, ...] = ()
) -> LockedFile:
    return LockedFile(
        path_sha256=digest_of_path(path),
        size_bytes=len(content),
        sha256=digest_of_path(content),
        split=split,
        shows=shows,
        unknown=unknown,
        path=path,
    )


def lock(*files: LockedFile) -> DatasetLock:
    return DatasetLock(
        dataset_sha256="0" * 64,
        tools=("hook", "bag"),
        background=(),
        n_recordings=None,
        n_patients=None,
        files=files,
    )


def text_of(folder: Path, dataset_lock: DatasetLock) -> str:
    folder.mkdir(exist_ok=True)
    write_lock(folder, dataset_lock)
    return (folder / LOCK_NAME).read_text(encoding="utf-8")


def test_a_lock_read_back_is_the_one_written(folder_dataset: Maker, tmp_path: Path) -> None:
    written, problems = lock_of_dataset(folder_dataset({"hook": 3, "no_tool": 2}))
    assert problems == ()
    text = text_of(tmp_path, written)
    assert read_lock(tmp_path) == read_lock(tmp_path / LOCK_NAME) == written
    assert json.loads(text)["counts"] == {"train": {"hook": 3, "no_tool": 2}}
    assert text_of(tmp_path, read_lock(tmp_path)) == text


def test_the_fingerprint_is_that_of_the_training(folder_dataset: Maker) -> None:
    train = folder_dataset({"hook": 9, "bag": 8}) / "train"
    checked, fingerprint = check_images(read_class_folders(train))
    parts = split_validation(checked, share=0.3, seed=0)
    made = lock_dataset(
        {"train": parts[0], "validation": parts[1]}, [digested(path) for path in checked.paths]
    )
    assert made.dataset_sha256 == fingerprint
    assert made.splits == ("train", "validation")
    assert sum(n for split in made.counts.values() for n in split.values()) == 17


def test_the_same_dataset_gives_the_same_bytes_wherever_it_lies(
    folder_dataset: Maker, tmp_path: Path
) -> None:
    dataset = folder_dataset({"hook": 3, "bag": 2})
    folder_dataset({"hook": 1, "bag": 1}, split="test", seed=1)
    shutil.copytree(dataset, tmp_path / "elsewhere" / "other name")
    here, there = (
        text_of(tmp_path, lock_of_dataset(path)[0])
        for path in (dataset, tmp_path / "elsewhere" / "other name")
    )
    assert here == there
    assert str(tmp_path) not in here


def test_without_names_nothing_of_a_path_is_written(folder_dataset: Maker, tmp_path: Path) -> None:
    train = folder_dataset({"hook": 1}) / "train"
    (train / "hook" / "train000.jpg").rename(train / "hook" / "mueller_hans.jpg")
    dataset = read_class_folders(train)
    files = [digested(path) for path in dataset.paths]
    hidden, told = (lock_dataset({"train": dataset}, files, names=names) for names in (False, True))
    assert "mueller" not in text_of(tmp_path, hidden)
    assert "hook/mueller_hans.jpg" in text_of(tmp_path, told)
    assert hidden.files[0].path_sha256 == digest_of_path("hook/mueller_hans.jpg")
    assert diff_locks(hidden, told).is_none


def test_a_tables_labels_and_recordings_are_locked(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        cv2.imwrite(str(tmp_path / f"{name}.png"), np.full((8, 8, 3), ord(name), np.uint8))
    (tmp_path / "sub").mkdir()
    table = tmp_path / "sub" / "labels.csv"
    table.write_text(
        "image,video,split,hook,bag\n"
        "../a.png,v1,train,1,1\n../b.png,v2,train,?,0\n../c.png,v2,test,0,0\n"
    )
    made, _ = lock_of_dataset(table)
    assert (made.n_recordings, made.n_patients) == (2, None)
    assert [(f.split, f.shows, f.unknown) for f in made.files] == [
        ("train", ("hook", "bag"), ()),
        ("train", (), ("hook",)),
        ("test", (), ()),
    ]
    assert [f.path for f in made.files] == ["../a.png", "../b.png", "../c.png"]


def test_no_absolute_path_is_locked(tmp_path: Path) -> None:
    for name in ("in", "out"):
        (tmp_path / name).mkdir()
        content = np.full((8, 8, 3), len(name), np.uint8)
        cv2.imwrite(str(tmp_path / name / "a.png"), content)
    table = tmp_path / "in" / "labels.csv"
    rows = [f"{tmp_path}/in/a.png,1", f"{tmp_path}/out/a.png,0"]
    table.write_text("\n".join(["image,hook", *rows]) + "\n")
    made, _ = lock_of_dataset(table)
    assert [f.path for f in made.files] == ["a.png", "out/a.png"]


def test_unreadable_images_are_listed_and_not_locked(folder_dataset: Maker) -> None:
    dataset = folder_dataset({"hook": 3})
    (dataset / "train" / "hook" / "train001.jpg").write_bytes(b"no image")
    made, problems = lock_of_dataset(dataset)
    assert len(made.files) == 2
    assert [problem.path.name for problem in problems] == ["train001.jpg"]


def test_file_names_may_hold_any_bytes(folder_dataset: Maker, tmp_path: Path) -> None:
    hook = folder_dataset({"hook": 1}) / "train" / "hook"
    (hook / "train000.jpg").rename(hook / "na\udcffme \n.jpg")
    made, _ = lock_of_dataset(tmp_path / "dataset")
    text_of(tmp_path, made)
    assert read_lock(tmp_path) == made


def test_equal_datasets_do_not_differ() -> None:
    one = lock(locked("hook/a", "x", "hook"), locked("bag/b", "y", "bag"))
    other = lock(locked("bag/b", "y", "bag"), locked("hook/a", "x", "hook"))
    assert diff_locks(one, other).is_none


def test_each_kind_of_change_is_found() -> None:
    old = lock(
        locked("hook/stays", "0", "hook"),
        locked("hook/gone", "1", "hook"),
        locked("hook/edited", "2", "hook"),
        locked("hook/sorted", "3", "hook"),
        locked("hook/tested", "4", "hook"),
        locked("hook/named", "5", "hook"),
    )
    new = lock(
        locked("hook/stays", "0", "hook"),
        locked("hook/edited", "2 edited", "hook"),
        locked("bag/sorted", "3", "bag"),
        locked("hook/tested", "4", "hook", split="test"),
        locked("hook/renamed", "5", "hook"),
        locked("hook/came", "6", "hook"),
    )
    found = diff_locks(old, new)
    assert [f.path for f in found.added] == ["hook/came"]
    assert [f.path for f in found.removed] == ["hook/gone"]
    assert [p.new.path for p in found.changed] == ["hook/edited"]
    assert [p.new.path for p in found.moved] == ["hook/tested"]
    assert [p.new.path for p in found.relabelled] == ["bag/sorted"]
    assert [(p.old.path, p.new.path) for p in found.renamed] == [
        ("hook/sorted", "bag/sorted"),
        ("hook/named", "hook/renamed"),
    ]
    assert found.counts == {"hook": (6, 5), "bag": (0, 1)}
    assert not found.is_none


def test_a_label_that_becomes_known_is_a_change() -> None:
    old = lock(locked("a", "x", "hook", unknown=("bag",)))
    found = diff_locks(old, lock(locked("a", "x", "hook")))
    assert [p.new.path for p in found.relabelled] == ["a"]


def test_a_copy_is_an_addition_and_no_renaming() -> None:
    old = lock(locked("hook/a", "x", "hook"))
    new = lock(locked("bag/copy", "x", "bag"), locked("hook/a", "x", "hook"))
    found = diff_locks(old, new)
    assert [f.path for f in found.added] == ["bag/copy"]
    assert (found.renamed, found.relabelled) == ((), ())


def test_the_same_path_in_two_splits_is_two_images() -> None:
    old = lock(locked("hook/0", "x", "hook"), locked("hook/0", "y", "hook", split="test"))
    new = lock(locked("hook/0", "x", "hook"), locked("hook/0", "z", "hook", split="test"))
    found = diff_locks(old, new)
    assert [(p.old.sha256, p.new.split) for p in found.changed] == [(digest_of_path("y"), "test")]


def test_drawing_validation_images_is_no_change_but_drawing_others_is() -> None:
    undrawn = lock(locked("a", "x", "hook"), locked("b", "y", "hook"))
    drawn = lock(locked("a", "x", "hook"), locked("b", "y", "hook", split="validation"))
    others = lock(locked("a", "x", "hook", split="validation"), locked("b", "y", "hook"))
    assert diff_locks(undrawn, drawn).is_none
    assert diff_locks(drawn, undrawn).is_none
    assert [p.new.path for p in diff_locks(drawn, others).moved] == ["a", "b"]


def test_a_class_that_came_is_a_change_without_any_image() -> None:
    old = lock(locked("a", "x", "hook"))
    new = replace(old, tools=("hook", "bag", "clip"))
    found = diff_locks(old, new)
    assert found.counts["clip"] == (None, 0)
    assert not found.is_none


def test_many_equal_images_are_compared_in_time() -> None:
    old = lock(*(locked(f"hook/{i}", "x", "hook") for i in range(20_000)))
    new = lock(*(locked(f"bag/{i}", "x", "bag") for i in range(20_000)))
    assert len(diff_locks(old, new).relabelled) == 20_000


GOOD = {
    "format": 1,
    "dataset_sha256": "0" * 64,
    "split_sha256": lock().split_sha256,
    "tools": ["hook"],
    "background": [],
    "n_recordings": None,
    "n_patients": 3,
    "files": [],
}
FILE = {"path_sha256": "1" * 64, "size_bytes": 1, "sha256": "2" * 64, "split": "train", "shows": []}


def test_the_pattern_of_the_broken_ones_is_good(tmp_path: Path) -> None:
    (tmp_path / LOCK_NAME).write_text(json.dumps(GOOD))
    assert read_lock(tmp_path).n_patients == 3


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        ("", "is no dataset lock"),
        ("[" * 200_000, "nested too deeply"),
        ("[]", "it has no format"),
        ('{"format": true}', "it has no format"),
        (b"\xff\xfe\x00", "is no dataset lock"),
        (json.dumps({**GOOD, "format": 2}), "it has format 2, this version reads 1"),
        (json.dumps({k: v for k, v in GOOD.items() if k != "files"}), "'files' is missing"),
        (json.dumps({**GOOD, "tools": "hook"}), "a list is expected"),
        (json.dumps({**GOOD, "tools": [1]}), "a list of names"),
        (json.dumps({**GOOD, "dataset_sha256": "0" * 63}), "a digest is none"),
        (json.dumps({**GOOD, "n_patients": -1}), "a count is none"),
        (json.dumps({**GOOD, "n_patients": 1.5}), "a count is none"),
        (json.dumps({**GOOD, "files": [[]]}), "a file is no object"),
        (json.dumps({**GOOD, "files": [{**FILE, "size_bytes": None}]}), "has no size"),
        (json.dumps({**GOOD, "files": [{**FILE, "split": ["train"]}]}), "a split is none of"),
        (json.dumps({**GOOD, "files": [{**FILE, "path": 7}]}), "a path is no text"),
        (json.dumps({**GOOD, "files": [{**FILE, "path": "\ud800"}]}), "is no dataset lock"),
        (json.dumps({**GOOD, "files": [{**FILE, "shows": ["bag"]}]}), "that is not listed"),
        (json.dumps({**GOOD, "files": [FILE]}), "its files are not those"),
        (f'{{"format": {"9" * 5000}}}', "is no dataset lock"),
    ],
)
def test_a_broken_lock_is_refused_in_one_line(
    tmp_path: Path, content: str | bytes, cause: str
) -> None:
    path = tmp_path / LOCK_NAME
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(DatasetError, match=cause) as caught:
        read_lock(path)
    assert str(caught.value).startswith(str(path))
    assert len(str(caught.value)) < 500


def test_a_lock_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=re.escape(LOCK_NAME) + ": cannot be read"):
        read_lock(tmp_path)
    with pytest.raises(ClassifierError, match="cannot be written"):
        write_lock(tmp_path / "none", lock())


def test_a_lock_needs_images_and_their_digests(folder_dataset: Maker) -> None:
    dataset = read_class_folders(folder_dataset({"hook": 1}) / "train")
    with pytest.raises(ValueError, match="no digest of"):
        lock_dataset({"train": dataset}, [])
    with pytest.raises(ValueError, match="train, validation, test are expected"):
        lock_dataset({"dev": dataset}, [])
    with pytest.raises(ValueError, match="are expected"):
        lock_dataset({"train": dataset.take(np.arange(0))}, [])
