"""What cannot be tried has its row and its reason in one line, and is never opened."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.batches import OUTPUTS, Brightness, job_of
from tests.support.clips import steady, write_clip
from video_pipeline.batch.job import Outcome
from video_pipeline.batch.local.engine import LocalEngine
from video_pipeline.batch.recordings import name_operations
from video_pipeline.batch.search.operations import find_operations
from video_pipeline.batch.table import BATCH_NAME, update_batch_table
from video_pipeline.cli import main

pytestmark = pytest.mark.skipif(os.name != "posix", reason="pipes are POSIX's")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """One recording among what is none, twice under the same stem."""
    root = tmp_path / "in"
    (root / "sub").mkdir(parents=True)
    write_clip(root / "case.mp4", steady(26))
    os.mkfifo(root / "case.mkv")
    os.mkfifo(root / "sub" / "case.mp4")
    (root / "device.mp4").symlink_to("/dev/zero")
    (root / "round.mp4").symlink_to("round.mp4")
    (root / "nowhere.mp4").symlink_to("none")
    (root / "up").symlink_to(root, target_is_directory=True)
    (tmp_path / "empty").mkdir()
    return root


def annotate(paths: list[Path], out: Path) -> Iterator[Outcome]:
    recordings = name_operations(find_operations(paths), out)
    for outcome in LocalEngine(n_workers=2).annotate(recordings, Brightness(), job_of(out)):
        update_batch_table(out, [outcome.row])
        yield outcome


def rows_of(out: Path) -> dict[str, dict[str, str]]:
    """Of ``batch.csv``, by what each is about."""
    with (out / BATCH_NAME).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len({row["path"] for row in rows}) == len({row["video_id"] for row in rows}) == len(rows)
    return {row["path"]: row for row in rows}


def test_each_thing_found_has_exactly_one_row(root: Path, tmp_path: Path) -> None:
    out, empty = tmp_path / "out", tmp_path / "empty"
    out.mkdir()
    outcomes = list(annotate([empty, root, root / "case.mkv", root / "none.mp4"], out))
    rows = rows_of(out)
    assert len(rows) == len(outcomes) == 9
    assert {path: (row["status"], row["error"]) for path, row in rows.items()} == {
        str(root / "case.mp4"): ("done", ""),
        str(root / "case.mkv"): ("skipped", "a pipe, not a file"),
        str(root / "sub" / "case.mp4"): ("skipped", "a pipe, not a file"),
        str(root / "device.mp4"): ("skipped", "a device, not a file"),
        str(root / "round.mp4"): ("skipped", "a link that leads in a circle"),
        str(root / "nowhere.mp4"): ("skipped", "a link that leads nowhere"),
        str(root / "up"): ("skipped", "a link to a folder that is searched already"),
        str(empty): ("skipped", "no video in this folder; name the files themselves"),
        str(root / "none.mp4"): ("failed", rows[str(root / "none.mp4")]["error"]),
    }
    assert rows[str(root / "case.mp4")]["video_id"] == "case"
    assert sorted(path.name for path in out.iterdir()) == [BATCH_NAME, "case"]
    assert sorted(path.name for path in (out / "case").iterdir()) == OUTPUTS


def test_what_was_skipped_is_done_once_it_is_a_file(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (root / "case.mp4").unlink()
    list(annotate([root / "nowhere.mp4", root / "case.mkv"], out))
    assert {row["status"] for row in rows_of(out).values()} == {"skipped"}
    (root / "case.mkv").unlink()
    write_clip(root / "case.mkv", steady(26))
    list(annotate([root / "nowhere.mp4", root / "case.mkv"], out))
    assert {Path(path).name: row["status"] for path, row in rows_of(out).items()} == {
        "nowhere.mp4": "skipped",
        "case.mkv": "done",
    }


def test_a_call_for_nothing_but_empty_folders_fails_in_one_line(
    tmp_path: Path, model_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    call = ["annotate", str(tmp_path / "empty"), "--model", str(model_folder)]
    assert main([*call, "--out", str(tmp_path / "out")]) == 1
    assert capsys.readouterr().err.splitlines() == [
        f"surgical-video: {tmp_path / 'empty'}: no video in this folder; name the files themselves"
    ]
    assert not (tmp_path / "out").exists()


def test_extract_names_what_it_skips_and_extracts_the_rest(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frames = tmp_path / "frames"
    assert main(["extract", str(root), str(tmp_path / "empty"), "--out", str(frames)]) == 1
    said = [line for line in capsys.readouterr().err.splitlines() if "surgical-video" in line]
    assert len(said) == 7
    assert all(line.endswith("; skipped") for line in said)
    assert len(list((frames / "case").glob("*.jpg"))) == 2
