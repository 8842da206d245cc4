"""Which operations a call means: by folder, by name, by list, or each file one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import get_args

import pytest

from video_pipeline.batch.recordings import (
    Operation,
    Recording,
    name_operations,
)
from video_pipeline.batch.search.operations import Joining, find_operations
from video_pipeline.batch.search.searching import find_files
from video_pipeline.errors import RecordingError

TREE = (
    "case12/part2.mp4",
    "case12/part10.mp4",
    "case12/part1.mp4",
    "case12/notes.txt",
    "case12/raw/part1.mp4",
    "case13/b_part1.MPG",
    "case13/b_part2.MPG",
    "case13/other.mp4",
    "case14/.hidden.mp4",
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "recordings"
    for name in TREE:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")
    return root


def found(root: Path, paths: list[Path], join: Joining = "nothing") -> dict[str, list[str]]:
    """Each operation's name, and its files below ``root``."""
    operations = find_operations(paths, join=join)
    assert all(
        of.path in {of.paths[0], *of.paths[0].parents} or of.path.suffix == ".parts"
        for of in operations
    )
    return {of.name: [str(path.relative_to(root)) for path in of.paths] for of in operations}


def test_without_joining_each_file_is_one(root: Path) -> None:
    operations = find_operations([root / "case12", root / "case13" / "other.mp4", root / "none"])
    assert [of.path for of in operations] == [
        *find_files([root / "case12"]).files,
        root / "case13" / "other.mp4",
        root / "none",
    ]
    assert all(of.paths == (of.path,) and of.name == of.path.stem for of in operations)


def test_a_folder_is_one_in_natural_order(root: Path) -> None:
    assert found(root, [root / "case12", root / "case13"], "all") == {
        "case12": ["case12/part1.mp4", "case12/part2.mp4", "case12/part10.mp4"],
        "case13": ["case13/b_part1.MPG", "case13/b_part2.MPG", "case13/other.mp4"],
    }
    (of, _) = find_operations([root / "case12", root / "case13"], join="all")
    assert of.path == root / "case12"


def test_a_folder_of_folders_is_no_operation(root: Path) -> None:
    for folder in (root, root / "case14"):
        with pytest.raises(RecordingError, match="no video directly in this folder; name the fold"):
            find_operations([folder], join="all")


def test_all_files_that_are_named_are_one(root: Path) -> None:
    files = [root / "case12" / f"part{k}.mp4" for k in (10, 2)]
    assert found(root, files, "all") == {"part2": ["case12/part2.mp4", "case12/part10.mp4"]}
    parts = [root / "case13" / f"b_part{k}.MPG" for k in (2, 1)]
    assert found(root, [*parts, root / "case12"], "all") == {
        "case12": ["case12/part1.mp4", "case12/part2.mp4", "case12/part10.mp4"],
        "b": ["case13/b_part1.MPG", "case13/b_part2.MPG"],
    }


def test_parts_are_joined_by_their_names(root: Path) -> None:
    (root / "case12" / "part10.mp4").rename(root / "case12" / "part3.mp4")
    assert found(root, [root], "parts") == {
        "case12": ["case12/part1.mp4", "case12/part2.mp4", "case12/part3.mp4"],
        "part1": ["case12/raw/part1.mp4"],
        "b": ["case13/b_part1.MPG", "case13/b_part2.MPG"],
        "other": ["case13/other.mp4"],
    }


def test_parts_that_were_named_are_joined_too(root: Path) -> None:
    files = [root / "case13" / name for name in ("b_part2.MPG", "other.mp4", "b_part1.MPG")]
    assert found(root, files, "parts") == {
        "b": ["case13/b_part1.MPG", "case13/b_part2.MPG"],
        "other": ["case13/other.mp4"],
    }


@pytest.mark.parametrize("join", get_args(Joining))
def test_a_list_is_one_and_its_files_are_not_taken_again(root: Path, join: Joining) -> None:
    (root / "case13" / "both.parts").write_text("other.mp4\nb_part1.MPG\n")
    assert found(root, [root / "case13"], join) == {
        "both": ["case13/other.mp4", "case13/b_part1.MPG"],
        ("case13" if join == "all" else "b_part2"): ["case13/b_part2.MPG"],
    }


def test_a_list_that_is_named_is_read_beside_its_files(root: Path) -> None:
    path = root / "case13" / "both.parts"
    path.write_text("other.mp4\nb_part1.MPG\n")
    files = [root / "case13" / name for name in ("other.mp4", "b_part2.MPG")]
    assert found(root, [*files, path, path]) == {
        "both": ["case13/other.mp4", "case13/b_part1.MPG"],
        "b_part2": ["case13/b_part2.MPG"],
    }


def test_a_folder_may_hold_nothing_but_a_list(root: Path) -> None:
    (root / "case14" / "all.parts").write_text(".hidden.mp4\n")
    for join in get_args(Joining):
        assert found(root, [root / "case14"], join) == {"all": ["case14/.hidden.mp4"]}


def skipped(operations: list[Operation]) -> dict[Path, str]:
    return {of.path: of.why_skipped for of in operations if of.why_skipped is not None}


def test_a_broken_list_is_skipped_with_its_line_and_stops_nothing(root: Path) -> None:
    path = root / "case13" / "both.parts"
    path.write_text("other.mp4\n../case12/part1.mp4\n")
    operations = find_operations([root / "case13"])
    (why,) = skipped(operations).values()
    assert skipped(operations) == {path: why}
    assert why.startswith("line 2: its file leads out of the list's folder; one file")
    assert [of.path.name for of in operations[:-1]] == ["b_part1.MPG", "b_part2.MPG", "other.mp4"]


@pytest.mark.parametrize("join", get_args(Joining))
def test_a_folder_without_videos_is_skipped_beside_others(root: Path, join: Joining) -> None:
    (root / "case14" / "...").mkdir()
    operations = find_operations([root / "case14", root / "case13"], join=join)
    assert operations[-1].name == "case14"
    ((path, why),) = skipped(operations).items()
    assert path == root / "case14"
    assert why.startswith("no video")
    assert "case13/other.mp4" in {str(p.relative_to(root)) for of in operations for p in of.paths}


@pytest.mark.parametrize("join", get_args(Joining))
def test_what_is_no_file_is_skipped_and_joined_to_nothing(root: Path, join: Joining) -> None:
    os.mkfifo(root / "case12" / "part3.mp4")
    operations = find_operations([root / "case12"], join=join)
    assert skipped(operations) == {root / "case12" / "part3.mp4": "a pipe, not a file"}
    tried = [of for of in operations if of.why_skipped is None]
    assert not [of for of in tried if root / "case12" / "part3.mp4" in of.paths]


def test_the_folder_at_hand_has_its_own_name(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root / "case12")
    assert [of.name for of in find_operations([Path()], join="all")] == ["case12"]
    monkeypatch.chdir(root / "case12" / "raw")
    assert [of.name for of in find_operations([Path("..")], join="all")] == ["case12"]


def test_operations_of_one_name_get_names_of_their_own(root: Path, tmp_path: Path) -> None:
    files = [root / "case12" / "part1.mp4", root / "case13" / "other.mp4"]
    operations = [
        Operation(files[0].parent, "Case", (files[0],)),
        Operation.of_file(files[1]),
        Operation(files[1].parent, "case", tuple(files)),
    ]
    named = name_operations(operations, tmp_path / "out")
    assert [(of.path, of.paths) for of in named] == [(of.path, of.paths) for of in operations]
    assert named[1].video_id == "other"
    assert len({of.video_id.casefold() for of in named}) == 3


def test_a_recording_without_parts_is_its_path() -> None:
    assert Recording(Path("a.mp4"), "a").paths == (Path("a.mp4"),)
