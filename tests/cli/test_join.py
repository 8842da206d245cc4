"""``surgical-video annotate`` over operations of several files."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.cli.test_main_job import Done
from tests.support.clips import steady, write_clip
from video_pipeline.cli import main


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    """Two operations of two files each, 2.4 and 1.2 s long."""
    for name in ("case12", "case13"):
        folder = tmp_path / "recordings" / name
        folder.mkdir(parents=True)
        write_clip(folder / f"{name}_part1.mp4", steady(60))
        write_clip(folder / f"{name}_part2.mp4", steady(30), numbers=range(60, 90))
    return tmp_path / "recordings"


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.slow
def test_folders_names_and_lists_join_files(
    recordings: Path, model_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(*arguments: object) -> Done:
        status = main([*map(str, arguments)])
        return Done(status, *capsys.readouterr())

    out = tmp_path / "out"
    options = ("--model", model_folder, "--out", out)
    folders = sorted(recordings.iterdir())
    done = run("annotate", "--join", *folders, *options)
    assert done.status == 0, done.err
    note = "2 files joined without pauses: not all of them have a creation time"
    # They are annotated at once, and either may be done first.
    first, second = done.err.splitlines()[2::2]
    assert sorted([first[6:], second[6:]]) == ["case12: 4 s, done", "case13: 4 s, done"]
    assert (first[:6], second[:6]) == ("[1/2] ", "[2/2] ")
    assert sorted(done.err.splitlines()[1::2]) == [f"{folders[0]}: {note}", f"{folders[1]}: {note}"]
    assert done.err.splitlines()[0] == "loading the model ..."
    assert [(row["video_id"], row["path"]) for row in rows_of(out / "batch.csv")] == [
        ("case12", str(folders[0])),
        ("case13", str(folders[1])),
    ]
    parts = json.loads((out / "case12" / "run.json").read_text())["input"]["parts"]
    assert [(part["name"], part["start_s"]) for part in parts] == [
        ("case12_part1.mp4", 0.0),
        ("case12_part2.mp4", 2.4),
    ]
    again = run("annotate", "--join", *folders, *options)
    assert again.err.count("already done") == 2

    # The same operations by the names of their files, elsewhere; and one of them by a list.
    (folders[1] / "case13.parts").write_text("case13_part1.mp4\ncase13_part2.mp4\n")
    options = ("--model", model_folder, "--out", tmp_path / "other")
    named = run("annotate", "--join-parts", recordings, *options, "--quiet")
    assert (named.status, named.err) == (0, "")
    for name in ("case12", "case13"):
        timelines = [folder / name / "timeline.csv" for folder in (out, tmp_path / "other")]
        assert timelines[0].read_bytes() == timelines[1].read_bytes()

    # Without an option each file is one, and a note says what there would be.
    (folders[1] / "case13.parts").unlink()
    single = run("annotate", recordings, "--model", model_folder, "--out", tmp_path / "single")
    assert single.status == 0
    assert single.err.splitlines()[0] == (
        "4 files look like parts of longer recordings (such as case12_part1.mp4, "
        "case12_part2.mp4); each is annotated by itself, --join-parts reads parts as one recording"
    )
    assert len(rows_of(tmp_path / "single" / "batch.csv")) == 4


def test_files_cannot_be_joined_in_two_ways_at_once(
    recordings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call = ["annotate", str(recordings), "--model", "none", "--out", str(tmp_path / "out")]
    with pytest.raises(SystemExit) as stop:
        main([*call, "--join", "--join-parts"])
    assert stop.value.code == 2
    assert "--join-parts: not allowed with argument --join" in capsys.readouterr().err
