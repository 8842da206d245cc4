"""The video inside a DICOM object reads as a file does, whatever it was cut into and lost."""

from __future__ import annotations

import io
import os
import random
import struct
from array import array
from pathlib import Path

import pydicom
import pytest
from pydicom.encaps import generate_fragments

from tests.support.dicom_files import END, IRREGULAR, item, refusal_of, write_dicom
from video_pipeline.frames.container.dicom import DicomVideo, open_dicom_video
from video_pipeline.frames.container.dicom_fragments import Fragments


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "c.dcm"


def payload(video: DicomVideo) -> bytes:
    with video.file as file:
        return file.read()


@pytest.mark.parametrize("sizes", [[1000], [2], [4, 2, 998], [1002]])
@pytest.mark.parametrize("n_bytes", [999, 1000])
def test_reading_and_seeking_is_as_in_memory(path: Path, sizes: list[int], n_bytes: int) -> None:
    stream = random.Random(1).randbytes(n_bytes)
    padded = stream + b"\0" * (n_bytes % 2)
    file = open_dicom_video(write_dicom(path, stream, sizes=sizes)).file
    memory = io.BytesIO(padded)
    rng = random.Random(2)
    with file:
        for _ in range(300):
            whence = rng.choice([os.SEEK_SET, os.SEEK_CUR, os.SEEK_END])
            start = {os.SEEK_SET: 0, os.SEEK_CUR: memory.tell(), os.SEEK_END: len(padded)}[whence]
            offset = rng.randint(-start, 1100 - start)
            assert file.seek(offset, whence) == memory.seek(offset, whence)
            n = rng.choice([0, 1, 3, 50, 2000])
            assert file.read(n) == memory.read(n)
            assert file.tell() == memory.tell()
        assert file.seek(0) == 0
        assert file.read() == padded


def test_it_is_a_read_only_file(path: Path) -> None:
    file = open_dicom_video(write_dicom(path, b"video!")).file
    assert (file.readable(), file.seekable(), file.writable()) == (True, True, False)
    with pytest.raises(ValueError, match="no place in a video"):
        file.seek(-1)
    with pytest.raises(ValueError, match="no place in a video"):
        file.seek(0, 7)
    file.close()
    for use in (file.tell, file.read, lambda: file.seek(0)):
        with pytest.raises(ValueError, match="closed"):
            use()


def test_fragments_are_those_that_pydicom_finds(path: Path) -> None:
    write_dicom(path, random.Random(3).randbytes(5001), sizes=IRREGULAR)
    pieces = generate_fragments(pydicom.dcmread(path).PixelData)
    assert payload(open_dicom_video(path)) == b"".join(pieces)


def test_the_offset_table_is_passed_over(path: Path) -> None:
    table = item(struct.pack("<LL", 0, 12))
    write_dicom(path, None, chain=table + item(b"four") + item(b"more") + END)
    assert payload(open_dicom_video(path)) == b"fourmore"


@pytest.mark.parametrize("vr", [b"OB", b"OW", b"UN"])
def test_any_kind_of_value_will_do(path: Path, vr: bytes) -> None:
    assert payload(open_dicom_video(write_dicom(path, b"video!", vr=vr))) == b"video!"


def test_extended_offset_tables_are_passed_over(path: Path) -> None:
    write_dicom(
        path, b"video!", ExtendedOffsetTable=b"\0" * 8, ExtendedOffsetTableLengths=b"\6" * 8
    )
    assert payload(open_dicom_video(path)) == b"video!"


def test_fragments_that_should_not_be_are_read_where_that_is_safe(path: Path) -> None:
    write_dicom(path, None, chain=item(b"") + item(b"odd") + item(b"") + item(b"even") + END)
    video = open_dicom_video(path)
    assert not video.is_cut
    assert payload(video) == b"oddeven"


def test_a_file_that_shrinks_while_it_is_read_ends_there(path: Path) -> None:
    video = open_dicom_video(write_dicom(path, b"x" * 1000))
    os.truncate(path, path.stat().st_size - 8 - 400)
    assert payload(video) == b"x" * 600


def test_fragments_need_an_end_each() -> None:
    with pytest.raises(ValueError, match="0 offsets for 0 fragments"):
        Fragments(array("q"), array("q"), is_cut=False)


@pytest.mark.parametrize("n_bytes_lost", range(1, 17))
def test_every_cut_is_noticed(path: Path, n_bytes_lost: int) -> None:
    write_dicom(path, b"8 bytes!")
    os.truncate(path, path.stat().st_size - n_bytes_lost)
    if n_bytes_lost < 16:
        video = open_dicom_video(path)
        assert video.is_cut
        assert payload(video) == b"8 bytes!"[: 16 - n_bytes_lost]
    else:
        assert refusal_of(path).cause == "its pixel data hold no video"


def test_every_cut_before_the_video_is_refused(path: Path) -> None:
    whole = write_dicom(path, b"8 bytes!").read_bytes()
    for n_bytes in range(132, len(whole) - 15):
        path.write_bytes(whole[:n_bytes])
        refusal_of(path)


@pytest.mark.parametrize(
    ("chain", "cause"),
    [
        (b"", "its pixel data hold no video"),
        (END, "its pixel data hold no video"),
        (item(b"") + END, "its pixel data hold no video"),
        (item(b"") + item(b"") * 9 + END, "its pixel data hold no video"),
        (item(b"", 0xFFFFFFFE), "its pixel data hold no video"),
        (item(b"") + item(b"video!", 0xFFFFFFFF) + END, "no fragment begins at byte"),
        (item(b"") + item(b"video!", 4) + END, "no fragment begins at byte"),
        (item(b"") + item(b"video!") + b"\0" * 64, "no fragment begins at byte"),
        (b"\0\0\1\xb3" * 9, "no fragment begins at byte"),
    ],
)
def test_a_broken_chain_of_fragments(path: Path, chain: bytes, cause: str) -> None:
    assert cause in refusal_of(write_dicom(path, None, chain=chain)).cause


def test_a_length_beyond_the_file_is_a_cut(path: Path) -> None:
    write_dicom(path, None, chain=item(b"") + item(b"video!", 0xFFFFFFFE))
    video = open_dicom_video(path)
    assert video.is_cut
    assert payload(video) == b"video!"


def test_too_many_fragments(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("video_pipeline.frames.container.dicom_fragments._MOST_ITEMS", 100)
    write_dicom(path, None, chain=item(b"xx") * 101 + END)
    assert "more than 100 fragments" in refusal_of(path).cause
