"""`export` and `import`: what a person corrects in an editor comes back as a reference."""

from __future__ import annotations

import csv
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pympi  # type: ignore[import-untyped]
import pytest

from tests.formats.drawn_recordings import labelled
from tests.support.clips import steady, write_clip
from video_pipeline.cli import main
from video_pipeline.formats.labelled_folder import write_labelled_folder
from video_pipeline.formats.registry import FORMATS
from video_pipeline.output.table_reading import read_timeline

TOOLS = ("Grasper", "Hook", "=cmd", "a <b> & c")
USES = [
    ("Grasper", 2, 10),
    ("Hook", 4, 6),
    ("Hook", 20, 31),
    ("a <b> & c", 0, 40),
]
CORRECTED = {("Grasper", 2, 12), ("Hook", 20, 31), ("a <b> & c", 0, 40), ("=cmd", 45.2, 47.76)}
"""A boundary moved, a use deleted, and one added."""

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    def run(*arguments: object) -> tuple[int, str, str]:
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as stop:
            status = int(stop.code or 0)
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return status, out, err

    return run


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    """A folder of one recording, as `annotate` writes it."""
    recording = labelled(USES, tools=TOOLS, n_seconds=50, video_id="case12")
    write_labelled_folder(tmp_path / "ours" / "case12", recording)
    return tmp_path / "ours"


def correct_elan(out: Path) -> Path:
    path = out / "case12.eaf"
    eaf: Any = pympi.Elan.Eaf(str(path))
    eaf.remove_annotation("Hook", 5000)
    eaf.remove_annotation("Grasper", 5000)
    eaf.add_annotation("Grasper", 2000, 12000, "Grasper")
    eaf.add_annotation("=cmd", 45200, 47760, "=cmd")
    eaf.to_file(str(path))
    return path


def correct_webvtt(out: Path) -> Path:
    path = out / "case12.vtt"
    text = path.read_text(encoding="utf-8")
    text, n_moved = re.subn(r"(00:02\.000 --> 00:00:)10(\.000\nGrasper)", r"\g<1>12\2", text)
    text, n_deleted = re.subn(r"00:00:04\.000 --> 00:00:06\.000\nHook\n\n", "", text)
    assert (n_moved, n_deleted) == (1, 1)
    path.write_text(f"{text}\n00:45.200 --> 00:47.760\n=cmd\n", encoding="utf-8")
    return path


def correct_label_studio(out: Path) -> Path:
    """The prediction as it was taken over into an annotation, and changed there."""
    path = out / "tasks.json"
    tasks = json.loads(path.read_text(encoding="utf-8"))
    results = tasks[0]["predictions"][0]["result"]
    kept = [r for r in results if r["value"]["ranges"][0]["start"] != 4 * 25 + 1]
    assert len(kept) == len(results) - 1
    moved = next(r for r in kept if r["value"]["timelinelabels"] == ["Grasper"])
    moved["value"]["ranges"][0]["end"] = 12 * 25
    added = json.loads(json.dumps(moved))
    del added["meta"]
    added["value"] = {"ranges": [{"start": 1131, "end": 1194}], "timelinelabels": ["=cmd"]}
    tasks[0]["annotations"] = [{"was_cancelled": False, "result": [*kept, added]}]
    path.write_text(json.dumps(tasks), encoding="utf-8")
    return path


def correct_via(out: Path) -> Path:
    path = out / "case12.json"
    project = json.loads(path.read_text(encoding="utf-8"))
    for name, entry in list(project["metadata"].items()):
        if entry["z"] == [4, 6]:
            del project["metadata"][name]
        if entry["z"] == [2, 10]:
            entry["z"][1] = 12
    option = next(k for k, v in project["attribute"]["1"]["options"].items() if v == "=cmd")
    project["metadata"]["1_Ab3xY9"] = {
        "vid": "1",
        "flg": 0,
        "z": [45.2, 47.76],
        "xy": [],
        "av": {"1": option},
    }
    path.write_text(json.dumps(project), encoding="utf-8")
    return path


def correct_boris(out: Path) -> Path:
    path = out / "recordings.boris"
    project = json.loads(path.read_text(encoding="utf-8"))
    observation = project["observations"]["case12"]
    events = [e for e in observation["events"] if e[:3:2] not in ([4, "Hook"], [6, "Hook"])]
    assert len(events) == len(observation["events"]) - 2
    next(e for e in events if e[:3:2] == [10, "Grasper"])[0] = 12.0
    events += [[45.2, "", "=cmd", "", ""], [47.76, "", "=cmd", "", ""]]
    observation["events"] = events
    path.write_text(json.dumps(project), encoding="utf-8")
    return path


CORRECTIONS = {
    "elan": correct_elan,
    "webvtt": correct_webvtt,
    "label-studio": correct_label_studio,
    "via": correct_via,
    "boris": correct_boris,
}


def segments_of(folder: Path) -> set[tuple[str, float, float]]:
    with (folder / "segments.csv").open(encoding="utf-8", newline="") as file:
        return {
            # Cells that a spreadsheet would run have an apostrophe before them.
            (row["tool"].removeprefix("'"), float(row["start_s"]), float(row["end_s"]))
            for row in csv.DictReader(file)
        }


@pytest.mark.parametrize("name", list(CORRECTIONS))
def test_a_correction_comes_back_as_a_reference(
    name: str, ours: Path, tmp_path: Path, call: Call
) -> None:
    exported, corrected = tmp_path / "exported", tmp_path / "corrected"
    status, out, _ = call("export", ours, "--format", name, "--out", exported)
    assert (status, "1 recording as" in out) == (0, True)
    source = CORRECTIONS[name](exported)
    status, out, _ = call("import", source, "--format", name, "--out", corrected)
    assert (status, "1 recording imported" in out) == (0, True)

    assert segments_of(corrected / "case12") == CORRECTED
    reference = read_timeline(corrected / "case12" / "timeline.csv").timeline
    assert reference.tools == TOOLS
    assert reference.n_seconds == 50
    assert reference.present[:, 0].nonzero()[0].tolist() == list(range(2, 12))
    assert reference.present[:, 2].nonzero()[0].tolist() == [45, 46, 47]

    status, out, err = call("compare", ours / "case12", corrected / "case12", "--json")
    assert status == 0, err
    comparison = json.loads(out)
    hook = next(tool for tool in comparison["tools"] if tool["tool"] == "Hook")
    assert (hook["events"]["n_predicted"], hook["events"]["n_reference"]) == (2, 1)
    assert comparison["n_seconds"] == 50


@pytest.mark.parametrize("name", list(CORRECTIONS))
def test_without_a_correction_nothing_changes(
    name: str, ours: Path, tmp_path: Path, call: Call
) -> None:
    exported, back = tmp_path / "exported", tmp_path / "back"
    call("export", ours, "--format", name, "--out", exported)
    assert call("import", exported, "--format", name, "--out", back)[0] == 0
    before = (ours / "case12" / "timeline.csv").read_bytes()
    assert (back / "case12" / "timeline.csv").read_bytes() == before


def test_videos_are_found_by_their_names(ours: Path, tmp_path: Path, call: Call) -> None:
    videos = tmp_path / "videos"
    (videos / "day 1").mkdir(parents=True)
    write_clip(videos / "day 1" / "case12.mp4", steady(10, 50), rate_hz=50)
    write_clip(videos / "other.mp4", steady(10))
    status, _, err = call(
        *("export", ours, "--format", "label-studio", "--videos", videos, "--out", tmp_path / "o")
    )
    assert status == 0
    assert "frame rate of case12 is not known" not in err
    task = json.loads((tmp_path / "o" / "tasks.json").read_text())[0]
    assert task["data"]["fps"] == 50
    assert task["data"]["video"].endswith("case12.mp4")


def test_a_recording_without_a_video_there_is_said(ours: Path, tmp_path: Path, call: Call) -> None:
    write_clip(tmp_path / "other.mp4", steady(10))
    status, _, err = call(
        *("export", ours, "--format", "elan", "--videos", tmp_path, "--out", tmp_path / "o")
    )
    assert status == 0
    assert f"case12: no video of this name in {tmp_path}" in err
    assert "no video of this name" in (tmp_path / "o" / "export_note.txt").read_text()


def test_chapters_of_unknown_phases_are_one_line(ours: Path, tmp_path: Path, call: Call) -> None:
    status, out, err = call("export", ours, "--format", "chapters", "--out", tmp_path / "o")
    assert (status, out) == (1, "")
    assert len(err.strip().splitlines()) == 1
    assert "case12: its phases are not known" in err


def test_what_an_editor_cannot_hold_is_written_beside(tmp_path: Path, call: Call) -> None:
    (tmp_path / "case12.csv").write_text("second,Hook\n0,1\n1,\n2,1\n")
    status, _, err = call(
        *("export", tmp_path / "case12.csv", "--format", "srt", "--out", tmp_path / "o")
    )
    assert status == 0
    said = "case12: 1 s without a frame are written as no tool"
    assert said in err
    assert said in (tmp_path / "o" / "export_note.txt").read_text()
    (tmp_path / "case12.csv").write_text("second,Hook\n0,1\n1,0\n2,1\n")
    call("export", tmp_path / "case12.csv", "--format", "rttm", "--out", tmp_path / "o")
    assert not (tmp_path / "o" / "export_note.txt").exists(), "nothing is lost any more"


@pytest.mark.parametrize("name", ["cholec80", "rttm", "srt"])
def test_losses_of_sixty_recordings_do_not_bury_the_screen(
    name: str, tmp_path: Path, call: Call
) -> None:
    source, out = tmp_path / "ours", tmp_path / "o"
    source.mkdir()
    for k in range(1, 61):
        missing = "".join(f"{second},\n" for second in range(1, 1 + k))
        (source / f"video{k:02}.csv").write_text(f"second,Hook\n0,1\n{missing}")
    status, _, err = call("export", source, "--format", name, "--out", out)
    assert status == 0
    (said,) = [line for line in err.splitlines() if "without a frame" in line]
    assert said.startswith(
        "60 recordings (video01, video02, video03, ...): 1 to 60 s without a frame are written as"
    )
    assert len(err.splitlines()) <= 4
    assert f"each recording by itself: {out / 'export_note.txt'}" in err.splitlines()
    written = (out / "export_note.txt").read_text().splitlines()
    for k in range(1, 61):
        assert any(line.startswith(f"video{k:02}: {k} s without a frame") for line in written)


def test_two_files_of_one_recording_are_refused(ours: Path, tmp_path: Path, call: Call) -> None:
    exported = tmp_path / "exported"
    call("export", ours, "--format", "elan", "--out", exported)
    (exported / "copy.eaf").write_bytes((exported / "case12.eaf").read_bytes())
    status, _, err = call("import", exported, "--format", "elan", "--out", tmp_path / "back")
    assert status == 1
    assert "speaks of the recording 'case12' twice" in err
    assert not (tmp_path / "back").exists()


@pytest.mark.parametrize("name", ["elan", "webvtt", "label-studio", "via", "boris"])
@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe\x00\x01", b"[" * 100_000, b"{}", b"\x00" * 100, b"<a><b></a>"],
    ids=["empty", "utf-16", "deep", "object", "zeros", "crossed"],
)
def test_any_other_file_is_one_line(name: str, content: bytes, tmp_path: Path, call: Call) -> None:
    source = tmp_path / "file"
    source.write_bytes(content)
    status, out, err = call("import", source, "--format", name, "--out", tmp_path / "o")
    assert (status, out) == (1, "")
    assert len(err.strip().splitlines()) == 1
    assert str(source) in err
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize("name", ["elan", "webvtt", "label-studio", "via", "boris"])
def test_a_pipe_does_not_hang(name: str, tmp_path: Path, call: Call) -> None:
    os.mkfifo(tmp_path / "pipe")
    status, _, err = call("import", tmp_path / "pipe", "--format", name, "--out", tmp_path / "o")
    assert status == 1
    assert "is no plain file" in err


@pytest.mark.parametrize("command", ["export", "import"])
def test_help_lists_the_formats(command: str, call: Call) -> None:
    status, out, _ = call(command, "--help")
    assert status == 0
    for name, of in FORMATS.items():
        listed = of.writes if command == "export" else of.reads
        assert (f"  {name} " in out) == listed
