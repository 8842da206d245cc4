"""What a scan says of images, recordings and patients that are there twice."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from classifier.dataset.record import Dataset
from classifier.dataset.scan import scan_dataset
from tests.support.labelled_folders import leak, said, write


@pytest.mark.parametrize(
    ("kind", "found"),
    [("copy", "leak"), ("link", "leak"), ("recompressed", "near_leak"), ("resized", "near_leak")],
)
def test_an_image_in_two_splits_is_named(dataset: Path, kind: str, found: str) -> None:
    path = leak(dataset, kind)
    report = scan_dataset(dataset)
    (finding,) = report.findings
    assert (finding.kind, finding.path, finding.split) == (found, path, "test")
    assert finding.message.endswith("train/hook/1.jpg")
    assert not report.has_faults()
    assert report.has_faults(strict=True)


def test_an_image_twice_in_a_split_is_a_note(dataset: Path) -> None:
    hook = dataset / "train" / "hook"
    shutil.copy(hook / "0.jpg", hook / "again.jpg")
    report = scan_dataset(dataset)
    assert said(report) == [("duplicate", "train/hook/again.jpg")]
    assert not report.has_faults(strict=True)


def test_frames_that_look_alike_within_a_split_are_counted(dataset: Path) -> None:
    for quality in (60, 70, 80):
        write(dataset / "train" / "hook" / f"q{quality}.jpg", 11, quality=quality)
    (finding,) = scan_dataset(dataset).findings
    assert finding.kind == "near_duplicates"
    assert "this and 3 other images" in finding.message


def test_one_image_with_two_labels_is_a_fault(dataset: Path) -> None:
    hook, grasper = dataset / "train" / "hook", dataset / "train" / "grasper"
    shutil.copy(hook / "0.jpg", hook / "again.jpg")
    shutil.copy(hook / "0.jpg", grasper / "hook_again.jpg")
    report = scan_dataset(dataset)
    (fault,) = report.faults
    assert (fault.kind, fault.path) == ("label_conflict", grasper / "hook_again.jpg")
    assert fault.message == (
        "the same image as train/hook/0.jpg; this is labelled grasper, that hook"
    )


def test_one_image_with_other_labels_in_test_is_a_leak_and_a_fault(dataset: Path) -> None:
    path = dataset / "test" / "grasper" / "again.jpg"
    shutil.copy(dataset / "train" / "hook" / "0.jpg", path)
    found = {finding.kind for finding in scan_dataset(dataset).findings if finding.path == path}
    assert found == {"label_conflict", "leak"}


def test_nearly_one_image_with_two_labels_is_a_warning(dataset: Path) -> None:
    write(dataset / "train" / "grasper" / "hook_again.jpg", 11, quality=60)
    (finding,) = scan_dataset(dataset).findings
    assert finding.kind == "near_label_conflict"
    assert finding.severity == "warning"


def by_name(images: Dataset) -> Dataset:
    """Recordings and patients as these tests' file names tell them: ``v1_p1_0.jpg``."""
    parts = [path.stem.split("_") for path in images.paths]
    return replace(
        images,
        videos=tuple(part[0] for part in parts),
        patients=tuple(part[1] for part in parts),
    )


def test_recordings_and_patients_in_two_splits_are_named(tmp_path: Path) -> None:
    names = {
        "train": ("v1_p1_a", "v1_p1_b", "v2_p2_a", "v3__a"),
        "test": ("v1_p1_c", "v4_p2_a", "v5__a"),
    }
    seed = 0
    for split, stems in names.items():
        for stem in stems:
            for tool in ("hook", "grasper"):
                write(tmp_path / "dataset" / split / tool / f"{stem}.jpg", seed := seed + 1)
    report = scan_dataset(tmp_path / "dataset", regroup=by_name)
    assert [(finding.kind, finding.message) for finding in report.findings] == [
        ("shared_patient", "patient p1 has images in train (4) and test (2)"),
        ("shared_patient", "patient p2 has images in train (2) and test (2)"),
        ("shared_video", "recording v1 has images in train (4) and test (2)"),
    ]
