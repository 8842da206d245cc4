"""Broken and hostile tables, lists, settings and manifests from outside: the verdict on each.

The files are no part of the project. Where their folder is missing, these tests are skipped; the
same faults are made anew in the tests of each reader.
"""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from classifier.dataset.class_list import read_class_list
from classifier.dataset.table import read_table
from classifier.errors import ClassifierError
from classifier.training.settings_file import read_settings
from classifier.training.weights_file import read_weights_file
from tests.support.clips import steady, write_clip
from video_pipeline.cli import main
from video_pipeline.errors import PipelineError
from video_pipeline.output.features import read_features
from video_pipeline.output.manifest import read_manifest, require_no_newer_manifest
from video_pipeline.output.table_reading import read_timeline
from video_pipeline.output.tables import timeline_csv

BAD_INPUTS = Path(__file__).parents[2] / "shared" / "bad_inputs"
TABLES = BAD_INPUTS / "tables"

pytestmark = pytest.mark.skipif(not TABLES.is_dir(), reason="the files are not there")


def rows() -> dict[str, str]:
    """Verdict by file name."""
    table = BAD_INPUTS / "EXPECTED.csv"
    if not table.is_file():
        return {}
    with table.open(encoding="utf-8", newline="") as file:
        tables = [row for row in csv.DictReader(file) if row["category"] == "tables"]
    return {Path(row["path"]).name: row["verdict"] for row in tables}


def matching(prefix: str, *verdicts: str) -> list[str]:
    return [name for name, v in rows().items() if name.startswith(prefix) and v in verdicts]


JUDGED = ("timeline_", "sidecar_", "classes_", "config_", "smoother", "features")


def test_every_row_is_judged_here() -> None:
    assert [name for name in rows() if not name.startswith(JUDGED)] == []
    assert len(rows()) >= 18


def refused(read: Callable[[Path], Any], path: Path) -> str:
    with pytest.raises((ClassifierError, PipelineError)) as caught:
        read(path)
    line = str(caught.value)
    assert line.startswith(f"{path}: ")
    assert "\n" not in line
    assert len(line) < 500
    return line


def compare(path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    """The command's status, and its lines on stderr."""
    status = main(["compare", str(path), str(path)])
    return status, capsys.readouterr().err.splitlines()


@pytest.mark.parametrize("name", matching("timeline_", "REJECT"))
def test_a_bad_timeline_is_refused_by_line(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, lines = compare(TABLES / name, capsys)
    assert status == 1
    (line,) = lines
    assert line.startswith(f"surgical-video: {TABLES / name}: line ")


@pytest.mark.parametrize("name", matching("timeline_", "OK", "OK_WARN"))
def test_an_odd_timeline_is_read(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert compare(TABLES / name, capsys) == (0, [])


def test_marks_of_spreadsheets_change_nothing() -> None:
    table = read_timeline(TABLES / "timeline_bom_crlf.csv")
    assert table.timeline.tools == ("grasper",)
    assert table.timeline.present.tolist() == [[True]]


def test_a_formula_is_disarmed_when_it_is_written_again() -> None:
    timeline = read_timeline(TABLES / "timeline_formula.csv").timeline
    assert timeline.tools == ('=HYPERLINK("http://x")',)
    header = timeline_csv(timeline).splitlines()[0]
    assert next(csv.reader([header]))[1] == '\'=HYPERLINK("http://x")'


@pytest.fixture
def annotate(
    model_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Callable[[], tuple[int, str]]:
    """Annotate a clip of 2 s into ``tmp_path/out``: the status, and what was said on stderr."""
    clip = write_clip(tmp_path / "clip.mp4", steady(50))

    def run() -> tuple[int, str]:
        out = tmp_path / "out"
        status = main(["annotate", str(clip), "--model", str(model_folder), "--out", str(out)])
        return status, capsys.readouterr().err

    return run


def test_a_timeline_that_was_cut_is_no_finished_one(
    annotate: Callable[[], tuple[int, str]], tmp_path: Path
) -> None:
    annotate()
    written = tmp_path / "out" / "clip" / "timeline.csv"
    whole = written.read_bytes()
    shutil.copy(TABLES / "timeline_cut.csv", written)
    assert annotate()[0] == 0
    assert written.read_bytes() == whole


@pytest.mark.parametrize("name", [n for n in matching("sidecar_", "REJECT") if "future" not in n])
def test_a_manifest_that_cannot_be_believed_is_done_again(
    annotate: Callable[[], tuple[int, str]], tmp_path: Path, name: str
) -> None:
    folder = tmp_path / "out" / "clip"
    folder.mkdir(parents=True)
    shutil.copy(TABLES / name, folder / "run.json")
    assert read_manifest(folder) is None
    status, err = annotate()
    assert status == 0
    assert "Traceback" not in err
    assert json.loads((folder / "run.json").read_text())["status"] == "done"


def test_a_manifest_of_a_newer_version_is_refused_and_kept(
    annotate: Callable[[], tuple[int, str]], tmp_path: Path
) -> None:
    folder = tmp_path / "out" / "clip"
    folder.mkdir(parents=True)
    shutil.copy(TABLES / "sidecar_future.json", folder / "run.json")
    refused(lambda _: require_no_newer_manifest(folder), folder / "run.json")
    status, err = annotate()
    assert status == 1
    (line,) = [line for line in err.splitlines() if line.startswith("surgical-video")]
    assert "was written by a newer version" in line
    kept = (TABLES / "sidecar_future.json").read_bytes()
    assert [(p.name, p.read_bytes()) for p in folder.iterdir()] == [("run.json", kept)]


@pytest.mark.parametrize(
    ("name", "cause"),
    [("classes_dup.txt", "names 'hook' in lines 2 and 3"), ("classes_empty.txt", "names no tool")],
)
def test_a_bad_list_of_classes_is_refused(name: str, cause: str) -> None:
    assert cause in refused(read_class_list, TABLES / name)


@pytest.mark.parametrize("name", matching("config_", "REJECT"))
def test_settings_that_are_no_json_are_refused(name: str, tmp_path: Path) -> None:
    assert "JSON" in refused(read_settings, TABLES / name)
    renamed = Path(shutil.copy(TABLES / name, tmp_path / "settings.json"))
    assert "not valid JSON" in refused(read_settings, renamed)


READERS: dict[str, Callable[[Path], Any]] = {
    "class list": read_class_list,
    "settings": read_settings,
    "features": read_features,
    "timeline": read_timeline,
    "weights": read_weights_file,
    "labels": read_table,
}


@pytest.mark.parametrize("name", ["smoother.pkl", "features.npy"])
@pytest.mark.parametrize("reader", READERS)
def test_nothing_is_unpickled_by_any_reader(
    name: str, reader: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever unpickles looks up what is to be called; here that would be ``os.mkdir``."""
    called: list[object] = []
    monkeypatch.setattr("posix.mkdir", lambda *arguments: called.append(arguments))
    refused(READERS[reader], TABLES / name)
    assert called == []


def test_the_pickle_would_have_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without this, the test above could not fail."""
    import pickle

    called: list[object] = []
    monkeypatch.setattr("posix.mkdir", lambda *arguments: called.append(arguments))
    pickle.loads((TABLES / "smoother.pkl").read_bytes())  # noqa: S301 - nothing real is called
    assert called != []


@pytest.mark.parametrize(
    ("name", "cause"),
    [("features.npy", "holds Python objects"), ("features_bomb.npy", "holds float64 numbers")],
)
def test_bad_features_are_refused(name: str, cause: str) -> None:
    assert cause in refused(read_features, TABLES / name)
