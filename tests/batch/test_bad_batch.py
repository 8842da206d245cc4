"""All of the bad inputs in one batch: no crash, no hang, one row each, every verdict as expected.

``tests/frames/test_bad_inputs.py`` holds each of them against the reader; here they meet the
engine, its workers, its table, and each other.
"""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.batches import OUTPUTS, Brightness, job_of
from tests.support.processes import ROOT
from video_pipeline.batch.local.engine import LocalEngine
from video_pipeline.batch.recordings import Recording, name_operations
from video_pipeline.batch.search.operations import find_operations
from video_pipeline.batch.table import BATCH_NAME, update_batch_table
from video_pipeline.batch.verifying.verification import verify_folder

BAD_INPUTS = Path(__file__).parents[3] / "shared" / "bad_inputs"
LONGEST_S = 300.0
STATUSES = {"REJECT": "failed", "OK": "done", "OK_WARN": "done", "PARTIAL": "partial"}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not BAD_INPUTS.is_dir(), reason="the files are not there"),
]


def expected() -> dict[Path, str]:
    """The status that each file's verdict asks for."""
    with (BAD_INPUTS / "EXPECTED.csv").open(encoding="utf-8", newline="") as file:
        return {
            BAD_INPUTS / row["path"]: STATUSES[row["verdict"]]
            for row in csv.DictReader(file)
            if row["category"] in ("video", "protocol")
        }


def all_of_them(out: Path) -> list[Recording]:
    """Named one by one, and once more as folders."""
    folders = [BAD_INPUTS / "video", BAD_INPUTS / "protocol"]
    return name_operations(find_operations([*expected(), *folders]), out)


def test_all_bad_inputs_in_one_batch(tmp_path: Path) -> None:
    started = time.monotonic()
    recordings = all_of_them(tmp_path)
    outcomes = []
    for outcome in LocalEngine(n_workers=2).annotate(recordings, Brightness(), job_of(tmp_path)):
        outcomes.append(outcome)
        update_batch_table(tmp_path, [outcome.row])
    assert time.monotonic() - started < LONGEST_S

    statuses = {of.recording.path: of.row.status for of in outcomes}
    assert len(statuses) == len(outcomes) == len(recordings)
    wanted = expected()
    assert len(wanted) >= 80
    assert {path: statuses[path] for path in wanted} == wanted

    with (tmp_path / BATCH_NAME).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert sorted(row["path"] for row in rows) == sorted(str(of.path) for of in recordings)
    for row in rows:
        assert "\n" not in row["error"]
        # A fault of ours is one, whatever the input.
        assert not re.search("fault of this program|crashed|no progress|killed", row["error"])
        assert (row["status"] == "done") == (row["error"] == "")
        assert ("; " in row["error"]) or row["status"] != "failed", f"no hint: {row}"
    with_results = {row["video_id"] for row in rows if row["status"] in ("done", "partial")}
    assert {path.name for path in tmp_path.iterdir()} == {*with_results, BATCH_NAME}
    for video_id in with_results:
        assert sorted(path.name for path in (tmp_path / video_id).iterdir()) == OUTPUTS
    assert verify_folder(tmp_path, recordings=list(wanted)).problems == []


_CODE = """\
import sys
from pathlib import Path
from tests.batch.test_bad_batch import all_of_them
from tests.support.batches import Brightness, job_of
from video_pipeline.batch.local.engine import LocalEngine

out = Path(sys.argv[1])
for recording in all_of_them(out):
    print(recording.path, flush=True)
for _ in LocalEngine(n_workers=1).annotate(all_of_them(out), Brightness(), job_of(out)):
    pass
"""
_OPENED = re.compile(r'open(?:at)?\([^"]*"((?:[^"\\]|\\.)*)", ([A-Z_|]+)')


def test_each_input_opens_itself_and_nothing_else_and_no_socket(tmp_path: Path) -> None:
    """Seen from outside, where FFmpeg cannot hide anything: the calls of all processes."""
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("no strace here")
    out, log = tmp_path / "out", tmp_path / "log"
    calls = "trace=open,openat,creat,socket,connect,execve"
    watched = [strace, "-f", "-s", "4096", "-o", str(log), "-e", calls]
    done = subprocess.run(
        [*watched, sys.executable, "-c", _CODE, str(out)],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=2 * LONGEST_S,
    )
    if "ptrace" in done.stderr:
        pytest.skip("strace may not watch here")
    assert done.returncode == 0, done.stderr
    lines = log.read_text(errors="replace").splitlines()
    opened = [(match[1], match[2]) for line in lines if (match := _OPENED.search(line))]

    # One worker takes one after another: whoever opened a neighbour would break the order.
    inputs = [path for path, _ in opened if path.startswith(f"{BAD_INPUTS}{os.sep}")]
    inputs = [path for path in inputs if Path(path).name != "EXPECTED.csv" and Path(path).is_file()]
    order = [path for k, path in enumerate(inputs) if k == 0 or inputs[k - 1] != path]
    assert order == [path for path in done.stdout.splitlines() if Path(path).stat().st_size > 0]
    assert not [path for path, mode in opened if path in inputs and "O_RDONLY" not in mode]

    assert not [line for line in lines if "AF_INET" in line or "connect(" in line]
    written = {path for path, mode in opened if "O_RDONLY" not in mode}
    assert any(path.startswith(str(out)) for path in written)
    elsewhere = {path for path in written if not path.startswith((str(out), "/dev/"))}
    assert elsewhere == set()
    started = [line for line in lines if "execve(" in line and "= 0" in line]
    assert [line for line in started if sys.executable not in line] == []
