from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from classifier.dataset.class_folders import find_split, read_class_folders
from classifier.dataset.table import is_table, read_table
from classifier.errors import DatasetError

Maker = Callable[..., Path]


def table(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "labels.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_tools_come_in_alphabetical_order_and_background_last(folder_dataset: Maker) -> None:
    dataset = folder_dataset({"Scissors": 2, "no_tool": 1, "hook": 3, "Background": 1})
    read = read_class_folders(dataset / "train")
    assert read.tools == ("hook", "Scissors")
    assert read.background == ("Background", "no_tool")
    assert read.counts == {"hook": 3, "Scissors": 2, "Background": 1, "no_tool": 1}


def test_columns_follow_the_model_and_not_the_folders(folder_dataset: Maker) -> None:
    dataset = folder_dataset({"HOOK": 1, "grasper": 2}, split="test")
    read = read_class_folders(dataset / "test", classes=("hook", "scissors", "Grasper"))
    assert read.tools == ("hook", "scissors", "Grasper")
    assert read.counts == {"hook": 1, "scissors": 0, "Grasper": 2}


def test_splits_are_found_in_any_letter_case(folder_dataset: Maker) -> None:
    dataset = folder_dataset({"hook": 1}, split="TRAIN")
    assert find_split(dataset, "train") == dataset / "TRAIN"
    assert find_split(dataset, "test") is None


def test_a_class_only_in_test_is_named(folder_dataset: Maker) -> None:
    dataset = folder_dataset({"hook": 1, "stapler": 1}, split="test")
    with pytest.raises(DatasetError, match="stapler: no such class among those learned"):
        read_class_folders(dataset / "test", classes=("hook",))


def test_an_empty_class_folder_is_named(folder_dataset: Maker) -> None:
    dataset = folder_dataset({"hook": 1})
    (dataset / "train" / "grasper").mkdir()
    with pytest.raises(DatasetError, match="grasper: no images in this class"):
        read_class_folders(dataset / "train")


def test_hidden_files_and_folders_are_passed_over(folder_dataset: Maker) -> None:
    dataset = folder_dataset({"hook": 1})
    (dataset / "train" / ".ipynb_checkpoints").mkdir()
    (dataset / "train" / "hook" / ".DS_Store").write_bytes(b"x")
    read = read_class_folders(dataset / "train")
    assert (len(read), read.problems) == (1, ())


def test_files_that_are_no_images_are_listed(folder_dataset: Maker) -> None:
    dataset = folder_dataset({"hook": 1})
    (dataset / "train" / "hook" / "notes.txt").write_text("x")
    assert [p.path.name for p in read_class_folders(dataset / "train").problems] == ["notes.txt"]


def test_a_class_may_not_be_called_like_a_timeline_column(folder_dataset: Maker) -> None:
    with pytest.raises(DatasetError, match="own column"):
        read_class_folders(folder_dataset({"second": 1}) / "train")


def test_a_missing_dataset_says_what_is_expected(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"no such dataset folder; .*train/<tool>"):
        find_split(tmp_path / "none", "train")


def test_a_table_gives_tools_and_recordings(tmp_path: Path) -> None:
    text = "video,second,image,hook,grasper,phase\nv1,3,a/1.jpg,1,1,x\nv2,4,a/2.jpg,0,1,y\n"
    read = read_table(table(tmp_path, text))
    assert read.tools == ("hook", "grasper")
    assert read.labels.tolist() == [[1, 1], [0, 1]]
    assert read.videos == ("v1", "v2")
    assert read.paths == (tmp_path / "a/1.jpg", tmp_path / "a/2.jpg")


def test_a_table_is_found_in_its_folder(tmp_path: Path) -> None:
    assert not is_table(tmp_path)
    path = table(tmp_path, "image,hook\n1.jpg,1\n")
    assert is_table(tmp_path)
    assert is_table(path)
    assert read_table(tmp_path).tools == ("hook",)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("image,hook\n1.jpg,2\n", "line 2, column hook: 0 or 1 is expected, not '2'"),
        ("image,hook\n1.jpg,1\n2.jpg\n", "line 3 does not have 2 cells"),
        ("picture,hook\n1.jpg,1\n", "header is not image"),
        ("image,video\n1.jpg,v\n", "header is not image"),
        ("image,hook,hook\n1.jpg,1,1\n", "two columns have the same name"),
        ("image,hook\n", "no rows"),
    ],
)
def test_a_wrong_table_is_refused_by_line_and_column(tmp_path: Path, text: str, cause: str) -> None:
    with pytest.raises(DatasetError, match=cause):
        read_table(table(tmp_path, text))


def test_a_table_without_a_learned_tool_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no column for scissors"):
        read_table(table(tmp_path, "image,hook\n1.jpg,1\n"), classes=("hook", "scissors"))
