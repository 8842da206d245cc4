"""Lists of files: what they may name, and where an error says that they are wrong."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from video_pipeline.batch.search.part_list import is_part_list, read_part_list
from video_pipeline.errors import RecordingError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two files beside the list, one below it, one elsewhere, and a link to that one."""
    inside = tmp_path / "inside"
    for path in ("inside/b 1.mp4", "inside/a#2.mp4", "inside/sub/c.mp4", "outside.mp4"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(b"x")
    (inside / "link.mp4").symlink_to(tmp_path / "outside.mp4")
    (inside / "up").symlink_to(tmp_path)
    return inside


def write(folder: Path, content: str | bytes) -> Path:
    path = folder / "case.parts"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_files_come_in_the_order_in_which_they_are_written(folder: Path) -> None:
    text = "\ufeff# recorder 2\r\nsub/c.mp4\r\n\r\n  b 1.mp4  \n  # as well\na#2.mp4"
    found = read_part_list(write(folder, text))
    assert found == (folder / "sub" / "c.mp4", folder / "b 1.mp4", folder / "a#2.mp4")


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ("none.mp4", "is no file"),
        ("sub", "is no file"),
        ("\0", "is no file"),
        ("x" * 5000, "is no file"),
        ("../outside.mp4", "leads out of the list's folder"),
        ("sub/../../outside.mp4", "leads out of the list's folder"),
        ("sub\\..\\..\\outside.mp4", "leads out of the list's folder"),
        ("/etc/hostname", "is not relative to the list"),
        ("\\\\server\\share\\a.mp4", "is not relative to the list"),
        ("C:\\a.mp4", "is not relative to the list"),
        ("https://example.org/a.mp4", "is a URL"),
        ("file:///etc/hostname", "is a URL"),
        ("link.mp4", "is a link out of the list's folder"),
        ("up/outside.mp4", "is a link out of the list's folder"),
        ("b 1.mp4", "is named twice"),
        ("./sub/../b 1.mp4", "leads out of the list's folder"),
        ("./b 1.mp4", "is named twice"),
    ],
)
def test_a_list_names_nothing_else(folder: Path, line: str, cause: str) -> None:
    path = write(folder, f"# two files\nb 1.mp4\n{line}\n")
    with pytest.raises(RecordingError) as caught:
        read_part_list(path)
    assert caught.value.path == str(path)
    assert caught.value.cause == f"line 3: {line} {cause}"


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"", "names no file"),
        (b"# only this\n\n", "names no file"),
        (b"op\xe9ration.mp4\n", "not UTF-8 text"),
        (b"\n" * (1 << 20) + b"a", "too large for a list of files"),
    ],
)
def test_what_is_no_list_is_refused(folder: Path, content: bytes, cause: str) -> None:
    with pytest.raises(RecordingError, match=cause):
        read_part_list(write(folder, content))


def test_a_link_within_the_folder_is_fine(folder: Path) -> None:
    (folder / "first.mp4").symlink_to(folder / "sub" / "c.mp4")
    assert read_part_list(write(folder, "first.mp4")) == (folder / "first.mp4",)


def test_only_a_regular_file_is_a_list(folder: Path) -> None:
    assert is_part_list(write(folder, ""))
    (folder / "folder.parts").mkdir()
    os.mkfifo(folder / "pipe.parts")
    for name in ("folder.parts", "pipe.parts", "none.parts", "b 1.mp4"):
        assert not is_part_list(folder / name)
