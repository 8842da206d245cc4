"""Other people's model files, hostile ones among them: refused in one line by every command.

The files are no part of the project. Where their folder is missing, these tests are skipped; their
faults are made anew in our own format in ``tests/classifier/model/test_bad_models.py``.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from classifier.errors import WeightsError
from classifier.training.starting_weights import check_starting_weights

BAD_INPUTS = Path(__file__).parents[3] / "shared" / "bad_inputs"

pytestmark = pytest.mark.skipif(not BAD_INPUTS.is_dir(), reason="the files are not there")


def names() -> list[str]:
    table = BAD_INPUTS / "EXPECTED.csv"
    if not table.is_file():
        return []
    with table.open(encoding="utf-8", newline="") as file:
        return [row["path"] for row in csv.DictReader(file) if row["category"] == "models"]


_WATCHED = """
import contextlib, io, json, sys
# NumPy asks for the processor's name when it is loaded.
import classifier.model.bundle
from video_pipeline.cli import main

events = []

def watch(event, arguments):
    if event in WATCHED:
        events.append([event, repr(arguments[:2])])

WATCHED = {"open", "os.mkdir", "socket.connect", "socket.getaddrinfo", "subprocess.Popen",
           "os.system", "pickle.find_class", "marshal.loads", "urllib.Request"}
calls = json.load(sys.stdin)
sys.addaudithook(watch)
for call in calls:
    events.clear()
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = main(call)
        except SystemExit as stop:
            status = stop.code
    happened = list(events)
    print(json.dumps([status, out.getvalue(), err.getvalue(), happened]))
"""


@cache
def outcomes(command: str) -> dict[str, list[Any]]:
    """What a command came to with each file: status, stdout, stderr, and what Python was asked."""
    call = {
        "annotate": ["annotate", "no_such_recording.mp4", "--out", "no_such_out", "--model"],
        "evaluate": ["evaluate", "no_such_images", "--out", "no_such_out"],
        "info": ["model", "info"],
        "export": ["model", "export", "--format", "saved_model", "--out", "no_such_out"],
    }[command]
    # The model comes last, but before the images of `evaluate`.
    calls = [
        [*call[:1], str(BAD_INPUTS / n), *call[1:]]
        if command == "evaluate"
        else [*call, str(BAD_INPUTS / n)]
        for n in names()
    ]
    done = subprocess.run(
        [sys.executable, "-c", _WATCHED],
        input=json.dumps(calls),
        capture_output=True,
        text=True,
        check=True,
    )
    results = map(json.loads, done.stdout.splitlines())
    return dict(zip(names(), results, strict=True))


@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize("command", ["annotate", "evaluate", "info", "export"])
def test_is_refused_in_one_line_and_nothing_else_happens(command: str, name: str) -> None:
    status, out, err, events = outcomes(command)[name]
    assert status == 1
    (line,) = err.splitlines()
    assert line.startswith(f"surgical-video: {BAD_INPUTS / name}: is a file, not a model folder; ")
    assert "train --weights" in line
    assert out == ""
    told = " ".join(arguments for _, arguments in events)
    for suspect in ("no_such", "CANARY", "badinput_canary", "bad_inputs"):
        assert suspect not in told
    assert {kind for kind, _ in events} <= {"open", "marshal.loads"}


@pytest.mark.parametrize("name", names())
def test_is_refused_as_a_start_of_training_in_one_line(name: str) -> None:
    with pytest.raises(WeightsError) as caught:
        check_starting_weights(str(BAD_INPUTS / name))
    line = str(caught.value)
    assert line.startswith(f"{BAD_INPUTS / name}: holds a whole model, which may run code")
    assert "train --weights takes a model folder that `train` wrote" in line
    assert "\n" not in line


def test_the_watch_sees_what_a_hostile_file_would_do(tmp_path: Path) -> None:
    """Without this, the tests above could not fail."""
    code = _WATCHED.replace(
        "status = main(call)", "import os; os.mkdir(call[0]); open(call[0] + '/x', 'w'); status = 1"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=json.dumps([[str(tmp_path / "marker")]]),
        capture_output=True,
        text=True,
        check=True,
    )
    kinds = [kind for kind, _ in json.loads(done.stdout)[3]]
    assert {"os.mkdir", "open"} <= set(kinds)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["cve_2025_1550.keras", "h5_external_storage.keras"])
def test_train_refuses_it_and_writes_nothing(
    name: str, folder_dataset: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from video_pipeline.cli import main

    dataset = folder_dataset({"hook": 4, "grasper": 4})
    file, out = BAD_INPUTS / "models" / name, tmp_path / "model"
    call = ["train", str(dataset), "--out", str(out), "--weights", str(file), "--input-size", "32"]
    assert main(call) == 1
    (line,) = [x for x in capsys.readouterr().err.splitlines() if x.startswith("surgical-video")]
    assert line.startswith(f"surgical-video: {file}: holds a whole model")
    assert not out.exists()
