from __future__ import annotations

import os
from pathlib import Path

import pytest

from classifier.dataset.class_list import read_class_list
from classifier.errors import DatasetError


def read(tmp_path: Path, content: bytes) -> tuple[str, ...]:
    (tmp_path / "classes.txt").write_bytes(content)
    return read_class_list(tmp_path / "classes.txt")


@pytest.mark.parametrize(
    "content",
    [
        b"hook\nspecimen bag\ngrasper",
        b"hook\nspecimen bag\ngrasper\n",
        b"\xef\xbb\xbfhook\r\n  specimen bag\t\r\n\r\ngrasper\r\n\r\n",
    ],
    ids=["bare", "plain", "from Windows"],
)
def test_names_come_in_the_order_of_their_lines(tmp_path: Path, content: bytes) -> None:
    assert read(tmp_path, content) == ("hook", "specimen bag", "grasper")


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"", "names no tool"),
        (b" \n\t\n", "names no tool"),
        (b"a\nb\n\n a", "names 'a' in lines 1 and 4"),
        (b"grasper,hook", "line 1: 'grasper,hook' holds a comma"),
        (b"a\n\x00", r"line 2: '\\x00' is no tool's name"),
        (b"x" * 101, "is no tool's name"),
        (b"ciseaux \xe9", "is not UTF-8 text"),
        (b"\n".join(b"t%d" % k for k in range(1001)), "more than 1000"),
        (b"\n" * (2 << 20), "is larger than 1 MiB"),
    ],
)
def test_what_is_no_list_of_names_is_refused(tmp_path: Path, content: bytes, cause: str) -> None:
    with pytest.raises(DatasetError, match=cause):
        read(tmp_path, content)


def test_what_is_no_plain_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, cause in (("pipe", "a pipe"), ("none", "no such file"), (".", "is a folder")):
        with pytest.raises(DatasetError, match=cause):
            read_class_list(tmp_path / name)
    with pytest.raises(DatasetError, match="is not a plain file"):
        read_class_list(Path(os.devnull))


def test_a_link_that_the_user_names_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("hook\n")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert read_class_list(tmp_path / "link") == ("hook",)
