"""What a scan says of datasets that are made wrong, one kind at a time."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from classifier.dataset.checking import check_images, checked_files, fingerprint
from classifier.dataset.class_folders import find_split, read_class_folders
from classifier.dataset.findings import KINDS, Finding
from classifier.dataset.record import Dataset
from classifier.dataset.scan import ScanReport, require_trainable, scan_dataset
from classifier.errors import DatasetError

SAMPLES = Path(__file__).parents[3] / "samples" / "dataset"


def picture(seed: int, height: int = 48, width: int = 64) -> NDArray[np.uint8]:
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.uint8)


def write(path: Path, seed: int, *, quality: int = 95, height: int = 48) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    content = cv2.imencode(
        path.suffix, picture(seed, height, height * 4 // 3), [cv2.IMWRITE_JPEG_QUALITY, quality]
    )[1]
    path.write_bytes(content.tobytes())
    return path


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """Two tools, three images each in train and two in test: nothing is wrong with it."""
    folder = tmp_path / "dataset"
    for k, (split, n) in enumerate((("train", 3), ("test", 2))):
        for m, tool in enumerate(("grasper", "hook")):
            for i in range(n):
                write(folder / split / tool / f"{i}.jpg", 100 * k + 10 * m + i)
    return folder


def said(report: ScanReport) -> list[tuple[str, str]]:
    """Kind and path of each finding."""
    return [
        (finding.kind, finding.path.relative_to(report.dataset).as_posix())
        for finding in report.findings
    ]


def counts(report: ScanReport) -> dict[str, dict[str, int]]:
    return {split.split: dict(split.counts) for split in report.splits}


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


def leak(dataset: Path, kind: str) -> Path:
    source = dataset / "train" / "hook" / "1.jpg"
    path = dataset / "test" / "hook" / "leak.jpg"
    if kind == "link":
        path.symlink_to(source)
    elif kind == "copy":
        shutil.copy(source, path)
    elif kind == "recompressed":
        write(path, 11, quality=60)
    else:
        write(path, 11, height=96)
    return path


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
