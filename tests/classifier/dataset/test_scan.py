"""What a scan counts, and says of single files."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from classifier.dataset.checking import check_images, checked_files, fingerprint
from classifier.dataset.class_folders import read_class_folders
from classifier.dataset.findings import KINDS, Finding
from classifier.dataset.scan import require_trainable, scan_dataset
from classifier.errors import DatasetError
from tests.support.labelled_folders import counts, leak, picture, said, write

SAMPLES = Path(__file__).parents[3] / "samples" / "dataset"


def test_a_dataset_that_is_in_order_is_counted_and_nothing_said(dataset: Path) -> None:
    report = scan_dataset(dataset)
    assert said(report) == []
    assert report.classes == ("grasper", "hook")
    assert counts(report) == {
        "train": {"grasper": 3, "hook": 3},
        "test": {"grasper": 2, "hook": 2},
    }
    assert not report.has_faults(strict=True)


def test_the_samples_are_in_order() -> None:
    report = scan_dataset(SAMPLES)
    assert said(report) == []
    assert sum(split.n_usable for split in report.splits) == 256


def test_a_bad_file_is_left_out_and_does_not_stop_training(dataset: Path) -> None:
    (dataset / "train" / "hook" / "bad.jpg").write_bytes(b"text")
    (dataset / "train" / "hook" / "none.jpg").write_bytes(b"")
    report = scan_dataset(dataset)
    assert said(report) == [
        ("not_an_image", "train/hook/bad.jpg"),
        ("empty", "train/hook/none.jpg"),
    ]
    train = report.splits[0]
    assert (train.n_listed, train.n_usable, train.counts["hook"]) == (8, 6, 3)
    assert report.has_faults()
    assert report.faults == ()


def test_a_scan_and_training_agree_on_what_can_be_used(dataset: Path) -> None:
    hook = dataset / "train" / "hook"
    (hook / "bad.jpg").write_bytes(b"text")
    content = (hook / "0.jpg").read_bytes()
    (hook / "cut.jpg").write_bytes(content[:-40])
    (hook / "notes.txt").write_text("x")
    (hook / "photo.heic").write_text("x")
    images = read_class_folders(dataset / "train")
    report = scan_dataset(dataset)
    alone, digest = check_images(images)
    after, same = check_images(images, inspected=report.inspected)
    assert alone.paths == after.paths
    assert digest == same
    assert alone.problems == after.problems
    assert len(alone) == report.splits[0].n_usable == 6
    assert [problem.path.name for problem in alone.problems] == [
        "notes.txt",
        "photo.heic",
        "bad.jpg",
        "cut.jpg",
    ]


def test_files_are_told_by_size_and_digest(dataset: Path) -> None:
    import hashlib

    images = read_class_folders(dataset / "train")
    inspected = scan_dataset(dataset).inspected
    files = checked_files(images, inspected)
    for path, file in zip(images.paths, files, strict=True):
        assert file is not None
        assert file.path == path
        assert file.size_bytes == path.stat().st_size
        assert file.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    known = [file for file in files if file is not None]
    assert fingerprint(known) == fingerprint(reversed(known)) == check_images(images)[1]


def test_remarks_on_single_files(dataset: Path) -> None:
    hook = dataset / "train" / "hook"
    content = cv2.imencode(".png", picture(50))[1].tobytes()
    (hook / "png_named.jpg").write_bytes(content)
    Image.fromarray(picture(51)).convert("CMYK").save(hook / "cmyk.jpg", quality=95)
    cv2.imwrite(str(hook / "deep.png"), picture(52).astype(np.uint16) * 257)
    cv2.imwrite(str(hook / "tiny.png"), picture(53, 8, 40))
    frames = [Image.fromarray(picture(seed)) for seed in (54, 55)]
    frames[0].save(hook / "several.gif", save_all=True, append_images=frames[1:])
    tags = Image.Exif()
    tags[0x0112] = 6
    Image.fromarray(picture(56)).save(hook / "turned.jpg", exif=tags.tobytes())
    write(hook / "sub" / "deeper" / "nested.jpg", 57)
    report = scan_dataset(dataset)
    assert sorted(said(report)) == [
        ("animated", "train/hook/several.gif"),
        ("cmyk", "train/hook/cmyk.jpg"),
        ("deep", "train/hook/deep.png"),
        ("nested", "train/hook/sub/deeper/nested.jpg"),
        ("rotated", "train/hook/turned.jpg"),
        ("suffix", "train/hook/png_named.jpg"),
        ("tiny", "train/hook/tiny.png"),
    ]
    assert counts(report)["train"]["hook"] == 3 + 7
    assert not report.has_faults()
    assert report.has_faults(strict=True)


def test_what_is_no_image_is_skipped_by_its_sort(dataset: Path) -> None:
    train = dataset / "train"
    (train / "Thumbs.db").write_bytes(b"x")
    write(train / ".ipynb_checkpoints" / "0.jpg", 60)
    for name in (".DS_Store", "Thumbs.db", "notes.txt", "drawing.svg", "._0.jpg"):
        (train / "hook" / name).write_text("<svg/>")
    (dataset / "README.md").write_text("x")
    (train / "hook" / "elsewhere").symlink_to(train / "grasper")
    report = scan_dataset(dataset)
    assert sorted(said(report)) == [
        ("hidden", "train/hook/.DS_Store"),
        ("hidden", "train/hook/._0.jpg"),
        ("hidden", "train/hook/Thumbs.db"),
        ("linked_folder", "train/hook/elsewhere"),
        ("not_a_class", "README.md"),
        ("not_a_class", "train/.ipynb_checkpoints"),
        ("not_a_class", "train/Thumbs.db"),
        ("stranger", "train/hook/drawing.svg"),
        ("stranger", "train/hook/notes.txt"),
    ]
    assert not report.has_faults(strict=True)


def test_pictures_that_are_not_read_and_dead_links_are_errors(dataset: Path) -> None:
    hook = dataset / "train" / "hook"
    (hook / "photo.HEIC").write_bytes(b"x")
    (hook / "gone.jpg").symlink_to(hook / "nowhere.jpg")
    os.mkfifo(hook / "pipe.jpg")
    report = scan_dataset(dataset)
    assert said(report) == [
        ("unreadable", "train/hook/gone.jpg"),
        ("not_supported", "train/hook/photo.HEIC"),
        ("unreadable", "train/hook/pipe.jpg"),
    ]
    assert report.counts["error"] == 3


def test_a_table_is_scanned_too(tmp_path: Path) -> None:
    for i in range(4):
        write(tmp_path / "images" / f"{i}.jpg", i)
    shutil.copy(tmp_path / "images" / "0.jpg", tmp_path / "images" / "again.jpg")
    (tmp_path / "labels.csv").write_text(
        "image,hook,grasper,clipper\nimages/0.jpg,1,0,0\nimages/1.jpg,1,1,0\nimages/2.jpg,0,1,0\n"
        "images/again.jpg,0,1,0\nimages/gone.jpg,1,1,0\n"
    )
    report = scan_dataset(tmp_path)
    assert report.classes == ("hook", "grasper", "clipper")
    assert sorted(said(report)) == [
        ("empty_class", "labels.csv"),
        ("label_conflict", "images/again.jpg"),
        ("unreadable", "images/gone.jpg"),
    ]


def test_newlines_and_bytes_in_file_names_are_no_fault(dataset: Path) -> None:
    hook = dataset / "train" / "hook"
    for seed, name in enumerate(("new\nline.jpg", "na\udcffme.jpg", "UPPER.JPG", "x.jpeg")):
        write(hook / "tmp.jpg", 70 + seed).rename(hook / name)
    report = scan_dataset(dataset)
    assert said(report) == []
    assert counts(report)["train"]["hook"] == 7


def test_fewer_pixels_can_be_allowed(dataset: Path) -> None:
    write(dataset / "train" / "hook" / "large.jpg", 70, height=96)
    report = scan_dataset(dataset, max_pixels=64 * 48)
    assert said(report) == [("too_large", "train/hook/large.jpg")]
    with pytest.raises(ValueError, match="max_pixels must be from 1 to 35651584, got 0"):
        scan_dataset(dataset, max_pixels=0)


def test_progress_counts_every_image(dataset: Path) -> None:
    seen: list[tuple[int, int]] = []
    scan_dataset(dataset, progress=lambda *counted: seen.append(counted))
    assert seen == [(i, 10) for i in range(1, 11)]


def test_only_errors_of_the_dataset_stop_training() -> None:
    stopping = {kind for kind in KINDS if Finding(kind, Path("x"), "").stops_training}
    assert stopping == {
        "unusable_name",
        "name_clash",
        "empty_class",
        "only_in_test",
        "label_conflict",
        "no_train",
    }
    with pytest.raises(ValueError, match="no such kind of finding: 'x'"):
        Finding("x", Path("x"), "")


@pytest.mark.parametrize("make", [os.symlink, shutil.copytree])
def test_a_linked_class_folder_is_one_like_others(
    dataset: Path, tmp_path: Path, make: Callable[[Path, Path], object]
) -> None:
    elsewhere = tmp_path / "elsewhere"
    (dataset / "train" / "hook").rename(elsewhere)
    make(elsewhere, dataset / "train" / "hook")
    assert counts(scan_dataset(dataset))["train"] == {"grasper": 3, "hook": 3}


def test_training_is_refused_by_faults_and_strictly_by_warnings(dataset: Path) -> None:
    (dataset / "train" / "hook" / "bad.jpg").write_bytes(b"text")
    leak(dataset, "copy")
    report = scan_dataset(dataset)
    require_trainable(report)
    with pytest.raises(DatasetError, match=r"bad\.jpg: not an image \(and 1 more findings\); "):
        require_trainable(report, strict=True)
    (dataset / "train" / "clipper").mkdir()
    with pytest.raises(DatasetError, match="clipper: no images in this class"):
        require_trainable(scan_dataset(dataset))
