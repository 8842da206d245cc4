"""Which recordings a call means, and names of their own for their results."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from video_pipeline.batch.recordings import find_recordings, name_recordings
from video_pipeline.errors import RecordingError
from video_pipeline.output.provenance import digest_path


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")
    return path


def test_recordings_are_files_and_what_folders_hold(tmp_path: Path) -> None:
    a, b = touch(tmp_path / "a" / "x.MPG"), touch(tmp_path / "other.bin")
    assert find_recordings([tmp_path / "a", b]).files == (a, b)


def test_a_call_for_nothing_is_refused(tmp_path: Path) -> None:
    touch(tmp_path / "notes.txt")
    with pytest.raises(RecordingError, match="no video in this folder; name the files themselves"):
        find_recordings([tmp_path])


def names(paths: list[Path], out: Path) -> list[str]:
    return [recording.video_id for recording in name_recordings(paths, out)]


def test_results_carry_the_stem(tmp_path: Path) -> None:
    assert names([Path("a/case 12 (left).mp4"), Path("b/é手術.mkv")], tmp_path) == [
        "case 12 (left)",
        "é手術",
    ]


def test_equal_stems_get_names_of_their_own_in_any_order(tmp_path: Path) -> None:
    paths = [Path("a/case.mp4"), Path("b/case.mp4"), Path("b/Case.mkv"), Path("other.mp4")]
    forward, backward = names(paths, tmp_path), names(paths[::-1], tmp_path)[::-1]
    assert forward == backward
    assert len({name.casefold() for name in forward}) == 4
    assert forward[3] == "other"


def test_results_of_a_file_elsewhere_are_not_overwritten(tmp_path: Path) -> None:
    here, elsewhere = Path("a/case.mp4"), Path("b/case.mp4")
    manifest = {
        "status": "done",
        "input": {"sha256": "x", "size_bytes": 1, "path_sha256": digest_path(elsewhere)},
        "model": {"sha256": "y"},
        "parameters": {},
        "warnings": [],
        "outputs": {"timeline.csv": {"sha256": "z", "rows": 3}},
    }
    (tmp_path / "case").mkdir()
    (tmp_path / "case" / "run.json").write_text(json.dumps(manifest))
    assert names([elsewhere], tmp_path) == ["case"]
    (other,) = names([here], tmp_path)
    assert other.startswith("case-")


@pytest.mark.parametrize("stem", ["..", "a\nb", "x" * 300, "a\udcffb", "手" * 200, " .x", "a:b*?"])
def test_a_stem_that_is_no_folder_name_becomes_one(tmp_path: Path, stem: str) -> None:
    (name,) = names([Path("folder") / f"{stem}.mp4"], tmp_path)
    (tmp_path / name).mkdir()
    assert (tmp_path / name).parent == tmp_path
    assert name.isprintable()
    assert len(name.encode()) <= 100
    assert name[0] not in ". "
