"""``surgical-video report``: which pages are written, with which videos, and what is said."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.reports import small_report
from video_pipeline.cli import main
from video_pipeline.output.provenance import digest_path
from video_pipeline.output.tables import write_timeline


class Called:
    """What a call of the command came to."""

    def __init__(self, status: int, out: str, err: str) -> None:
        self.status = status
        self.out = out
        self.err = err.splitlines()
        assert "Traceback" not in err


Call = Callable[..., Called]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    def run(*arguments: object) -> Called:
        try:
            status = main(["report", *map(str, arguments)])
        except SystemExit as stop:
            status = int(stop.code or 0)
        return Called(status, *capsys.readouterr())

    return run


def make_folder(out: Path, video_id: str, *, annotated: Path | None = None) -> Path:
    """A recording's folder; with ``annotated``, a manifest that says it was made from that file."""
    folder = out / video_id
    folder.mkdir(parents=True)
    report = small_report()
    assert report.timeline is not None
    write_timeline(folder / "timeline.csv", report.timeline, flags=report.flags)
    if annotated is not None:
        source = {
            "name": annotated.name,
            "path_sha256": digest_path(annotated),
            "size_bytes": annotated.stat().st_size,
            "sha256": "ab" * 32,
        }
        (folder / "run.json").write_text(json.dumps({"status": "done", "input": source}))
    return folder


def make_video(path: Path, *, size_bytes: int = 100) -> Path:
    """A file that is called like a video; nobody looks into it here."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(size_bytes))
    return path


def video_of(folder: Path) -> str | None:
    """The address of the video in a folder's page."""
    found = re.search(r'<video [^>]*src="([^"]*)"', (folder / "report.html").read_text())
    return None if found is None else found[1]


def test_each_recording_gets_a_page_and_is_told_how_to_open_it(call: Call, tmp_path: Path) -> None:
    folders = [make_folder(tmp_path, name) for name in ("case 12", "case13")]
    called = call(tmp_path)
    assert called.status == 0
    assert all("grasper" in (folder / "report.html").read_text() for folder in folders)
    pages = [str(folder / "report.html") for folder in folders]
    assert called.out.splitlines()[:2] == pages
    assert called.out.splitlines()[-1] == (
        f"2 pages; open one in a browser: {Path(pages[0]).as_uri()}"
    )
    assert called.err == []


def test_a_single_folder_will_do(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(make_folder(tmp_path, "case12"))
    called = call(".")
    assert called.status == 0
    assert "<h1>case12</h1>" in Path("report.html").read_text()


def test_the_second_call_writes_the_same_bytes(call: Call, tmp_path: Path) -> None:
    page = make_folder(tmp_path, "case12") / "report.html"
    assert call(tmp_path).status == 0
    first = page.read_bytes()
    assert call(tmp_path).status == 0
    assert page.read_bytes() == first


def test_a_damaged_recording_costs_its_own_page(call: Call, tmp_path: Path) -> None:
    good, bad = make_folder(tmp_path, "good"), make_folder(tmp_path, "bad")
    (bad / "timeline.csv").write_text("second,hook\n0,1\n0,1\n")
    called = call(tmp_path)
    assert called.status == 1
    (problem,) = called.err
    assert problem.startswith(f"surgical-video: {bad / 'timeline.csv'}: line 3")
    assert (good / "report.html").is_file()
    assert not (bad / "report.html").exists()


def test_a_page_that_cannot_be_written_costs_itself(call: Call, tmp_path: Path) -> None:
    good, bad = make_folder(tmp_path, "good"), make_folder(tmp_path, "bad")
    (bad / "report.html").mkdir()
    called = call(tmp_path)
    assert called.status == 1
    assert len(called.err) == 1
    assert "report.html" in called.err[0]
    assert (good / "report.html").is_file()


@pytest.mark.parametrize("name", ["none", "empty", "a file.csv"])
def test_where_no_recording_lies_nothing_is_written(call: Call, tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "a file.csv").write_text("second,hook\n0,1\n")
    called = call(tmp_path / name)
    assert called.status == 1
    assert len(called.err) == 1
    assert name in called.err[0]


def test_a_manifest_that_is_no_json_costs_the_provenance_only(call: Call, tmp_path: Path) -> None:
    folder = make_folder(tmp_path, "case12")
    (folder / "run.json").write_text("{")
    assert call(tmp_path).status == 0
    assert "There is no <code>run.json</code>" in (folder / "report.html").read_text()


def test_without_videos_no_name_of_a_file_is_in_the_page(call: Call, tmp_path: Path) -> None:
    video = make_video(tmp_path / "videos" / "Doe_Jane.mp4")
    folder = make_folder(tmp_path / "out", "case12", annotated=video)
    assert call(tmp_path / "out").status == 0
    assert "Doe" not in (folder / "report.html").read_text()
    assert call(tmp_path / "out", "--videos", tmp_path / "videos").status == 0
    assert "Doe_Jane.mp4" in (folder / "report.html").read_text()


@pytest.mark.parametrize(
    "name", ["case12.mp4", "case #12?%2e.mp4", "b\N{LATIN SMALL LETTER U}.mp4"]
)
def test_a_video_is_found_by_the_name_of_its_results(call: Call, tmp_path: Path, name: str) -> None:
    from video_pipeline.batch.recordings import name_recordings

    video = make_video(tmp_path / "videos" / name)
    (named,) = name_recordings([video], tmp_path / "out")
    folder = make_folder(tmp_path / "out", named.video_id)
    called = call(tmp_path / "out", "--videos", tmp_path / "videos")
    assert called.err == []
    address = video_of(folder)
    assert address is not None
    assert address.startswith("../../videos/")


def test_a_video_where_it_was_annotated_is_found_whatever_its_results_are_called(
    call: Call, tmp_path: Path
) -> None:
    video = make_video(tmp_path / "videos" / "a" / "op.mp4")
    make_video(tmp_path / "videos" / "b" / "op.mp4")
    folder = make_folder(tmp_path / "out", "op-1a2b3c4d", annotated=video)
    assert call(tmp_path / "out", "--videos", tmp_path / "videos").err == []
    assert video_of(folder) == "../../videos/a/op.mp4"


def test_a_video_that_was_moved_is_found_by_name_and_size(call: Call, tmp_path: Path) -> None:
    video = make_video(tmp_path / "old" / "op.mp4")
    folder = make_folder(tmp_path / "out", "op", annotated=video)
    shutil.move(tmp_path / "old", tmp_path / "new")
    make_video(tmp_path / "new" / "other" / "op.mp4", size_bytes=99)
    assert call(tmp_path / "out", "--videos", tmp_path / "new").err == []
    assert video_of(folder) == "../../new/op.mp4"


def test_a_file_of_another_size_is_not_the_recording(call: Call, tmp_path: Path) -> None:
    video = make_video(tmp_path / "videos" / "op.mp4")
    folder = make_folder(tmp_path / "out", "op", annotated=video)
    make_video(video, size_bytes=101)
    called = call(tmp_path / "out", "--videos", tmp_path / "videos")
    assert called.status == 0
    (told,) = called.err
    assert "op.mp4 is not the file that was annotated" in told
    assert video_of(folder) is None


def test_two_files_that_could_be_it_are_none(call: Call, tmp_path: Path) -> None:
    make_video(tmp_path / "videos" / "op.mp4")
    make_video(tmp_path / "videos" / "op.mkv")
    folder = make_folder(tmp_path / "out", "op")
    called = call(tmp_path / "out", "--videos", tmp_path / "videos")
    assert called.status == 0
    assert "2 videos could be it" in called.err[0]
    assert video_of(folder) is None


def test_a_recording_without_a_video_has_a_page_all_the_same(call: Call, tmp_path: Path) -> None:
    video = make_video(tmp_path / "videos" / "op.mp4")
    folders = [make_folder(tmp_path / "out", name) for name in ("op", "other")]
    called = call(tmp_path / "out", "--videos", video)
    assert called.status == 0
    (told,) = called.err
    assert told.startswith("other: no video of this name")
    assert [video_of(folder) for folder in folders] == ["../../videos/op.mp4", None]


def make_operation(out: Path, files: dict[str, tuple[int, float]], *, video_id: str = "op") -> Path:
    """A recording of several files, (size in bytes, start in seconds) each."""
    folder = make_folder(out, video_id)
    parts = [
        {"name": name, "size_bytes": size, "start_s": start_s, "duration_s": 1.0}
        for name, (size, start_s) in files.items()
    ]
    (folder / "run.json").write_text(json.dumps({"input": {"name": video_id, "parts": parts}}))
    return folder


def files_of(folder: Path) -> list[list[object]]:
    """(address, name, start) of each file that a folder's page shows."""
    page = (folder / "report.html").read_text()
    found = re.search(r'id="data">(.*?)</script>', page)
    assert found is not None
    files: list[list[object]] = json.loads(found[1])["files"]
    return files


def test_a_recording_in_several_files_shows_each_where_it_belongs(
    call: Call, tmp_path: Path
) -> None:
    for name, size in (("op_1.mp4", 10), ("op_2.mp4", 20)):
        make_video(tmp_path / "videos" / "op" / name, size_bytes=size)
    folder = make_operation(tmp_path / "out", {"op_1.mp4": (10, 0.0), "op_2.mp4": (20, 7.52)})
    assert call(tmp_path / "out", "--videos", tmp_path / "videos").err == []
    assert files_of(folder) == [
        ["../../videos/op/op_1.mp4", "op_1.mp4", 0.0],
        ["../../videos/op/op_2.mp4", "op_2.mp4", 7.52],
    ]
    assert video_of(folder) == "../../videos/op/op_1.mp4"
    assert call(tmp_path / "out").err == []
    assert files_of(folder) == []
    assert "op_1" not in (folder / "report.html").read_text()


def test_files_whose_names_come_twice_are_those_of_the_folder_that_has_all(
    call: Call, tmp_path: Path
) -> None:
    for disc, names in (("a", ["VTS_01_1.VOB"]), ("b", ["VTS_01_1.VOB", "VTS_01_2.VOB"])):
        for name in names:
            make_video(tmp_path / "videos" / disc / name)
    files = {"VTS_01_1.VOB": (100, 0.0), "VTS_01_2.VOB": (100, 60.0)}
    folder = make_operation(tmp_path / "out", files)
    assert call(tmp_path / "out", "--videos", tmp_path / "videos").err == []
    assert [file[0] for file in files_of(folder)] == [
        f"../../videos/b/{name}" for name in ("VTS_01_1.VOB", "VTS_01_2.VOB")
    ]
    make_video(tmp_path / "videos" / "a" / "VTS_01_2.VOB")
    (told,) = call(tmp_path / "out", "--videos", tmp_path / "videos").err
    assert "several videos in" in told
    assert files_of(folder) == []


@pytest.mark.parametrize(
    ("files", "cause"),
    [
        ({"op_1.mp4": (100, 0.0), "op_2.mp4": (100, 5.0)}, "no video of this name"),
        ({"op_1.mp4": (99, 0.0), "op_3.mp4": (100, 5.0)}, "no video of this size"),
        ({"op_1.mp4": (100, 0.0), "op_3.mp4": (100, 0.0)}, "does not tell apart"),
        ({"op_1.mp4": (100, 1.0), "op_3.mp4": (100, 5.0)}, "does not tell apart"),
    ],
)
def test_a_recording_in_several_files_shows_all_of_them_or_says_why_not(
    call: Call, tmp_path: Path, files: dict[str, tuple[int, float]], cause: str
) -> None:
    for name in ("op_1.mp4", "op_3.mp4"):
        make_video(tmp_path / "videos" / name)
    folder = make_operation(tmp_path / "out", files)
    called = call(tmp_path / "out", "--videos", tmp_path / "videos")
    assert called.status == 0
    (told,) = called.err
    assert told.startswith("op: ")
    assert cause in told
    assert video_of(folder) is None


def test_one_file_is_not_two_parts(call: Call, tmp_path: Path) -> None:
    make_video(tmp_path / "videos" / "op.mp4")
    folder = make_folder(tmp_path / "out", "op")
    same = {"name": "op.mp4", "size_bytes": 100}
    parts = [same | {"start_s": 0.0}, same | {"start_s": 5.0}]
    (folder / "run.json").write_text(json.dumps({"input": {"parts": parts}}))
    (told,) = call(tmp_path / "out", "--videos", tmp_path / "videos").err
    assert "could be each of its files" in told
    assert video_of(folder) is None


@pytest.mark.parametrize("name", ["none", "empty"])
def test_a_folder_without_videos_is_refused_before_anything_is_written(
    call: Call, tmp_path: Path, name: str
) -> None:
    folder = make_folder(tmp_path / "out", "op")
    (tmp_path / "empty").mkdir()
    called = call(tmp_path / "out", "--videos", tmp_path / name)
    assert called.status == 1
    assert len(called.err) == 1
    assert not (folder / "report.html").exists()


def test_a_name_that_is_no_text_is_written_as_escapes(call: Call, tmp_path: Path) -> None:
    name = os.fsdecode(b"op-\xfc")
    make_video(tmp_path / "videos" / f"{name}.mp4")
    folder = make_folder(tmp_path / "out", name)
    called = call(tmp_path / "out" / name, "--videos", tmp_path / "videos" / f"{name}.mp4")
    assert called.status == 0
    assert "op-\\udcfc" in called.out
    assert "op-\\udcfc" in (folder / "report.html").read_text(encoding="utf-8")


def test_the_examples_are_in_the_help(call: Call) -> None:
    called = call("--help")
    assert called.status == 0
    assert "surgical-video report timelines --videos /recordings" in called.out
