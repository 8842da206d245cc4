"""``surgical-video evaluate`` as a user calls it."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from video_pipeline.cli import main

Called = tuple[int, str, list[str]]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Callable[..., Called]:
    def run(*arguments: object) -> Called:
        capsys.readouterr()
        status = main(["evaluate", *map(str, arguments)])
        out, err = capsys.readouterr()
        return status, out, [line for line in err.splitlines() if line.startswith("surgical-video")]

    return run


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """24 images of 6 recordings, with a column for each tool of ``model_folder``."""
    rng = np.random.default_rng(0)
    folder = tmp_path / "labelled"
    folder.mkdir()
    rows = [["image", "video", "grasper", "hook", "scissors"]]
    for i in range(24):
        cv2.imwrite(str(folder / f"{i}.jpg"), rng.integers(0, 255, (64, 64, 3), dtype=np.uint8))
        rows.append([f"{i}.jpg", f"case{i // 4}", str(i % 2), str(i % 3 // 2), "0"])
    with (folder / "labels.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return folder / "labels.csv"


@pytest.mark.slow
def test_a_table_is_judged_and_its_figures_stand_beside_their_intervals(
    call: Callable[..., Called], model_folder: Path, table: Path, tmp_path: Path
) -> None:
    (table.parent / "5.jpg").write_bytes(b"no image")
    out = tmp_path / "out"
    status, printed, problems = call(model_folder, table, "--out", out, "--no-pictures")
    assert status == 0
    assert problems == [f"surgical-video: {table.parent / '5.jpg'}: not an image; skipped"]
    metrics = json.loads((out / "metrics.json").read_text())
    assert (metrics["n_images"], metrics["skipped_files"]) == (23, 1)
    assert metrics["resampling"]["unit"] == "recording"
    assert metrics["tools"][2]["average_precision"] is None
    lines = printed.splitlines()
    hook, figures = lines[2].split(), metrics["tools"][1]
    low, high = (figures["intervals"]["average_precision"][end] for end in ("low", "high"))
    assert hook[0] == "hook"
    assert hook[-2:] == [f"{figures['average_precision']:.3f}", f"[{low:.3f}-{high:.3f}]"]
    assert lines[3].split() == ["scissors", "0", *["n/a"] * 4]
    assert "95 % intervals from 6 recordings" in printed
    assert "note: No image shows scissors" in printed
    assert "holds pictures" not in printed
    assert f"read:  {out / 'evaluation.html'}" in printed
    assert lines[-2] == "next:"
    assert "data:image/jpeg" not in (out / "evaluation.html").read_text()


@pytest.mark.slow
def test_json_is_the_file_and_pictures_are_announced(
    call: Callable[..., Called], model_folder: Path, table: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    status, printed, _ = call(model_folder, table, "--out", out, "--json")
    assert status == 0
    assert printed == (out / "metrics.json").read_text()
    assert "data:image/jpeg" in (out / "evaluation.html").read_text()
    status, printed, _ = call(model_folder, table, "--out", out, "--overwrite")
    assert "the page holds pictures of test images; --no-pictures leaves them out" in printed
    status, _, (problem,) = call(model_folder, table, "--out", out)
    assert status == 1
    assert "holds files already" in problem


@pytest.mark.slow
def test_what_cannot_be_judged_fails_in_one_line_and_writes_nothing(
    call: Callable[..., Called],
    model_folder: Path,
    folder_dataset: Callable[..., Path],
    tmp_path: Path,
) -> None:
    test = folder_dataset({"hook": 2, "trocar": 1}, split="test") / "test"
    status, _, (problem,) = call(model_folder, test, "--out", tmp_path / "out")
    assert status == 1
    assert problem.startswith(f"surgical-video: {test / 'trocar'}: no such class among those")
    (test / "trocar" / "test000.jpg").unlink()
    (test / "trocar").rmdir()
    for path in (test / "hook").iterdir():
        path.write_bytes(b"")
    status, _, (problem,) = call(model_folder, test, "--out", tmp_path / "out")
    assert status == 1
    assert problem == f"surgical-video: {test}: no readable image"
    assert not (tmp_path / "out").exists()
