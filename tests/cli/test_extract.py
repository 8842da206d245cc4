"""``surgical-video extract`` as a person runs it: killed, interrupted, called wrongly."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import pytest

from classifier.dataset.images import read_image
from classifier.dataset.table import read_table
from tests.extraction.calls import annotate, files_below, rows_of
from tests.support.clips import read_barcode, steady, write_clip
from tests.support.processes import running
from video_pipeline.cli import main
from video_pipeline.cli.arguments import duration, moment, picture_size

ROOT = Path(__file__).parents[2]
N_LONG = 1500
"""Frames of the long clip: enough to be interrupted on a busy machine."""
COMMAND = [
    *(sys.executable, "-c"),
    "import sys; from video_pipeline.cli import main; sys.exit(main(sys.argv[1:]))",
    "extract",
]


@dataclass(frozen=True)
class Done:
    status: int
    out: str
    err: str


def run(*arguments: object, limit_bytes: int | None = None) -> Done:
    def limit_file_size() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))  # type: ignore[arg-type]

    done = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        preexec_fn=limit_file_size if limit_bytes is not None else None,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def start(*arguments: object) -> AbstractContextManager[subprocess.Popen[str]]:
    return running([*COMMAND, *map(str, arguments)])


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("recordings") / "clip.mp4", steady(75))


@pytest.fixture(scope="module")
def long_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recordings")
    return write_clip(folder / "long.mp4", steady(N_LONG), size_px=(240, 426))


def test_frames_a_table_and_what_comes_next(clip: Path, tmp_path: Path) -> None:
    out = tmp_path / "frames"
    done = run(clip, "--out", out, "--every", "500ms", "--start", "1", "--end", "0:02.5")
    assert done.status == 0, done.err
    assert done.err.splitlines() == ["[1/1] clip: 3 frames, 3 new"]
    assert done.out.splitlines()[0] == f"3 frames of 1 recording (3 new): {out}/frames.csv"
    assert done.out.splitlines()[-1] == f"  surgical-video train {out} --out model"
    assert sorted(files_below(out)) == [
        *(f"clip/clip_{name}s.jpg" for name in ("000001.000", "000001.500", "000002.000")),
        *("clip/extract.json", "frames.csv"),
    ]
    again = run(clip, "--out", out, "--every", "0.5s", "--start", "0:01", "--end", "2.5")
    assert again.err.splitlines() == ["[1/1] clip: 3 frames, already done"]
    assert run(clip, "--out", out, "--quiet", "--rate", "1") == Done(0, "", "")


@pytest.mark.slow
def test_a_kill_costs_nothing_and_leaves_nothing(long_clip: Path, tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    call = (long_clip, "--rate", "25", "--format", "png")
    pictures = killed / "long"
    with start(*call, "--out", killed) as process:
        while not (pictures.is_dir() and len(os.listdir(pictures)) > 30):  # noqa: PTH208
            assert process.poll() is None, "it was done before it was killed"
    assert process.returncode == -signal.SIGKILL
    n_there = len([path for path in pictures.iterdir() if path.suffix == ".png"])
    assert 25 < n_there < N_LONG
    assert not (killed / "frames.csv").exists()
    (pictures / ".0123456789abcdef.partial").write_bytes(b"half a picture")
    stamps = {path: path.stat().st_mtime_ns for path in pictures.glob("*.png")}

    again = run(*call, "--out", killed)
    assert again.status == 0, again.err
    assert again.err.splitlines() == [f"[1/1] long: {N_LONG} frames, {N_LONG - n_there} new"]
    assert {path: path.stat().st_mtime_ns for path in stamps} == stamps
    assert run(*call, "--out", whole).status == 0
    assert files_below(killed) == files_below(whole)
    for row in rows_of(killed / "frames.csv")[::50]:
        assert read_barcode(read_image(killed / row["file"])) == round(float(row["time_s"]) * 25)


def test_an_interruption_says_what_is_left(clip: Path, long_clip: Path, tmp_path: Path) -> None:
    call = (clip, long_clip, "--out", tmp_path / "frames", "--rate", "25", "--format", "png")
    with start(*call) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "[1/2] clip: 75 frames, 75 new\n"
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert err.splitlines()[-1] == (
        "surgical-video: interrupted; 1 of 2 recordings are left; the same call goes on with them"
    )
    assert len(rows_of(tmp_path / "frames" / "frames.csv")) == 75


def test_a_full_disk_is_one_line_and_exit_1(clip: Path, tmp_path: Path) -> None:
    out = tmp_path / "frames"
    done = run(clip, "--out", out, "--size", "640x480", limit_bytes=4000)
    assert done.status == 1
    (problem,) = done.err.splitlines()
    assert problem.startswith(f"surgical-video: {out}/clip/clip_")
    assert "cannot be written (File too large)" in problem
    assert list(files_below(out)) == ["clip/extract.json"]
    assert run(clip, "--out", out, "--size", "640x480").status == 0
    assert len(files_below(out)) == 5


def test_one_bad_recording_fails_the_call_but_not_the_others(clip: Path, tmp_path: Path) -> None:
    bad, out = tmp_path / "bad.mp4", tmp_path / "frames"
    bad.write_text("no video\n" * 99)
    done = run(bad, clip, "--out", out)
    assert done.status == 1
    problem, line = done.err.splitlines()
    assert problem.startswith(f"surgical-video: {bad}: not a video container")
    assert line == "[2/2] clip: 3 frames, 3 new"
    assert done.out.splitlines()[0] == (
        f"3 frames of 1 recording (3 new), 1 failed: {out}/frames.csv"
    )


def test_labels_of_a_folder_become_a_dataset(clip: Path, tmp_path: Path) -> None:
    folder, out = tmp_path / "tool_annotations", tmp_path / "frames"
    folder.mkdir()
    annotate(folder / "tool_clip.txt", ["10", "11", "-"])
    done = run(clip, "--out", out, "--labels", folder)
    assert done.status == 0, done.err
    usual = "one second more or less is usual"
    assert done.err.splitlines() == [
        "[1/1] clip: seeing how long it is ...",
        f"{clip}: tool_clip.txt covers 2 s and the recording lasts 3 s; {usual}",
        "[1/1] clip: 3 frames, 3 new; 2 labelled, 1 not annotated",
    ]
    assert done.out.splitlines()[-1] == f"  surgical-video train {out}/labels.csv --out model"
    assert read_table(out / "labels.csv").labels.tolist() == [[1, 0], [1, 1]]
    single = run(clip, "--out", tmp_path / "single", "--labels", folder, "--single-tool")
    assert single.err.splitlines()[-1] == (
        "[1/1] clip: 1 frame, 1 new; 2 left out: several tools, or not annotated"
    )
    assert "--split test" in single.out.splitlines()[-1]


def test_a_recording_without_an_annotation_fails_in_one_line(clip: Path, tmp_path: Path) -> None:
    done = run(clip, "--out", tmp_path / "frames", "--labels", tmp_path)
    assert done.status == 1
    (problem,) = done.err.splitlines()
    assert problem == (
        f"surgical-video: {tmp_path}: no tool annotation of clip.mp4; "
        "clip-tool.txt or tool_clip.txt is expected there"
    )
    assert not (tmp_path / "frames" / "clip").exists()


def call(*arguments: object) -> int:
    try:
        return main(["extract", *map(str, arguments)])
    except SystemExit as stop:
        return int(stop.code or 0)


@pytest.mark.parametrize(
    "wrong",
    [
        ["--rate", "0"],
        ["--rate", "2000"],
        ["--rate", "1", "--every", "2s"],
        ["--rate", "1", "--count", "3"],
        ["--every", "2"],
        ["--every", "0s"],
        ["--every", "30h"],
        ["--count", "0"],
        ["--uncertain", "5"],
        ["--from-timeline", "timeline.csv"],
        ["--from-timeline", "timeline.csv", "--uncertain", "5", "--rate", "1"],
        ["--start", "2", "--end", "1"],
        ["--start", "-1"],
        ["--start", "1:75"],
        ["--end", "0"],
        ["--format", "gif"],
        ["--format", "png", "--quality", "90"],
        ["--quality", "101"],
        ["--size", "854"],
        ["--size", "0x480"],
        ["--single-tool"],
        ["--split", "test", "--labels", "."],
    ],
    ids=" ".join,
)
def test_a_wrong_call_exits_with_2_and_writes_nothing(
    clip: Path, tmp_path: Path, wrong: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(clip, "--out", tmp_path / "frames", *wrong) == 2
    assert "Traceback" not in capsys.readouterr().err
    assert not (tmp_path / "frames").exists()


@pytest.mark.parametrize("option", [["--labels"], ["--uncertain", "1", "--from-timeline"]])
def test_one_file_does_not_speak_of_two_recordings(
    clip: Path,
    long_clip: Path,
    tmp_path: Path,
    option: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    one = tmp_path / "one.txt"
    one.touch()
    assert call(clip, long_clip, "--out", tmp_path / "frames", *option, one) == 2
    assert "names one file, but there are 2 recordings: name a folder" in capsys.readouterr().err
    assert call(clip, "--out", tmp_path / "frames", *option, tmp_path / "none") == 1
    assert f"{tmp_path / 'none'}: no such file or folder" in capsys.readouterr().err
    assert not (tmp_path / "frames").exists()


@pytest.mark.parametrize(
    ("parse", "text", "value"),
    [
        (duration, "500ms", Fraction(1, 2)),
        (duration, "2s", Fraction(2)),
        (duration, "1.5min", Fraction(90)),
        (duration, "1h", Fraction(3600)),
        (moment, "90", Fraction(90)),
        (moment, "1:30", Fraction(90)),
        (moment, "1:02:03.5", Fraction(7447, 2)),
        (moment, "0:00", Fraction(0)),
        (picture_size, "native", None),
        (picture_size, "854x480", (480, 854)),
    ],
)
def test_values_are_read_exactly(parse: Callable[[str], object], text: str, value: object) -> None:
    assert parse(text) == value


def test_help_shows_examples(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("--help") == 0
    assert "surgical-video extract operation.mp4 --out frames" in capsys.readouterr().out
