"""``surgical-video dataset diff``: what a person sees, and its exit status."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from classifier.dataset.lock import DatasetLock, LockedFile, digest_of_path
from classifier.dataset.lock_file import LOCK_NAME, write_lock
from classifier.dataset.locking import lock_of_dataset
from video_pipeline.cli import main

Maker = Callable[..., Path]
Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    def run(*arguments: object) -> tuple[int, str, str]:
        try:
            status = main(["dataset", "diff", *map(str, arguments)])
        except SystemExit as stop:
            status = int(stop.code or 0)
        return (status, *capsys.readouterr())

    return run


@pytest.fixture
def dataset(folder_dataset: Maker) -> Path:
    root = folder_dataset({"hook": 4, "no_tool": 3})
    return folder_dataset({"hook": 2, "no_tool": 2}, split="test", root=root, seed=1)


@pytest.fixture
def model(dataset: Path, tmp_path: Path) -> Path:
    """As `train` leaves it: without names, and with two of the images drawn for validation."""
    whole = lock_of_dataset(dataset)[0].only({"train"})
    files = [
        replace(file, path=None, split="validation" if k % 3 == 0 else "train")
        for k, file in enumerate(whole.files)
    ]
    (tmp_path / "model").mkdir()
    write_lock(tmp_path / "model", replace(whole, files=tuple(files)))
    return tmp_path / "model"


def test_a_model_and_its_dataset_do_not_differ(call: Call, model: Path, dataset: Path) -> None:
    for pair in ((model, dataset), (dataset, model), (model / LOCK_NAME, dataset)):
        status, out, err = call(*pair, "--exit-code")
        assert status == 0
        assert out.endswith("no difference\n")
        assert "4 images are of splits that the lock does not speak of" in err


def test_what_changed_is_named_and_differing_is_no_failure(
    call: Call, model: Path, dataset: Path
) -> None:
    hook, empty = (dataset / "train" / name for name in ("hook", "no_tool"))
    (hook / "train000.jpg").rename(empty / "sorted.jpg")
    (hook / "train001.jpg").unlink()
    (hook / "train002.jpg").write_bytes((dataset / "test/hook/test000.jpg").read_bytes())
    status, out, _ = call(model, dataset)
    assert status == 0
    assert "  no_tool/sorted.jpg  hook -> no_tool\n" in out
    assert "removed: 1\n  (path's digest " in out
    assert "changed content: 1\n  hook/train002.jpg\n" in out
    assert "shows hook         4    2  *\n" in out
    assert "  to learn from    7    6  *\n" in out
    assert call(model, dataset, "--exit-code")[0] == 1


def test_two_datasets_are_compared_with_all_their_splits(
    call: Call, dataset: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    shutil.copytree(dataset, other)
    (other / "train/hook/train000.jpg").rename(other / "test/hook/train000.jpg")
    status, out, _ = call(dataset, other, "--json")
    content = json.loads(out)
    assert status == 0
    assert content["differ"] is True
    (moved,) = content["moved"]
    assert (moved["old"]["split"], moved["new"]["split"]) == ("train", "test")
    assert moved["new"]["path"] == "hook/train000.jpg"
    assert content["counts"] == {
        "hook": {"old": 6, "new": 6},
        "no_tool": {"old": 5, "new": 5},
    }


def test_a_table_is_a_dataset_too(call: Call, dataset: Path) -> None:
    table = dataset.parent / "labels.csv"
    table.write_text(f"image,hook\n{dataset.name}/train/hook/train000.jpg,1\n")
    status, out, _ = call(table, table)
    assert (status, out.splitlines()[-1]) == (0, "no difference")


def test_names_from_outside_cannot_write_to_the_terminal(call: Call, tmp_path: Path) -> None:
    name = "hook/\x1b[31mred\n.jpg"
    file = LockedFile(digest_of_path(name), 1, "0" * 64, "train", ("hook",), path=name)
    for folder, split in (("old", "train"), ("new", "test")):
        (tmp_path / folder).mkdir()
        lock = DatasetLock("0" * 64, ("hook",), (), None, None, (replace(file, split=split),))
        write_lock(tmp_path / folder, lock)
    status, out, _ = call(tmp_path / "old", tmp_path / "new")
    assert status == 0
    assert "\x1b" not in out
    assert r"  hook/\x1b[31mred\n.jpg  train -> test" in out


@pytest.mark.parametrize(
    ("make", "cause"),
    [
        (lambda folder: folder / "none", "none: no such dataset folder; "),
        (lambda folder: folder / "none.json", "none.json: cannot be read"),
        (lambda folder: folder, "no class folders"),
    ],
)
def test_what_is_no_dataset_is_refused_in_one_line(
    call: Call, tmp_path: Path, make: Callable[[Path], Path], cause: str
) -> None:
    (tmp_path / "empty").mkdir()
    status, out, err = call(make(tmp_path / "empty"), make(tmp_path / "empty"))
    assert (status, out) == (1, "")
    assert cause in err
    assert len(err.splitlines()) == 1


def test_a_missing_argument_is_a_wrong_call(call: Call, tmp_path: Path) -> None:
    assert call(tmp_path)[0] == 2
