"""``surgical-video dataset import``: from annotations and pictures to a table that trains."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from classifier.dataset.checking import check_images
from classifier.dataset.table import read_table
from video_pipeline.cli import main

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    def run(*arguments: object) -> tuple[int, str, str]:
        try:
            status = main(["dataset", "import", *map(str, arguments)])
        except SystemExit as stop:
            status = int(stop.code or 0)
        return (status, *capsys.readouterr())

    return run


@pytest.fixture
def cholec80(tmp_path: Path) -> Path:
    """Two annotated recordings of four seconds; pictures of the first, one more than rows."""
    source = tmp_path / "cholec80"
    (source / "tool_annotations").mkdir(parents=True)
    for name in ("video01", "video02"):
        text = "Frame\tGrasper\tHook\n0\t1\t0\n25\t1\t1\n50\t0\t0\n75\t0\t1\n"
        (source / "tool_annotations" / f"{name}-tool.txt").write_text(text)
    (source / "frames" / "video01").mkdir(parents=True)
    for i in range(1, 6):
        image = np.full((40, 40, 3), 40 * i, dtype=np.uint8)
        cv2.imwrite(str(source / "frames" / "video01" / f"video01_{i:06}.png"), image)
    return source


def test_the_table_is_a_dataset_that_training_reads(
    call: Call, cholec80: Path, tmp_path: Path
) -> None:
    status, out, err = call(cholec80, "--format", "cholec80", "--out", tmp_path / "table")
    assert status == 0
    assert out.splitlines()[:4] == [
        "tool       frames",
        "Grasper         2",
        "Hook            2",
        "(no tool)       1",
    ]
    assert err.splitlines() == [
        "video01: pictures and annotation end a second apart; accepted",
        "video01: pictures without an annotation: 1",
        "without any picture here: 1 annotated recordings",
    ]
    read, _ = check_images(read_table(tmp_path / "table"))
    assert read.problems == ()
    assert read.tools == ("Grasper", "Hook")
    assert read.labels.tolist() == [[1, 0], [1, 1], [0, 0], [0, 1]]
    assert read.videos == ("video01",) * 4
    images = [read.read(i, size_px=(40, 40), resize_rule="opencv_inter_area") for i in range(4)]
    assert [int(image.mean()) for image in images] == [40, 80, 120, 160]


def test_a_table_that_is_there_is_not_replaced_unasked(
    call: Call, cholec80: Path, tmp_path: Path
) -> None:
    out = tmp_path / "table"
    arguments = (cholec80, "--format", "cholec80", "--out", out)
    assert call(*arguments)[0] == 0
    before = (out / "labels.csv").read_bytes()
    status, _, err = call(*arguments)
    assert status == 1
    assert "labels made by hand; name another folder or pass --overwrite" in err
    assert call(*arguments, "--overwrite")[0] == 0
    assert (out / "labels.csv").read_bytes() == before


def test_class_folders_are_not_hidden_by_a_table(
    call: Call, cholec80: Path, tmp_path: Path
) -> None:
    (tmp_path / "dataset" / "train").mkdir(parents=True)
    status, _, err = call(cholec80, "--format", "cholec80", "--out", tmp_path / "dataset")
    assert status == 1
    assert "holds class folders (train)" in err


@pytest.mark.parametrize(
    ("options", "status", "cause"),
    [
        (["--format", "cholect50"], 1, "holds no annotation; labels/VIDXX.json"),
        (["--format", "cholec80", "--frames", "none"], 1, "none: no such folder of frames"),
        (["--format", "cholec80", "--frame-pattern", "{video}.png"], 2, "one of {second}"),
        (
            ["--format", "cholec80", "--frame-pattern", "{video}_{index}.png"],
            1,
            "holds no frames; expected are {video}_{index}.png",
        ),
        (["--format", "coco"], 2, "invalid choice"),
        ([], 2, "--format"),
    ],
)
def test_what_cannot_be_imported_leaves_nothing_behind(
    call: Call, cholec80: Path, tmp_path: Path, options: list[str], status: int, cause: str
) -> None:
    found, out, err = call(cholec80, *options, "--out", tmp_path / "table")
    assert (found, out) == (status, "")
    assert cause in err
    assert not (tmp_path / "table").exists()
