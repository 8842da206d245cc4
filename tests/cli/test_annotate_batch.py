"""What a person and a program see of ``annotate`` over many recordings."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from tests.support.batches import files_below
from tests.support.clips import cut_file, steady, write_clip
from tests.support.processes import ROOT, children_of, running
from video_pipeline.batch.job import Outcome
from video_pipeline.batch.planning.lengths import Length
from video_pipeline.batch.recordings import Recording
from video_pipeline.batch.table import BatchRow
from video_pipeline.cli import main
from video_pipeline.cli.annotation_problems import in_order_of_naming, print_problems
from video_pipeline.cli.annotation_progress import BatchProgress
from video_pipeline.cli.annotation_screen import AnnotationScreen
from video_pipeline.config import AnnotationSettings
from video_pipeline.records import VideoInfo

NOW = datetime(2026, 11, 27, 18, 0)
COMMAND = (
    # Workers find modules where this process does, the folder where it stands excepted.
    f"import sys; sys.path.insert(0, {str(ROOT)!r}); "
    "from video_pipeline.cli import main; sys.exit(main())"
)

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    def run(*arguments: object) -> tuple[int, str, str]:
        status = main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return status, out, err

    return run


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    """Good, cut and no recording at all, in the order of their names: b, a, c."""
    folder = tmp_path / "recordings"
    folder.mkdir()
    write_clip(folder / "b good.mp4", steady(75))
    faststart = {"movflags": "faststart"}
    cut_file(write_clip(folder / "c cut.mp4", steady(250), container_options=faststart), 0.6)
    (folder / "a bad.mp4").write_text("no video")
    return folder


def outcome(name: str, status: str = "done", *, seconds: int | None = 60) -> Outcome:
    path = Path(f"{name}.mp4")
    error = "" if status == "done" else "its cause; what to do"
    row = BatchRow(name, str(path), status, seconds, error)
    return Outcome(Recording(path, name), row, Path("out", name))


@pytest.mark.slow
def test_each_recording_is_an_object_on_stdout_and_nothing_else_is(
    call: Call, recordings: Path, model_folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    command = ("annotate", recordings, "--model", model_folder, "--out", out, "--json")
    status, said, err = call(*command)
    assert status == 1
    by_id = {of["video_id"]: of for of in map(json.loads, said.splitlines())}
    assert sorted(by_id) == ["a bad", "b good", "c cut"]
    good, bad, cut = by_id["b good"], by_id["a bad"], by_id["c cut"]
    assert good == {
        "video_id": "b good",
        "path": str(recordings / "b good.mp4"),
        "status": "done",
        "seconds": 3,
        "error": None,
        "warnings": [],
        "was_finished": False,
        "folder": str(out / "b good"),
        "outputs": good["outputs"],
    }
    assert sorted(good["outputs"]) == sorted(path.name for path in (out / "b good").iterdir())
    assert (bad["status"], bad["seconds"], bad["outputs"]) == ("failed", None, [])
    assert bad["error"].startswith("not a video container")
    assert cut["status"] == "partial"
    assert err.splitlines()[-1] == f"2 of 3 recordings annotated, 1 failed: {out / 'batch.csv'}"
    status, said, _ = call(*command, "--quiet")
    again = {of["video_id"]: of["was_finished"] for of in map(json.loads, said.splitlines())}
    assert again == {"a bad": False, "b good": True, "c cut": True}


@pytest.mark.slow
def test_failed_and_partial_ones_are_listed_at_the_end_with_what_to_do(
    call: Call, recordings: Path, model_folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    _, said, err = call("annotate", recordings, "--model", model_folder, "--out", out)
    problems = [line for line in err.splitlines() if line.startswith("surgical-video: ")]
    assert len(problems) == 2
    *_, head, bad, cut, first_step, second_step = err.splitlines()
    assert head == "1 failed, 1 partial:"
    assert bad.startswith(f"  failed   {recordings / 'a bad.mp4'}: not a video container")
    assert cut.startswith(f"  partial  {recordings / 'c cut.mp4'}: ")
    assert first_step.startswith("the same call tries again")
    assert second_step.startswith("what is missing")
    assert said.index("b good") < said.index("c cut")


@pytest.mark.slow
def test_a_changed_parameter_is_said_where_a_recording_is_done_again(
    call: Call, recordings: Path, model_folder: Path, tmp_path: Path
) -> None:
    clip, out = recordings / "b good.mp4", tmp_path / "out"
    command = ("annotate", clip, "--model", model_folder, "--out", out)
    call(*command)
    _, _, err = call(*command, "--rate", "2")
    assert err.splitlines()[-1] == "[1/1] b good: 3 s, done again: rate_hz was 1 and is 2"
    _, _, err = call(*command, "--rate", "2", "--force", "--workers", "1")
    assert err.splitlines()[-1] == "[1/1] b good: 3 s, done again: --force"


@pytest.mark.slow
def test_a_dry_run_writes_nothing_and_tells_work_time_and_space(
    call: Call, recordings: Path, model_folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    command = ("annotate", recordings, "--model", model_folder, "--out", out)
    long = write_clip(recordings / "d long.mp4", steady(600, 5), rate_hz=5, gop=1)
    status, said, _ = call(*command, "--dry-run", "--batch-size", "1", "--workers", "1")
    assert (status, out.exists()) == (0, False)
    *plan, empty, counts, video, time, space = said.splitlines()
    assert [line.split("  ")[0] for line in plan] == ["cannot", "to do", "to do", "to do"]
    assert (empty, counts) == ("", "3 to do, 1 cannot be read")
    assert video.startswith("video   about 2.2 min")
    assert "x real time on this machine" in time
    assert space.startswith("space   about ")
    call("annotate", recordings / "b good.mp4", *command[2:])
    before = files_below(out)
    _, said, err = call(*command, "--dry-run", "--json")
    objects = {of["video_id"]: of for of in map(json.loads, said.splitlines())}
    assert {name: of["action"] for name, of in objects.items()} == {
        "a bad": "cannot",
        "b good": "leave",
        "c cut": "annotate",
        "d long": "annotate",
    }
    assert objects["d long"]["bytes"] == long.stat().st_size
    assert "space   about " in err
    assert files_below(out) == before


def test_a_table_that_cannot_be_written_does_not_end_the_batch(
    call: Call, model_folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    (out / "batch.csv").mkdir(parents=True)
    for name in "ab":
        (tmp_path / f"{name}.mp4").write_text("no video")
    paths = (tmp_path / "a.mp4", tmp_path / "b.mp4")
    status, _, err = call("annotate", *paths, "--model", model_folder, "--out", out)
    assert status == 1
    problems = [line for line in err.splitlines() if line.startswith("surgical-video: ")]
    assert len(problems) == 3
    assert sum("batch.csv: cannot be written" in line for line in problems) == 1


def test_nothing_but_failures_is_a_failure(call: Call, model_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    status, said, _ = call("annotate", tmp_path / "x.mp4", "--model", model_folder, "--out", out)
    assert (status, said) == (1, f"0 of 1 recordings annotated, 1 failed: {out / 'batch.csv'}\n")


@pytest.mark.parametrize("wrong", [["--workers", "0"], ["--stall-limit", "0"], ["--engine"]])
def test_a_wrong_call_is_refused(model_folder: Path, tmp_path: Path, wrong: list[str]) -> None:
    out = tmp_path / "out"
    with pytest.raises(SystemExit) as stop:
        main(["annotate", "x.mp4", "--model", str(model_folder), "--out", str(out), *wrong])
    assert stop.value.code == 2
    assert not out.exists()


def test_many_problems_are_counted_not_listed(capsys: pytest.CaptureFixture[str]) -> None:
    outcomes = [outcome(f"r{k:02}", "failed", seconds=None) for k in range(25)]
    print_problems([*outcomes, outcome("good")], Path("out"))
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "25 failed:"
    assert lines[1] == "  failed   r00.mp4: its cause; what to do"
    assert len(lines) == 1 + 20 + 1 + 1
    assert lines[21] == "  and 5 more, see out/batch.csv"


def test_a_single_recording_is_not_listed_once_more(capsys: pytest.CaptureFixture[str]) -> None:
    print_problems([outcome("r", "failed", seconds=None)], Path("out"))
    assert capsys.readouterr().err == ""


def test_outcomes_are_summed_up_in_the_order_of_naming() -> None:
    recordings = [Recording(Path(f"{name}.mp4"), name) for name in "bca"]
    came = [outcome(name) for name in "abc"]
    assert [of.row.video_id for of in in_order_of_naming(came, recordings)] == ["b", "c", "a"]


def test_off_a_terminal_progress_is_a_line_every_five_minutes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock = [0.0]
    recordings = [Recording(Path(f"{name}.mp4"), name) for name in "ab"]
    progress = BatchProgress(
        recordings,
        AnnotationSettings(),
        clock=lambda: clock[0],
        find_lengths=lambda: {name: Length(36_000.0, 10**9) for name in "ab"},
    )
    info = VideoInfo("a.mp4", 100, 100, None, None, 0.0, "h264")
    with AnnotationScreen(progress, quiet=False, clock=lambda: clock[0], now=lambda: NOW) as screen:
        screen.begin()
        for minute in range(11):
            clock[0] = 60.0 * minute
            screen.show(recordings[0], 1200.0 * minute, info)
        screen.report(outcome("a", seconds=13_000))
    assert capsys.readouterr().err.splitlines() == [
        "0 of 2 recordings, 1.7 of about 20.0 h (8 %), 20x real time, done about 18:55",
        "0 of 2 recordings, 3.3 of about 20.0 h (16 %), 20x real time, done about 18:50",
        "[1/2] a: 13000 s, done",
    ]


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-c", COMMAND, *map(str, arguments)]


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_batch_says_what_is_left(model_folder: Path, tmp_path: Path, number: int) -> None:
    (tmp_path / "a.mp4").write_text("no video")
    paths = [tmp_path / "a.mp4"]
    paths += [write_clip(tmp_path / f"{name}.mp4", steady(1500)) for name in "bc"]
    out = tmp_path / "out"
    options = ("--model", model_folder, "--out", out, "--rate", 25, "--workers", 1)
    with running(command("annotate", *paths, *options)) as process:
        assert process.stderr is not None
        for line in process.stderr:
            # TensorFlow is about to be loaded.
            if line == "loading the model ...\n":
                break
        process.send_signal(number)
        _, err = process.communicate(timeout=5)
        assert children_of(process.pid) == set()
    assert process.returncode == 130
    assert err.splitlines()[-1] == (
        "surgical-video: stopped: 0 of 3 recordings done, 1 failed, 2 left; "
        "the same call goes on with them"
    )


@pytest.mark.slow
def test_on_a_terminal_a_bar_stays_within_its_width(model_folder: Path, tmp_path: Path) -> None:
    columns = 80
    paths = [write_clip(tmp_path / f"clip{k}.mp4", steady(1500)) for k in range(2)]
    leader, follower = os.openpty()
    options = ("--model", model_folder, "--out", tmp_path / "out", "--rate", 5)
    size = f"import fcntl, struct, termios; fcntl.ioctl(2, termios.TIOCSWINSZ, struct.pack('HHHH', 40, {columns}, 0, 0)); "  # noqa: E501
    process = subprocess.Popen(
        [sys.executable, "-c", size + COMMAND, "annotate", *map(str, [*paths, *options])],
        stdout=subprocess.DEVNULL,
        stderr=follower,
        cwd=ROOT,
    )
    os.close(follower)
    shown = b""
    while True:
        try:
            more = os.read(leader, 1 << 16)
        except OSError:  # the other end is closed
            break
        shown += more
    os.close(leader)
    assert process.wait(60) == 0, shown.decode()
    texts = shown.decode().replace("\x1b[A", "\n").replace("\r", "\n").split("\n")
    bars = [text for text in texts if " of about 2.0 min" in text or text.startswith("at work")]
    assert any("|" in text and "%)" in text for text in bars)
    assert any(text.startswith("at work: clip") for text in bars)
    assert all(len(text.rstrip()) < columns for text in bars)
