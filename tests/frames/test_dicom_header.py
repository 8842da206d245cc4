"""What a DICOM header claims about its video, and how it says that there is none."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from pydicom.uid import (
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    RLELossless,
)

from tests.support.dicom_files import element, insert, refusal_of, write_dicom
from video_pipeline.frames.container.dicom import open_dicom_video

SYNTAXES = "1.2.840.10008.1.2.4."


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "c.dcm"


@pytest.mark.parametrize(
    ("values", "rate"),
    [
        ({}, None),
        ({"FrameTime": "40"}, 25),
        ({"FrameTime": "40.000"}, 25),
        ({"FrameTime": "33.33"}, 30),
        ({"FrameTime": "33.3333333"}, 30),
        ({"FrameTime": "33"}, 30),
        ({"FrameTime": "33.37"}, Fraction(30000, 1001)),
        ({"FrameTime": "33.36"}, Fraction(30000, 1001)),
        ({"FrameTime": "16.683"}, Fraction(60000, 1001)),
        ({"FrameTime": "41.7083"}, Fraction(24000, 1001)),
        ({"FrameTime": "20"}, 50),
        ({"FrameTime": "16.67"}, 60),
        ({"FrameTime": "10"}, 100),
        ({"FrameTime": "28.5"}, Fraction(2000, 57)),
        ({"FrameTime": "40", "CineRate": "30"}, 25),
        ({"CineRate": "30", "RecommendedDisplayFrameRate": "25"}, 30),
        ({"RecommendedDisplayFrameRate": "50"}, 50),
        ({"FrameTime": "0", "CineRate": "25"}, 25),
        ({"FrameTime": "1", "CineRate": "0", "RecommendedDisplayFrameRate": "60"}, 60),
        ({"CineRate": "241"}, None),
        ({"CineRate": "-25"}, None),
    ],
)
def test_the_rate(path: Path, values: dict[str, Any], rate: Fraction | None) -> None:
    video = open_dicom_video(write_dicom(path, b"video!", **values))
    video.file.close()
    assert video.rate_hz == rate


@pytest.mark.parametrize(
    "value",
    [
        *(b"nan", b"inf", b"1e999999999", b"1e-999999999", b"", b"\0\0", b"fast", b"40\\50"),
        *(b"9" * 60000, b"\xff\xfe", b"4_0.0x"),
    ],
)
def test_a_rate_that_is_none(path: Path, value: bytes) -> None:
    write_dicom(path, b"video!")
    insert(path, element(0x0018, 0x1063, b"DS", value))
    video = open_dicom_video(path)
    video.file.close()
    assert video.rate_hz is None


@pytest.mark.parametrize(
    ("value", "count"),
    [(b"750 ", 750), (b"0", None), (b"-1", None), (b"99999999999", None), (b"many", None)],
)
def test_the_number_of_frames(path: Path, value: bytes, count: int | None) -> None:
    write_dicom(path, b"video!")
    insert(path, element(0x0028, 0x0008, b"IS", value))
    video = open_dicom_video(path)
    video.file.close()
    assert video.n_frames == count


@pytest.mark.parametrize(
    ("syntax", "codec"),
    [
        *((f"{kind}{many}", "mpeg2video") for kind in (100, 101) for many in ("", ".1")),
        *((f"{kind}{many}", "h264") for kind in range(102, 107) for many in ("", ".1")),
        *((f"{kind}", "hevc") for kind in (107, 108)),
    ],
)
def test_the_transfer_syntax_says_the_codec(path: Path, syntax: str, codec: str) -> None:
    video = open_dicom_video(write_dicom(path, b"video!", syntax=SYNTAXES + syntax))
    video.file.close()
    assert video.codec == codec


# --- what is no video


@pytest.mark.parametrize(
    "syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian]
)
def test_uncompressed_pixels(path: Path, syntax: str) -> None:
    write_dicom(path, None, syntax=syntax, PixelData=b"\0" * 64)
    assert refusal_of(path).cause == "a DICOM image, not a video: its pixels are not compressed"


@pytest.mark.parametrize("syntax", [JPEGBaseline8Bit, JPEG2000Lossless, RLELossless])
def test_still_images(path: Path, syntax: str) -> None:
    write_dicom(path, b"\xff\xd8\xff\xd9", syntax=syntax)
    assert refusal_of(path).cause == "a DICOM image, not a video: its frames are single pictures"


def test_an_unknown_transfer_syntax(path: Path) -> None:
    write_dicom(path, b"video!", syntax=SYNTAXES + "102")
    path.write_bytes(
        path.read_bytes().replace(b"1.2.840.10008.1.2.4.102", b"1.2.840.99999.1.2.4.102")
    )
    assert "no encapsulated video" in refusal_of(path).cause


def test_pixels_that_are_not_encapsulated(path: Path) -> None:
    write_dicom(path, None)
    with path.open("ab") as file:
        file.write(element(0x7FE0, 0x0010, b"OB", b"video!"))
    assert refusal_of(path).cause == "its pixels are not encapsulated video, as it claims"


def test_no_pixel_data(path: Path) -> None:
    assert refusal_of(write_dicom(path, None)).cause == "a DICOM object without pixel data"
