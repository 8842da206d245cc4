"""Strangers' text is opened in one way: what is passed over, what is refused, in which words."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from video_pipeline.errors import TableError
from video_pipeline.formats.cholect50_labels import read_cholect50_labels
from video_pipeline.formats.json_document import read_json
from video_pipeline.formats.rttm import read as read_rttm
from video_pipeline.formats.webvtt import read as read_webvtt
from video_pipeline.formats.xml_document import read_xml
from video_pipeline.output import plain_text
from video_pipeline.output.csv_lines import csv_lines
from video_pipeline.output.plain_text import read_plain_bytes, read_plain_text, text_lines

READERS: dict[str, Callable[[Path], Any]] = {
    "lines": text_lines,
    "csv": lambda path: csv_lines(path, hint="a hint"),
    "json": read_json,
    "rttm": read_rttm,
    "webvtt": read_webvtt,
    "cholect50": read_cholect50_labels,
}
every_reader = pytest.mark.parametrize("read", READERS.values(), ids=READERS)


def refused(read: Callable[[Path], Any], path: Path) -> str:
    with pytest.raises(TableError) as caught:
        read(path)
    line = str(caught.value)
    assert line.startswith(f"{path}: ")
    assert "\n" not in line
    return line.removeprefix(f"{path}: ").partition(";")[0]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["", "bom"])
def test_marks_of_editors_change_no_line(tmp_path: Path, end: str, mark: str) -> None:
    path = tmp_path / "a"
    path.write_bytes((mark + end.join(["a 1", "", " é"]) + end + " " + end).encode())
    assert text_lines(path) == ["a 1", "", " é"]


def test_line_ends_inside_of_a_text_stay_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b'\xef\xbb\xbfa,b\r\n"1\r\n2\r3",4\r\n')
    assert read_plain_text(tmp_path / "a") == 'a,b\r\n"1\r\n2\r3",4\r\n'
    assert csv_lines(tmp_path / "a", hint="")[1][1] == ["1\r\n2\r3", "4"]


@pytest.mark.parametrize("name", ["lines", "csv", "json", "rttm", "webvtt"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"], ids=["lf", "crlf", "cr"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["", "bom"])
def test_the_line_that_is_no_text_is_named(
    tmp_path: Path, name: str, end: bytes, mark: bytes
) -> None:
    path = tmp_path / "a"
    path.write_bytes(mark + b"a" + end + b"b" + end + b"\xff" + end)
    assert refused(READERS[name], path) == "line 3: is not UTF-8 text"


@every_reader
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path, read: Callable[[Path], Any]) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    # The reader of CholecT50 looks for its files itself, in a folder.
    path = tmp_path if read is READERS["cholect50"] else tmp_path / "pipe.json"
    with pytest.raises(TableError, match=r"pipe\.json: is no plain file"):
        read(path)


@pytest.mark.parametrize("name", ["lines", "csv", "json", "rttm"])
def test_what_is_not_there_is_said_in_the_same_words(tmp_path: Path, name: str) -> None:
    read = READERS[name]
    assert refused(read, tmp_path / "none") == "cannot be read (No such file or directory)"


def test_a_name_that_no_file_can_have_is_an_error_of_ours() -> None:
    with pytest.raises(TableError, match="no possible file name"):
        read_plain_bytes("a\0b")


def test_a_folder_is_no_text_and_nothing_stays_open(tmp_path: Path) -> None:
    before = sum(1 for _ in Path("/dev/fd").iterdir())
    for _ in range(20):
        assert refused(text_lines, tmp_path) == "cannot be read (Is a directory)"
    assert sum(1 for _ in Path("/dev/fd").iterdir()) == before


@pytest.mark.parametrize("name", ["lines", "json", "rttm", "webvtt"])
def test_a_file_beyond_the_bound_is_not_read(tmp_path: Path, name: str) -> None:
    with (tmp_path / "a").open("wb") as file:
        file.truncate(plain_text.MOST_BYTES + 1)
    assert refused(READERS[name], tmp_path / "a") == "is larger than 64 MiB"


def test_the_bound_itself_is_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    assert read_plain_bytes(tmp_path / "a", most_bytes=5) == b"12345"
    with pytest.raises(TableError, match="is larger than"):
        read_plain_bytes(tmp_path / "a", most_bytes=4)


def test_an_xml_document_is_opened_in_the_same_way(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert refused(read_xml, tmp_path / "pipe") == "is no plain file"


def test_the_hint_says_what_is_expected(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\r\n \n")
    with pytest.raises(TableError, match="is empty; a tool a line"):
        text_lines(tmp_path / "a", hint="a tool a line")
