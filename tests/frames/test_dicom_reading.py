"""DICOM objects read as recordings: the same samples as the plain file, and no patient anywhere."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from tests.support.clips import cut_file, read_barcode, steady, write_clip
from tests.support.dicom_files import IRREGULAR, PATIENT, write_dicom
from video_pipeline.errors import RecordingError
from video_pipeline.frames import DecodeReport, RegularTimes, open_video

F = Fraction
SYNTAXES = "1.2.840.10008.1.2.4."


def sampled(
    path: Path, *, decoder: str = "pyav"
) -> tuple[list[tuple[int, Fraction]], DecodeReport]:
    with open_video(path, decoder=decoder) as reader:
        found = [
            (read_barcode(s.frame.rgb()), s.frame.pts) for s in reader.samples(RegularTimes(F(2)))
        ]
        return found, reader.report


@pytest.mark.parametrize(
    ("name", "codec", "syntax"),
    [
        ("c.mp4", "libx264", "102"),
        ("c.ts", "libx264", "103"),
        ("c.mpg", "mpeg2video", "100"),
        ("d.mp4", "libx265", "107"),
    ],
)
@pytest.mark.parametrize("sizes", [None, IRREGULAR], ids=["one fragment", "many"])
def test_samples_are_those_of_the_plain_file(
    tmp_path: Path, name: str, codec: str, syntax: str, sizes: list[int] | None
) -> None:
    clip = write_clip(tmp_path / name, steady(60), codec=codec, time_base=F(1, 25))
    wrapped = write_dicom(
        tmp_path / "object.dcm", clip.read_bytes(), syntax=SYNTAXES + syntax, sizes=sizes
    )
    plain, wanted = sampled(clip)
    found, report = sampled(wrapped)
    assert found == plain
    assert [number for number, _ in found] == [0, 12, 25, 37, 50]
    assert (report.method, report.n_seconds) == (wanted.method, wanted.n_seconds)
    assert report.is_complete


def test_a_stream_without_times_takes_the_rate_of_the_object(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "c.h264", steady(60, 30), rate_hz=30)
    wrapped = write_dicom(
        tmp_path / "object.dcm", clip.read_bytes(), syntax=SYNTAXES + "102", FrameTime="33.33"
    )
    found, report = sampled(wrapped)
    assert found == [(0, 0), (15, F(1, 2)), (30, 1), (45, F(3, 2))]
    assert any("30 a second were assumed" in text for text in report.warnings)


def test_an_object_that_was_cut_off_is_incomplete(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "c.ts", steady(100))
    wrapped = cut_file(write_dicom(tmp_path / "object.dcm", clip.read_bytes()), 0.6)
    found, report = sampled(wrapped)
    assert len(found) >= 3
    assert not report.is_complete


def test_opencv_refuses_it(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "c.mp4", steady(30))
    wrapped = write_dicom(tmp_path / "object.dcm", clip.read_bytes())
    with pytest.raises(RecordingError, match="--decoder pyav"):
        sampled(wrapped, decoder="opencv")


def test_no_message_names_the_patient(tmp_path: Path) -> None:
    wrapped = write_dicom(tmp_path / "object.dcm", b"no video at all" * 50)
    with pytest.raises(RecordingError, match="no video container") as caught:
        open_video(wrapped)
    assert PATIENT.split("^")[0] not in str(caught.value)
    clip = write_clip(tmp_path / "c.mp4", steady(30))
    _, report = sampled(write_dicom(tmp_path / "good.dcm", clip.read_bytes()))
    assert PATIENT.split("^")[0] not in str(report)
