"""A run.json, batch.csv, list of parts or lock made by an enemy: data, never code, never a way out.

What Python itself opens, imports and runs is heard by an audit hook while such files are read by
all that reads them: finding, naming, annotating, the table, verifying.
"""

from __future__ import annotations

import ast
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.support.batches import OUTPUTS, annotate_in_turn, files_below, job_of
from tests.support.clips import steady, write_clip
from tests.support.processes import ROOT
from video_pipeline.batch.recordings import name_operations
from video_pipeline.batch.search.operations import find_operations
from video_pipeline.batch.table import BATCH_NAME, BatchRow, update_batch_table
from video_pipeline.batch.verifying.verification import verify_folder
from video_pipeline.errors import OutputError
from video_pipeline.output.manifest import is_finished, read_manifest
from video_pipeline.output.sealed_json import sealed_json

pytestmark = pytest.mark.skipif(os.name != "posix", reason="pipes and devices are POSIX's")

# Opening a pipe would hang, and /dev/zero would never end: a test that returns has opened neither.
TRAPS = ("pipe", "zero", "folder", "nowhere", "deep", "huge", "pickle")


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    return write_clip(tmp_path / "in" / "case.mp4", steady(26))


@pytest.fixture
def out(clip: Path, tmp_path: Path) -> Path:
    """What annotating the clip wrote."""
    annotate(clip.parent, tmp_path / "out")
    return tmp_path / "out"


def annotate(source: Path, out: Path) -> list[str]:
    outcomes = annotate_in_turn(name_operations(find_operations([source]), out), job_of(out))
    update_batch_table(out, [of.row for of in outcomes])
    return [of.row.status for of in outcomes]


def trap(path: Path, kind: str) -> None:
    path.unlink(missing_ok=True)
    match kind:
        case "pipe":
            os.mkfifo(path)
        case "zero":
            path.symlink_to("/dev/zero")
        case "folder":
            path.mkdir()
        case "nowhere":
            path.symlink_to("none")
        case "deep":
            path.write_text("[" * 200_000)
        case "huge":
            with path.open("wb") as file:
                file.truncate(1 << 40)
        case "pickle":
            path.write_bytes(b"cos\nsystem\n(S'touch ran'\ntR.")


class _Heard:
    """What was opened and run while somebody listened."""

    def __init__(self) -> None:
        self.is_on = False
        self.opened: list[str] = []
        self.ran: list[str] = []

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.is_on:
            return
        if event == "open" and isinstance(arguments[0], str | bytes):
            self.opened.append(os.fsdecode(arguments[0]))
        elif event in {
            "pickle.find_class",
            "os.system",
            "os.exec",
            "os.posix_spawn",
            "subprocess.Popen",
            "socket.connect",
            "ctypes.dlopen",
        }:
            self.ran.append(event)


_HEARD = _Heard()
sys.addaudithook(_HEARD)


@contextmanager
def listening() -> Iterator[_Heard]:
    _HEARD.opened, _HEARD.ran, _HEARD.is_on = [], [], True
    try:
        yield _HEARD
    finally:
        _HEARD.is_on = False


@pytest.mark.parametrize("kind", TRAPS)
def test_a_manifest_that_is_a_trap_is_no_manifest(out: Path, kind: str) -> None:
    folder = out / "case"
    trap(folder / "run.json", kind)
    with listening() as heard:
        assert read_manifest(folder) is None
        assert len(verify_folder(out).problems) > 0
    assert heard.ran == []
    assert "/dev/zero" not in heard.opened


def _put(content: dict[str, Any], place: str, value: object) -> dict[str, Any]:
    """A copy with ``value`` at ``a.b.c``."""
    changed = json.loads(json.dumps(content))
    *way, last = place.split("/")
    inner = changed
    for key in way:
        inner = inner[key]
    inner[last] = value
    return dict(changed)


PLACES = (
    *("status", "input", "input/sha256", "input/size_bytes", "input/path_sha256", "input/name"),
    *("model", "model/sha256", "parameters", "parameters/smoothing", "warnings", "outputs"),
    *("outputs/timeline.csv", "outputs/timeline.csv/rows", "outputs/timeline.csv/sha256"),
    *("field_of_view", "format", "input/parts"),
)
VALUES: tuple[object, ...] = (
    *(None, True, -1, 10**30, 1e308, float("inf"), float("nan"), "", "x" * 100_000, "\udcff"),
    *([], [[]], [1], {}, {"a": {}}, "=cmd", "../../x", "a\0b", "a\nb"),
)


@pytest.mark.parametrize("place", PLACES)
def test_a_manifest_may_hold_anything_anywhere(out: Path, clip: Path, place: str) -> None:
    """It is believed or not, and work done again; nobody falls over it."""
    path = out / "case" / "run.json"
    written = path.read_bytes()
    content = json.loads(written)
    before = files_below(out)
    for value in VALUES:
        changed = _put(content, place, value)
        try:
            path.write_bytes(sealed_json(changed))
        except ValueError:
            # Our own writer refuses numbers that JSON does not have; readers may meet them.
            path.write_text(json.dumps(changed))
        verify_folder(out, recordings=[clip])
        if read_manifest(path.parent) is None:
            # As if there were none: that is another test's.
            continue
        (status,) = annotate(clip.parent, out)
        (row, *_) = (out / BATCH_NAME).read_text().splitlines()[1:]
        assert status == "done" or "by a newer version of this program" in row, value
        assert files_below(out)["case/timeline.csv"] == before["case/timeline.csv"]
        (out / BATCH_NAME).unlink()


@pytest.mark.parametrize(
    "name", ["../../secret", "/etc/passwd", "..", ".", "", "a/../../secret", "a\0b", "link", "pipe"]
)
def test_a_manifest_names_no_file_elsewhere(out: Path, tmp_path: Path, name: str) -> None:
    folder, secret = out / "case", tmp_path / "secret"
    secret.write_text("secret")
    (folder / "link").symlink_to(secret)
    os.mkfifo(folder / "pipe")
    content = json.loads((folder / "run.json").read_bytes())
    content["outputs"][name] = {"sha256": "0" * 64, "rows": 1}
    (folder / "run.json").write_bytes(sealed_json(content))
    manifest = read_manifest(folder)
    assert manifest is not None
    with listening() as heard:
        assert not is_finished(folder, manifest)
        (problem,) = verify_folder(out).problems
    assert any(said in problem.cause for said in ("elsewhere", "no plain file", "is missing"))
    inside = {os.fspath(folder / file) for file in OUTPUTS} | {str(out / BATCH_NAME)}
    assert {path for path in heard.opened if path.startswith("/")} <= inside
    assert heard.ran == []


@pytest.mark.parametrize("kind", TRAPS)
def test_a_table_that_is_a_trap_is_written_anew(out: Path, kind: str) -> None:
    table = out / BATCH_NAME
    row = BatchRow("case", "in/case.mp4", "done", 2, "")
    trap(table, kind)
    if kind == "folder":
        return
    with listening() as heard:
        assert len(verify_folder(out).problems) > 0
        update_batch_table(out, [row])
    assert heard.ran == []
    assert "/dev/zero" not in heard.opened
    assert table.read_text().splitlines()[1:] == ["case,in/case.mp4,done,2,"]


def test_rows_of_an_enemy_stay_text(out: Path, tmp_path: Path) -> None:
    table = out / BATCH_NAME
    header = table.read_text().splitlines()[0]
    table.write_text(f"{header}\n../../x,/etc/passwd,done,9,\n=1+1,@x,-y,+z,\tw\n")
    before = files_below(tmp_path / "in")
    update_batch_table(out, [])
    problems = [problem.cause for problem in verify_folder(out).problems]
    assert "'../../x' is no name of a recording's folder" in problems[0] + problems[1]
    assert table.read_text().splitlines()[1:] == [
        "../../x,/etc/passwd,done,9,",
        "'=1+1,'@x,'-y,'+z,'\tw",
    ]
    assert files_below(tmp_path / "in") == before


@pytest.mark.parametrize("kind", TRAPS)
def test_a_list_of_parts_that_is_a_trap_is_skipped(clip: Path, kind: str) -> None:
    trap(clip.parent / "list.parts", kind)
    with listening() as heard:
        operations = find_operations([clip.parent])
    assert operations[0].paths == (clip,)
    assert all(of.why_skipped is not None for of in operations[1:])
    assert len(operations) == 2 or kind == "folder"
    assert heard.ran == []
    assert "/dev/zero" not in heard.opened


@pytest.mark.parametrize(
    "line", ["../secret.mp4", "/etc/passwd", "http://x/y.mp4", "C:\\x", "a\\..\\..\\x", "link.mp4"]
)
def test_a_list_of_parts_names_nothing_elsewhere(clip: Path, tmp_path: Path, line: str) -> None:
    write_clip(tmp_path / "secret.mp4", steady(26))
    (clip.parent / "link.mp4").symlink_to(tmp_path / "secret.mp4")
    (clip.parent / "list.parts").write_text(f"case.mp4\n{line}\n")
    with listening() as heard:
        *_, last = find_operations([clip.parent / "list.parts"])
    assert last.why_skipped is not None
    assert last.why_skipped.startswith("line 2: ")
    assert [path for path in heard.opened if "secret" in path or "passwd" in path] == []


def test_a_list_of_parts_with_an_endless_line_gives_a_short_reason(clip: Path) -> None:
    (clip.parent / "list.parts").write_text("x" * 900_000)
    *_, last = find_operations([clip.parent])
    assert last.why_skipped is not None
    assert len(last.why_skipped) < 500


@pytest.mark.parametrize("kind", TRAPS)
@pytest.mark.parametrize("name", [".case.lock", ".batch.csv.lock"])
def test_whatever_lies_where_a_lock_might_be_runs_nothing(
    clip: Path, tmp_path: Path, name: str, kind: str
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    trap(out / name, kind)
    with listening() as heard, suppress(OutputError):
        assert annotate(clip.parent, out)[0] in {"done", "failed"}
    assert [event for event in heard.ran if event.startswith(("pickle", "os.", "socket"))] == []
    assert not list(tmp_path.rglob("ran"))


RUNS_CODE = {"pickle", "cPickle", "dill", "joblib", "shelve", "marshal", "cloudpickle"}
TRIES, TRIED = "video_pipeline/batch/cluster/raised.py", {"pickle.loads", "pickle.dumps"}
"""Whether an error of ours can be sent: what it has just made itself, in memory."""
WRITES_ONLY = {"video_pipeline/formats/pickles.py"}


def _sources() -> list[Path]:
    folders = (ROOT / "video_pipeline", ROOT / "classifier")
    return [path for folder in folders for path in sorted(folder.rglob("*.py"))]


def _imported(tree: ast.AST) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").split(".")[0])
    return found


def _called(tree: ast.AST) -> set[str]:
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    names = {func.id for func in calls if isinstance(func, ast.Name)}
    return names | {ast.unparse(func) for func in calls if isinstance(func, ast.Attribute)}


def test_no_module_reads_what_could_run() -> None:
    seen = 0
    for path in _sources():
        name = path.relative_to(ROOT).as_posix()
        tree = ast.parse(path.read_bytes())
        called = _called(tree)
        if name == TRIES:
            assert {call for call in called if call.startswith("pickle")} == TRIED
        elif name in WRITES_ONLY:
            assert not {call for call in called if call in {"pickle.load", "pickle.loads"}}
            seen += 1
        else:
            assert not _imported(tree) & RUNS_CODE, name
        assert not called & {"eval", "exec", "compile", "os.system", "yaml.load"}, name
        allowed = [
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.keyword) and node.arg == "allow_pickle"
        ]
        assert all(isinstance(of, ast.Constant) and of.value is False for of in allowed), name
    assert seen == len(WRITES_ONLY)
