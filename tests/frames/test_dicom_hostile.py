"""DICOM headers that would take all time or memory, or tell about the patient: they do neither."""

from __future__ import annotations

import logging
import os
import random
import re
import time
import traceback
import tracemalloc
import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest
from pydicom.uid import DeflatedExplicitVRLittleEndian

from tests.support.dicom_files import (
    PATIENT,
    data_set_at,
    element,
    insert,
    item,
    refusal_of,
    write_dicom,
)
from video_pipeline.errors import RecordingError
from video_pipeline.frames.container.dicom import open_dicom_video


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "c.dcm"


LONGEST_S = 10.0
MOST_BYTES = 64 << 20

UNDEFINED = 0xFFFFFFFF
TOO_LARGE = "its DICOM header is far too large"


@pytest.fixture
def is_frugal() -> Iterator[None]:
    """Fails where the test took much memory."""
    tracemalloc.start()
    yield
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < MOST_BYTES


def write_with(path: Path, element: bytes, *, n_times: int = 1, n_zeros: int = 0) -> Path:
    """An object with an element at its head, ``n_times``, and with zeros for pixel data."""
    write_dicom(path, None)
    rest = path.read_bytes()[data_set_at(path) :]
    with path.open("r+b") as file:
        file.seek(data_set_at(path))
        for _ in range(0, n_times, 1000):
            file.write(element * min(n_times, 1000))
        file.write(rest)
    os.truncate(path, path.stat().st_size + n_zeros)
    return path


NESTED = element(0x0008, 0x1140, b"SQ", b"", UNDEFINED) + item(b"", UNDEFINED)
SEQUENCE = element(0x0009, 0x1001, b"SQ", b"", UNDEFINED)


@pytest.mark.usefixtures("is_frugal")
def test_sequences_within_sequences(path: Path) -> None:
    cause = refusal_of(write_with(path, NESTED, n_times=100_000)).cause
    assert cause == "its DICOM header is broken"


@pytest.mark.usefixtures("is_frugal")
@pytest.mark.parametrize("vr", [b"OB", b"UT"])
def test_a_value_that_never_ends(path: Path, vr: bytes) -> None:
    endless = element(0x0009, 0x1001, vr, b"", UNDEFINED)
    assert refusal_of(write_with(path, endless, n_zeros=8 << 30)).cause == TOO_LARGE


@pytest.mark.usefixtures("is_frugal")
@pytest.mark.parametrize("n_bytes", [0xFFFFFFF0, 1 << 30])
def test_a_value_of_gigabytes_where_one_is_wanted(path: Path, n_bytes: int) -> None:
    vast = element(0x0018, 0x1063, b"UT", b"", n_bytes)
    assert refusal_of(write_with(path, vast, n_zeros=8 << 30)).cause == TOO_LARGE


@pytest.mark.usefixtures("is_frugal")
def test_a_value_of_gigabytes_within_a_sequence(path: Path) -> None:
    vast = SEQUENCE + item(element(0x0018, 0x1063, b"UT", b"", 1 << 30), UNDEFINED)
    assert refusal_of(write_with(path, vast, n_zeros=8 << 30)).cause == TOO_LARGE


@pytest.mark.parametrize(
    "many",
    [
        element(0x0009, 0x1001, b"LO", b""),
        element(0x0009, 0x1001, b"LO", b"x" * 100),
        item(b""),
        item(element(0x0008, 0x0016, b"UI", b"")),
    ],
    ids=["elements", "long elements", "empty items", "items"],
)
def test_millions_of_anything_take_no_time(path: Path, many: bytes) -> None:
    write_with(path, many, n_times=1_000_000)
    insert(path, SEQUENCE if many[:2] == b"\xfe\xff" else b"")
    started = time.monotonic()
    assert refusal_of(path).cause == TOO_LARGE
    assert time.monotonic() - started < LONGEST_S


@pytest.mark.slow
@pytest.mark.usefixtures("is_frugal")
def test_millions_of_items_take_no_memory(path: Path) -> None:
    write_with(path, item(element(0x0008, 0x0016, b"UI", b"")), n_times=1_000_000)
    assert refusal_of(insert(path, SEQUENCE)).cause == TOO_LARGE


@pytest.mark.usefixtures("is_frugal")
def test_one_large_private_element_is_passed_over(path: Path) -> None:
    write_dicom(path, b"video!")
    large = element(0x0009, 0x1001, b"OB", b"", 1 << 30)
    rest = path.read_bytes()[data_set_at(path) :]
    with path.open("r+b") as file:
        file.seek(data_set_at(path))
        file.write(large)
        file.seek(1 << 30, os.SEEK_CUR)
        file.write(rest)
    with open_dicom_video(path).file as video:
        assert video.read() == b"video!"


@pytest.mark.usefixtures("is_frugal")
def test_a_deflated_object_is_not_inflated(path: Path) -> None:
    write_dicom(path, None, syntax=DeflatedExplicitVRLittleEndian)
    squeezed = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    with path.open("r+b") as file:
        file.seek(data_set_at(path))
        for _ in range(200):
            file.write(squeezed.compress(b"\0" * (1 << 20)))
        file.write(squeezed.flush())
    assert refusal_of(path).cause == "a deflated DICOM object, not a video"


# --- the patient


@pytest.fixture
def nothing_told(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> Iterator[None]:
    """Fails where the patient's name reached output or log."""
    caplog.set_level(logging.DEBUG)
    yield
    out, err = capfd.readouterr()
    assert PATIENT not in out + err + caplog.text


@pytest.mark.usefixtures("nothing_told")
@pytest.mark.parametrize("keyword", [(0x0008, 0x0005), (0x0008, 0x0016), (0x0018, 0x1063)])
def test_a_name_in_the_wrong_place_goes_nowhere(path: Path, keyword: tuple[int, int]) -> None:
    write_dicom(path, b"video!", vr=b"ZZ")
    insert(path, element(*keyword, b"CS", PATIENT.encode() + b" "))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        refusal_of(path)
    assert not caught


def test_pydicom_itself_would_have_told(path: Path) -> None:
    write_dicom(path, b"video!")
    insert(path, element(0x0008, 0x0005, b"CS", PATIENT.encode() + b" "))
    with pytest.warns(UserWarning, match=re.escape(PATIENT)):
        pydicom.dcmread(path, specific_tags=["FrameTime"])


def test_pydicoms_log_is_given_back(path: Path) -> None:
    open_dicom_video(write_dicom(path, b"video!")).file.close()
    assert not logging.getLogger("pydicom").disabled


def test_what_is_handed_out_knows_no_patient(path: Path) -> None:
    video = open_dicom_video(write_dicom(path, b"video!"))
    assert PATIENT not in repr(video)
    video.file.close()


def test_no_byte_of_a_header_can_do_harm(path: Path) -> None:
    whole = write_dicom(path, b"8 bytes!", FrameTime="40").read_bytes()
    rng = random.Random(5)
    for _ in range(400):
        data = bytearray(whole)
        for _ in range(rng.randint(1, 4)):
            data[rng.randrange(132, len(data))] = rng.choice([0, 0xFF, rng.randrange(256)])
        path.write_bytes(data)
        try:
            open_dicom_video(path).file.close()
        except RecordingError as error:
            assert PATIENT not in "".join(traceback.format_exception(error))  # noqa: PT017
