from __future__ import annotations

import csv
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.locks import held_elsewhere
from tests.support.processes import OURS
from video_pipeline.batch import table
from video_pipeline.batch.table import BatchRow, update_batch_table
from video_pipeline.errors import OutputError

DONE = BatchRow("b", "x/b.mp4", "done", 75, "")
FAILED = BatchRow("a", "x/a.mp4", "failed", None, 'no "video" stream, only sound')


def rows_in(out: Path) -> list[list[str]]:
    with (out / "batch.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))[1:]


def test_rows_of_earlier_calls_stay_and_newer_ones_replace_them(tmp_path: Path) -> None:
    update_batch_table(tmp_path, [DONE, FAILED])
    update_batch_table(tmp_path, [BatchRow("b", "x/b.mp4", "partial", 70, "cut off")])
    assert (tmp_path / "batch.csv").read_bytes() == (
        b"video_id,path,status,seconds,error\n"
        b'a,x/a.mp4,failed,,"no ""video"" stream, only sound"\n'
        b"b,x/b.mp4,partial,70,cut off\n"
    )


def test_a_table_that_is_not_ours_is_written_anew(tmp_path: Path) -> None:
    for content in (b"", b"\xff\xfe", b"other,header\n1,2\n", b"video_id,path\x00"):
        (tmp_path / "batch.csv").write_bytes(content)
        update_batch_table(tmp_path, [DONE])
        assert (tmp_path / "batch.csv").read_text().splitlines()[1:] == ["b,x/b.mp4,done,75,"]


@pytest.mark.parametrize(
    "name", ["=1+1", "'=1+1", "caf\udce9", 'a,"b"', "line\nline", "return\rend", "-x", "<b>", ""]
)
def test_a_recording_has_one_row_whatever_its_name_is(tmp_path: Path, name: str) -> None:
    for status in ("failed", "done", "done"):
        update_batch_table(tmp_path, [BatchRow(name, name, status, 1, ""), DONE])
    others = [row for row in rows_in(tmp_path) if row[0] != "b"]
    assert [row[2] for row in others] == ["done"]
    assert not others[0][0].startswith(("=", "-"))


def test_an_error_of_any_length_loses_no_row(tmp_path: Path) -> None:
    update_batch_table(tmp_path, [DONE, BatchRow("a", "a.mp4", "failed", None, "x" * 200_000)])
    update_batch_table(tmp_path, [])
    assert [row[0] for row in rows_in(tmp_path)] == ["a", "b"]


UPDATE = """\
import sys
from pathlib import Path
from video_pipeline.batch.table import BatchRow, update_batch_table
for k in range(25):
    row = BatchRow(f"{sys.argv[2]}-{k}", "x.mp4", "done", k, "")
    update_batch_table(Path(sys.argv[1]), [row])
"""


@pytest.mark.slow
def test_processes_at_once_lose_none_of_each_others_rows(tmp_path: Path) -> None:
    calls = [[sys.executable, "-c", UPDATE, str(tmp_path), name] for name in "abcd"]
    processes = [subprocess.Popen(call, env=OURS) for call in calls]
    assert [process.wait() for process in processes] == [0, 0, 0, 0]
    assert {row[0] for row in rows_in(tmp_path)} == {f"{c}-{k}" for c in "abcd" for k in range(25)}
    assert [path.name for path in tmp_path.iterdir()] == ["batch.csv"]


def test_who_does_not_let_go_of_the_table_is_not_waited_for_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "_LONGEST_WAIT_S", 0.05)
    with (
        held_elsewhere(tmp_path / ".batch.csv.lock"),
        pytest.raises(OutputError, match="another process does not let go of it"),
    ):
        update_batch_table(tmp_path, [DONE])
    update_batch_table(tmp_path, [DONE, FAILED])
    assert [row[0] for row in rows_in(tmp_path)] == ["a", "b"]


def test_what_killed_calls_half_wrote_of_it_is_taken_away_and_nothing_else(tmp_path: Path) -> None:
    ours = tmp_path / ".batch.csv.0123456789abcdef.partial"
    others = [".0123456789abcdef.partial", ".batch.csv.mine.partial", "batch.csv.bak"]
    for name in (ours.name, *others):
        (tmp_path / name).write_text("half")
    update_batch_table(tmp_path, [DONE])
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*others, "batch.csv"])


def test_a_row_among_a_thousand_costs_milliseconds(tmp_path: Path) -> None:
    path = "/recordings/2024/theatre 3/" + "x" * 60
    update_batch_table(tmp_path, [BatchRow(f"r{k}", path, "done", k, "") for k in range(1000)])
    costs_s = []
    for k in range(10):
        began = time.process_time()
        update_batch_table(tmp_path, [BatchRow(f"r{k}", path, "failed", None, "why")])
        costs_s.append(time.process_time() - began)
    # Of this process's own time, so that other processes on the machine do not matter.
    assert min(costs_s) < 0.1
