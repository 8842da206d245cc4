"""Each kind of bad input: one line naming the file, the cause and what to do; the exit status."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from tests.support.clips import cut_file, steady, write_clip
from video_pipeline.cli import main

Maker = Callable[..., Path]


class Called:
    """What a call of the command came to."""

    def __init__(self, status: int, out: str, err: str) -> None:
        self.status = status
        self.out = out
        self.problems = [line for line in err.splitlines() if line.startswith("surgical-video")]
        assert "Traceback" not in err


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Callable[..., Called]:
    def run(*arguments: object) -> Called:
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as stop:
            status = int(stop.code or 0)
        return Called(status, *capsys.readouterr())

    return run


def write_sound(path: Path) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=44100)
        frame = av.AudioFrame.from_ndarray(np.zeros((2, 1024), np.float32), "fltp", "stereo")
        frame.sample_rate = 44100
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("make", "cause"),
    [
        (lambda folder: folder / "none.mp4", "no such file"),
        (lambda folder: write(folder / "empty.mp4", b""), "the file is empty"),
        (lambda folder: write(folder / "text.mp4", b"a text\n" * 99), "not a video container"),
        (lambda folder: write_sound(folder / "sound.mp4"), "no video stream"),
    ],
    ids=["missing", "empty", "text", "audio only"],
)
def test_a_file_that_is_no_recording_fails_in_one_line(
    call: Callable[..., Called],
    tmp_path: Path,
    model_folder: Path,
    make: Callable[[Path], Path],
    cause: str,
) -> None:
    recording, out = make(tmp_path), tmp_path / "out"
    called = call("annotate", recording, "--model", model_folder, "--out", out)
    assert called.status == 1
    (problem,) = called.problems
    assert problem.startswith(f"surgical-video: {recording}: {cause}")
    assert "; " in problem, "a hint follows the cause"
    assert [p.name for p in out.iterdir()] == ["batch.csv"]
    assert (out / "batch.csv").read_text().splitlines()[1].split(",")[2] == "failed"


def test_a_cut_recording_is_annotated_up_to_the_cut_and_flagged(
    call: Callable[..., Called], tmp_path: Path, model_folder: Path
) -> None:
    clip = write_clip(
        tmp_path / "cut.mp4", steady(250), container_options={"movflags": "faststart"}
    )
    cut_file(clip, 0.6)
    called = call("annotate", clip, "--model", model_folder, "--out", tmp_path / "out")
    assert called.status == 1
    (problem,) = called.problems
    assert "cut.mp4" in problem
    rows = (tmp_path / "out" / "cut" / "timeline.csv").read_text().splitlines()
    assert 2 < len(rows) < 10
    assert rows[-1].endswith("cut_off")
    assert json.loads((tmp_path / "out" / "cut" / "run.json").read_text())["status"] == "partial"


def test_good_recordings_are_annotated_beside_bad_ones(
    call: Callable[..., Called], tmp_path: Path, model_folder: Path
) -> None:
    folder = tmp_path / "recordings"
    folder.mkdir()
    write_clip(folder / "good.mp4", steady(50))
    write(folder / "bad.mp4", b"text")
    called = call("annotate", folder, "--model", model_folder, "--out", tmp_path / "out")
    assert called.status == 1
    assert len(called.problems) == 1
    statuses = [r.split(",")[2] for r in (tmp_path / "out" / "batch.csv").read_text().splitlines()]
    assert statuses == ["status", "failed", "done"]


def test_an_unknown_model_folder_is_refused_before_anything_is_written(
    call: Callable[..., Called], tmp_path: Path
) -> None:
    called = call("annotate", "x.mp4", "--model", tmp_path / "none", "--out", tmp_path / "out")
    assert called.status == 1
    (problem,) = called.problems
    assert problem.startswith(f"surgical-video: {tmp_path / 'none'}: no such model folder; ")
    assert not (tmp_path / "out").exists()


def test_weights_of_another_shape_are_refused(
    call: Callable[..., Called], tmp_path: Path, model_folder: Path
) -> None:
    model = Path(shutil.copytree(model_folder, tmp_path / "model"))
    content = json.loads((model / "classifier.json").read_text())
    content["tools"].append("one more")
    (model / "classifier.json").write_text(json.dumps(content))
    clip = write_clip(tmp_path / "clip.mp4", steady(30))
    called = call("annotate", clip, "--model", model, "--out", tmp_path / "out")
    assert called.status == 1
    (problem,) = called.problems
    assert "the network needs (2048, 4)" in problem


@pytest.mark.parametrize(
    "wrong",
    [
        ["--rate", "0"],
        ["--rate", "-1"],
        ["--rate", "nan"],
        ["--batch-size", "0"],
        ["--on", "1.5"],
        ["--median", "-3"],
        ["--on", "0.3", "--off", "0.5"],
        ["--unknown"],
    ],
)
def test_a_wrong_call_exits_with_2_and_writes_nothing(
    call: Callable[..., Called], tmp_path: Path, model_folder: Path, wrong: list[str]
) -> None:
    out = tmp_path / "out"
    called = call("annotate", "x.mp4", "--model", model_folder, "--out", out, *wrong)
    assert called.status == 2
    assert not out.exists()


def train(call: Callable[..., Called], dataset: Path, *options: object) -> Called:
    return call("train", dataset, "--out", dataset.parent / "model", "--weights", "none", *options)


@pytest.mark.parametrize(
    ("classes", "cause"),
    [
        ({"hook": 4, "grasper": 0}, "no images in this class"),
        ({"hook": 4}, r"one class only \(hook\)"),
        ({"no_tool": 4}, "no folder of a tool"),
        ({"hook": 1, "grasper": 1}, "too few to learn from"),
    ],
)
def test_a_dataset_that_teaches_nothing_is_refused(
    call: Callable[..., Called], folder_dataset: Maker, classes: dict[str, int], cause: str
) -> None:
    dataset = folder_dataset(classes)
    called = train(call, dataset)
    assert called.status == 1
    (problem,) = called.problems
    assert re.search(cause, problem)
    assert str(dataset) in problem
    assert not (dataset.parent / "model").exists()


def test_a_dataset_that_is_not_there_is_refused(
    call: Callable[..., Called], tmp_path: Path
) -> None:
    called = train(call, tmp_path / "none")
    assert called.status == 1
    assert "no such dataset folder" in called.problems[0]


def test_a_used_model_folder_is_not_overwritten_unasked(
    call: Callable[..., Called], folder_dataset: Maker
) -> None:
    dataset = folder_dataset({"hook": 4, "grasper": 4})
    model = dataset.parent / "model"
    model.mkdir()
    (model / "precious").write_text("x")
    called = train(call, dataset)
    assert called.status == 1
    assert "holds files already" in called.problems[0]
    assert (model / "precious").read_text() == "x"


def test_weights_that_are_not_there_are_refused_with_the_choices(
    call: Callable[..., Called], folder_dataset: Maker
) -> None:
    dataset = folder_dataset({"hook": 4, "grasper": 4})
    called = train(call, dataset, "--weights", dataset / "none.h5")
    assert called.status == 1
    assert "no such weights file or model folder; pass --weights PATH" in called.problems[0]


@pytest.mark.parametrize(
    "wrong",
    [["--epochs", "0,0"], ["--epochs", "3"], ["--input-size", "8"], ["--validation-share", "1"]],
)
def test_a_wrong_call_of_train_exits_with_2(
    call: Callable[..., Called], folder_dataset: Maker, wrong: list[str]
) -> None:
    assert train(call, folder_dataset({"hook": 4, "grasper": 4}), *wrong).status == 2
