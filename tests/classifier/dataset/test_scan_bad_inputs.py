"""Hostile datasets from outside: each row of their table, held against the scan's report.

The files are no part of the project. Where their folder is missing, these tests are skipped; every
kind of them is made anew in ``test_scan`` and ``test_decoding``.
"""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

from classifier.dataset.findings import Finding
from classifier.dataset.scan import ScanReport, scan_dataset

BAD_INPUTS = Path(__file__).parents[4] / "shared" / "bad_inputs"

pytestmark = pytest.mark.skipif(not BAD_INPUTS.is_dir(), reason="the files are not there")

# What may be said of a file or class that is in order: that there is one image, or another such.
ASIDE = {
    "duplicate",
    "near_duplicates",
    "near_label_conflict",
    "only_in_train",
    "single_image",
    "merged_class",
}

# Which finding a row's own words ask for.
KIND_OF = {
    "png_named.jpg": "suffix",
    "cmyk.jpg": "cmyk",
    "gray16.png": "deep",
    "anim.gif": "animated",
    "anim.webp": "animated",
    "exif_rot90.jpg": "rotated",
    "bomb_30000sq.png": "too_large",
    "jpeg_dims_lie.jpg": "too_large",
    "one_px.png": "tiny",
    "deep.jpg": "nested",
    "empty_class": "empty_class",
    "only_in_test": "only_in_test",
    "only_in_train": "only_in_train",
    "single_image": "single_image",
    "new\nline": "unusable_name",
    "time_s": "unusable_name",
    "=cmd|' !A1'": "formula_name",
    "Hook": "merged_class",
    "hook ": "blank_in_name",
    "leak_exact.jpg": "leak",
    "leak_symlink.jpg": "leak",
    "leak_recompressed.jpg": "near_leak",
    "leak_resized.png": "near_leak",
    "hook_000_again.jpg": "label_conflict",
}


def rows() -> list[dict[str, str]]:
    table = BAD_INPUTS / "EXPECTED.csv"
    if not table.is_file():
        return []
    with table.open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["category"] == "dataset"]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> ScanReport:
    """Of a copy, in which a link and an empty folder are made that a copy may have lost."""
    folder = tmp_path_factory.mktemp("bad") / "dataset"
    shutil.copytree(BAD_INPUTS / "dataset", folder, symlinks=True)
    for place in folder.rglob("*"):
        if place.is_dir():
            place.chmod(0o755)
    (folder / "train" / "empty_class").mkdir(exist_ok=True)
    link = folder / "test" / "hook" / "leak_symlink.jpg"
    if not link.is_symlink():
        target = link.read_text()
        link.unlink()
        link.symlink_to(target)
    return scan_dataset(folder)


def path_of(row: dict[str, str], report: ScanReport) -> Path:
    name = row["path"].removeprefix("dataset/").replace("\\x0a", "\n")
    return report.dataset / name


def found_of(row: dict[str, str], report: ScanReport) -> list[Finding]:
    path = path_of(row, report)
    own = [finding for finding in report.findings if finding.path == path]
    if own or row["verdict"] != "SKIP":
        return own
    # What lies in a hidden folder is not even listed.
    return [finding for finding in report.findings if finding.path == path.parent]


@pytest.mark.parametrize("row", rows(), ids=lambda row: ascii(row["path"]))
def test_the_scan_says_what_the_table_asks_for(row: dict[str, str], report: ScanReport) -> None:
    found = found_of(row, report)
    severities = {finding.severity for finding in found}
    path = path_of(row, report)
    image = report.inspected.get(path)
    if row["verdict"] == "REJECT":
        assert "error" in severities
        assert path.is_dir() or image is None or image.file is None or "label" in row["must"]
    elif row["verdict"] == "SKIP":
        assert severities == {"skipped"}
        assert image is None
    else:
        assert "error" not in severities
        assert path.is_dir() or (image is not None and image.file is not None)
        if row["verdict"] == "OK_WARN":
            assert {"warning", "note"} & severities
        else:
            assert {finding.kind for finding in found} <= ASIDE
    kind = KIND_OF.get(path.name)
    if kind is not None and row["verdict"] != "OK":
        assert kind in {finding.kind for finding in found}


def test_a_class_that_is_in_order_is_counted(report: ScanReport) -> None:
    train = next(split for split in report.splits if split.split == "train")
    for name in ("a,b", "<b>x", "..%2f..%2fx", "ciseaux_é手", "=cmd|' !A1'", "single_image"):
        assert train.counts[name] == 1
    assert not {"time_s", "new\nline", "empty_class"} & set(train.counts)


def test_every_finding_is_one_line(report: ScanReport) -> None:
    assert all(finding.message.isprintable() for finding in report.findings)
