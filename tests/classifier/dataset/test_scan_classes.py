"""What a scan says of class names, of empty classes, and of classes that a split lacks."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from classifier.dataset.class_folders import find_split, read_class_folders
from classifier.dataset.scan import scan_dataset
from classifier.errors import DatasetError
from tests.support.labelled_folders import counts, said, write


@pytest.mark.parametrize("name", ["new\nline", "time_s", "hook_probability", "a\x1b[2Jb"])
def test_a_class_whose_name_cannot_be_used_is_named_and_left_out(dataset: Path, name: str) -> None:
    write(dataset / "train" / name / "0.jpg", 70)
    report = scan_dataset(dataset)
    assert said(report) == [("unusable_name", f"train/{name}")]
    assert report.faults == report.findings
    assert report.classes == ("grasper", "hook")
    with pytest.raises(DatasetError, match="rename it"):
        read_class_folders(dataset / "train")


def test_two_folders_of_one_unicode_name_clash(dataset: Path) -> None:
    composed, decomposed = "pince_\u00e9", "pince_e\u0301"
    for seed, name in enumerate((composed, decomposed)):
        for i in range(2):
            write(dataset / "train" / name / f"{i}.jpg", 70 + 2 * seed + i)
            write(dataset / "test" / composed / f"{seed}{i}.jpg", 80 + 2 * seed + i)
    report = scan_dataset(dataset)
    assert said(report) == [("name_clash", f"train/{decomposed}")]
    assert counts(report)["train"][composed] == 2
    with pytest.raises(DatasetError, match="put their images into one"):
        read_class_folders(dataset / "train")


def test_a_decomposed_name_alone_is_composed(dataset: Path) -> None:
    (dataset / "train" / "hook").rename(dataset / "train" / "e\u0301")
    assert read_class_folders(dataset / "train").tools == ("grasper", "\u00e9")


def test_letter_case_and_blanks_make_one_class_with_a_warning(dataset: Path) -> None:
    write(dataset / "train" / "Hook" / "a.jpg", 70)
    write(dataset / "train" / "hook " / "b.jpg", 71)
    report = scan_dataset(dataset)
    assert sorted(said(report)) == [
        ("blank_in_name", "train/hook "),
        ("merged_class", "train/Hook"),
        ("merged_class", "train/hook "),
    ]
    assert counts(report)["train"] == {"grasper": 3, "Hook": 5}
    assert not report.has_faults()


def test_plain_names_are_plain_and_a_formula_is_a_warning(dataset: Path) -> None:
    for k, name in enumerate(("..%2f..%2fx", "<b>x", "a,b", "=1+1")):
        for split in ("train", "test"):
            for i in range(2):
                write(dataset / split / name / f"{i}.jpg", 200 + 10 * k + i + 5 * (split == "test"))
    report = scan_dataset(dataset)
    assert said(report) == [("formula_name", "train/=1+1"), ("formula_name", "test/=1+1")]
    assert set(report.classes) == {"..%2f..%2fx", "<b>x", "a,b", "=1+1", "grasper", "hook"}


def test_an_empty_class_is_an_error_unless_it_is_allowed(dataset: Path) -> None:
    (dataset / "train" / "clipper").mkdir()
    report = scan_dataset(dataset)
    assert said(report) == [("empty_class", "train/clipper")]
    assert report.faults
    allowed = scan_dataset(dataset, allow_empty=True)
    assert said(allowed) == [("left_out_class", "train/clipper")]
    assert not allowed.has_faults()
    assert read_class_folders(dataset / "train", allow_empty=True).tools == ("grasper", "hook")


def test_a_class_without_a_good_image_is_empty(dataset: Path) -> None:
    path = dataset / "train" / "clipper" / "0.jpg"
    path.parent.mkdir()
    path.write_bytes(b"text")
    assert said(scan_dataset(dataset)) == [
        ("not_an_image", "train/clipper/0.jpg"),
        ("empty_class", "train/clipper"),
    ]


def test_classes_that_not_every_split_has_are_named(dataset: Path) -> None:
    for i in range(2):
        write(dataset / "test" / "stapler" / f"{i}.jpg", 70 + i)
        write(dataset / "train" / "clipper" / f"{i}.jpg", 80 + i)
    report = scan_dataset(dataset)
    assert said(report) == [
        ("only_in_train", "train/clipper"),
        ("only_in_test", "test/stapler"),
    ]
    (fault,) = report.faults
    assert "'stapler' is in test and not in train" in fault.message


def test_a_class_of_one_image_is_named(dataset: Path) -> None:
    for name in ("1.jpg", "2.jpg"):
        (dataset / "train" / "hook" / name).unlink()
    assert said(scan_dataset(dataset)) == [("single_image", "train/hook")]


def test_a_dataset_without_test_is_no_fault(dataset: Path) -> None:
    shutil.rmtree(dataset / "test")
    assert said(scan_dataset(dataset)) == []


def test_nothing_to_learn_from_is_a_fault(dataset: Path) -> None:
    shutil.rmtree(dataset / "train")
    report = scan_dataset(dataset)
    assert [finding.kind for finding in report.findings] == ["no_train"]
    shutil.rmtree(dataset / "test")
    with pytest.raises(DatasetError, match=r"no train folder and no labels\.csv"):
        scan_dataset(dataset)
    with pytest.raises(DatasetError, match="no such dataset folder"):
        scan_dataset(dataset / "none")


def test_one_class_is_nothing_to_tell_apart(dataset: Path) -> None:
    for split in ("train", "test"):
        shutil.rmtree(dataset / split / "hook")
    (finding,) = scan_dataset(dataset).findings
    assert (finding.kind, finding.message[:14]) == ("no_train", "one class only")


def test_validation_is_a_split_too(dataset: Path) -> None:
    write(dataset / "VAL" / "hook" / "0.jpg", 90)
    report = scan_dataset(dataset)
    assert [split.split for split in report.splits] == ["train", "validation", "test"]
    assert find_split(dataset, "validation") == dataset / "VAL"
