"""The OpenCV reader: the contract for what OpenCV can be trusted with, a refusal for the rest.

What it reads of each kind of recording is judged in ``test_conformance``. Here: what it
refuses, and that OpenCV's silence about damage never becomes our own.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.clips import (
    damage_packet,
    hide_beginning,
    read_barcode,
    steady,
    write_clip,
    write_streams,
)
from tests.support.conformance import CLIPS, spliced
from video_pipeline.errors import RecordingError
from video_pipeline.frames import RegularTimes, VideoReader
from video_pipeline.frames.opencv.opencv_reader import OpenCvReader
from video_pipeline.frames.pyav_reader import PyAvReader

F = Fraction
TICK = F(1, 25)
READERS: tuple[Callable[[Path], VideoReader], ...] = (OpenCvReader, PyAvReader)

TIMES = RegularTimes(F(1))
# No part of the project: where they are missing, nothing is tested with them.
BAD_INPUTS = sorted((Path(__file__).parents[3] / "shared" / "bad_inputs" / "video").glob("*"))


def numbers(reader: VideoReader) -> list[int]:
    return [read_barcode(frame.rgb()) for frame in reader.frames()]


def refusal(path: Path | str) -> str:
    """Why opening a recording is refused; the way out is the same for all."""
    with pytest.raises(
        RecordingError, match=r"; read it with --decoder pyav$|, or read it with --decoder pyav$"
    ) as caught:
        OpenCvReader(path)
    assert "\n" not in str(caught.value)
    return caught.value.cause


class TestChanges:
    """OpenCV converts every picture as if it were like the first one."""

    @pytest.mark.parametrize(
        ("suffix", "how", "first", "second"),
        [
            ("ts", {}, {}, {"size_px": (144, 192)}),
            (
                "avi",
                {"codec": "mjpeg", "time_base": TICK},
                {"pix_fmt": "yuvj422p"},
                {"pix_fmt": "yuvj420p"},
            ),
        ],
        ids=str,
    )
    def test_of_size_or_format_are_refused(
        self,
        tmp_path: Path,
        suffix: str,
        how: dict[str, Any],
        first: dict[str, Any],
        second: dict[str, Any],
    ) -> None:
        parts = [
            write_clip(tmp_path / f"{k}.{suffix}", steady(10), b_frames=0, **how, **part)
            for k, part in enumerate([first, second])
        ]
        assert "size or format change" in refusal(spliced(tmp_path / f"c.{suffix}", parts))
        alike = spliced(tmp_path / f"alike.{suffix}", [parts[0], parts[0]])
        with OpenCvReader(alike) as reader:
            assert numbers(reader) == [*range(10), *range(10)]


class TestDamage:
    def test_that_ends_opencvs_reading_is_an_error(self, tmp_path: Path) -> None:
        clip = self.damaged(tmp_path)
        with OpenCvReader(clip) as reader:
            frames = reader.frames()
            assert [read_barcode(next(frames).rgb()) for _ in range(30)] == list(range(30))
            with pytest.raises(RecordingError, match=r"gave 30 of 50 frames; read it with --dec"):
                next(frames)

    def test_that_lies_between_samples_is_an_error_too(self, tmp_path: Path) -> None:
        with (
            OpenCvReader(self.damaged(tmp_path)) as reader,
            pytest.raises(RecordingError, match="gave 30 of 50 frames"),
        ):
            list(reader.samples(RegularTimes(F(1))))
        assert not reader.report.is_complete

    def test_that_costs_a_frame_is_an_error(self, tmp_path: Path) -> None:
        clip = damage_packet(write_clip(tmp_path / "c.mkv", steady(50), b_frames=0), 30)
        with (
            OpenCvReader(clip) as reader,
            pytest.raises(RecordingError, match=r"is another one|gave"),
        ):
            list(reader.frames())

    def test_stays_off_the_terminal(self, tmp_path: Path) -> None:
        clip = self.damaged(tmp_path)
        code = (
            "import sys\n"
            "from video_pipeline.errors import RecordingError\n"
            "from video_pipeline.frames.opencv.opencv_reader import OpenCvReader\n"
            "try:\n    list(OpenCvReader(sys.argv[1]).frames())\n"
            "except RecordingError:\n    sys.exit(7)\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, str(clip)],
            capture_output=True,
            check=False,
            cwd=Path(__file__).parents[2],
        )
        assert (done.returncode, done.stdout, done.stderr) == (7, b"", b"")

    def damaged(self, folder: Path) -> Path:
        clip = write_clip(
            folder / "c.mov", steady(50), codec="mjpeg", pix_fmt="yuvj420p", b_frames=0
        )
        return damage_packet(clip, 30)


class TestFrames:
    @pytest.fixture
    def clip(self, tmp_path: Path) -> Path:
        return write_clip(tmp_path / "c.mp4", steady(50))

    def test_are_given_once(self, clip: Path) -> None:
        with OpenCvReader(clip) as reader:
            assert len(list(reader.frames())) == 50
            with pytest.raises(RuntimeError, match="once"):
                reader.samples(RegularTimes())

    def test_keep_their_pixels(self, clip: Path) -> None:
        with OpenCvReader(clip) as reader:
            frames = list(reader.frames())
            assert [read_barcode(frame.rgb()) for frame in frames] == list(range(50))
        frames[7].rgb()[:] = 0
        assert read_barcode(frames[7].rgb()) == 7

    def test_cannot_be_taken_from_a_closed_reader(self, clip: Path) -> None:
        reader = OpenCvReader(clip)
        frames = reader.frames()
        kept = next(frames)
        reader.close()
        reader.close()
        with pytest.raises(RuntimeError, match="closed"):
            next(frames)
        assert read_barcode(kept.rgb()) == 0

    def test_are_the_same_object_while_on_display(self, clip: Path) -> None:
        with OpenCvReader(clip) as reader:
            samples = list(reader.samples(RegularTimes(F(50))))
        assert all(a.frame is b.frame for a, b in zip(samples[::2], samples[1::2], strict=True))

    def test_position_follows_them(self, clip: Path) -> None:
        with OpenCvReader(clip) as reader:
            assert reader.position_s == 0.0
            assert [reader.position_s for _ in reader.frames()] == [k / 25 for k in range(50)]

    def test_hidden_by_an_edit_list_may_be_many(self, tmp_path: Path) -> None:
        clip = write_clip(tmp_path / "c.mp4", steady(200), gop=250, b_frames=3)
        with OpenCvReader(hide_beginning(clip, F(6))) as reader:
            assert numbers(reader) == list(range(150, 200))

    @pytest.mark.parametrize("name", ["h264", "vfr", "pause", "edit list", "late start", "mpeg2"])
    def test_are_reported_on_as_by_pyav(self, tmp_path: Path, name: str) -> None:
        clip = CLIPS[name](tmp_path)
        reports = []
        for open_reader in READERS:
            with open_reader(clip) as reader:
                n_samples = len(list(reader.samples(RegularTimes(F(2)))))
            # How it was read differs, what was found must not.
            reports.append((n_samples, replace(reader.report, method="", n_decoded=0)))
        assert reports[0] == reports[1]


class TestStreams:
    def test_the_first_one_is_read(self, tmp_path: Path) -> None:
        clip = write_streams(tmp_path / "c.mp4", [(120, 160), (60, 80)])
        with OpenCvReader(clip) as reader:
            assert numbers(reader) == list(range(10))

    def test_another_one_is_refused(self, tmp_path: Path) -> None:
        clip = write_streams(tmp_path / "c.mp4", [(60, 80), (120, 160)])
        assert "first video stream only" in refusal(clip)

    def test_a_cover_picture_is_no_video(self, tmp_path: Path) -> None:
        # Containers put it behind the video.
        clip = write_streams(tmp_path / "c.mp4", [(480, 640), (120, 160)], covers=[True, False])
        with OpenCvReader(clip) as reader:
            assert numbers(reader) == list(range(1000, 1010))


class TestOpening:
    def test_of_what_is_no_recording_fails_as_with_pyav(self, tmp_path: Path) -> None:
        text = tmp_path / "c.mp4"
        text.write_text("#EXTM3U\nhttp://127.0.0.1/x.ts\n")
        for path in (text, tmp_path / "missing.mp4", tmp_path):
            errors = []
            for reader in (OpenCvReader, PyAvReader):
                with pytest.raises(RecordingError) as caught:
                    reader(path)
                errors.append(str(caught.value))
            assert errors[0] == errors[1]

    def test_of_interlaced_video_is_refused_where_only_pictures_tell(self, tmp_path: Path) -> None:
        fields = {"flags": "+ildct+ilme"}
        clip = write_clip(
            tmp_path / "c.avi", steady(9), codec="mpeg4", time_base=TICK, b_frames=0, options=fields
        )
        assert "memory that nobody wrote" in refusal(clip)

    def test_of_dicom_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "c.dcm"
        path.write_bytes(bytes(128) + b"DICM" + bytes(64))
        assert refusal(path) == "OpenCV cannot read DICOM"

    def test_with_options_from_outside_is_refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        clip = write_clip(tmp_path / "c.mp4", steady(2))
        monkeypatch.setenv("OPENCV_FFMPEG_CAPTURE_OPTIONS", "input_format;hls")
        assert "OPENCV_FFMPEG_CAPTURE_OPTIONS is set" in refusal(clip)

    @pytest.mark.parametrize(
        ("name", "codec"),
        [("c.webm", "libvpx-vp9"), ("c.mkv", "libsvtav1"), ("c.wmv", "wmv2"), ("c.flv", "flv")],
    )
    def test_of_codecs_that_cannot_be_checked_is_refused(
        self, tmp_path: Path, name: str, codec: str
    ) -> None:
        clip = write_clip(tmp_path / name, steady(5), codec=codec, b_frames=0)
        assert "video rightly" in refusal(clip)

    def test_of_frames_that_share_a_time_is_refused(self, tmp_path: Path) -> None:
        times = [F(0), F(1, 10), F(1001, 10000), F(1, 5)]
        clip = write_clip(tmp_path / "c.mkv", times, time_base=F(1, 10000), b_frames=0)
        assert "frames share a time" in refusal(clip)


@pytest.mark.parametrize("path", BAD_INPUTS, ids=lambda path: path.name)
def test_hostile_and_broken_files_are_read_as_by_pyav_or_refused(path: Path) -> None:
    try:
        with OpenCvReader(path) as reader:
            found = [(s.time, s.frame.pts, s.frame.rgb((32, 32))) for s in reader.samples(TIMES)]
    except RecordingError:
        return  # a refusal is as good as a reading; a crash or other frames are not
    with PyAvReader(path) as reader:
        wanted = [(s.time, s.frame.pts, s.frame.rgb((32, 32))) for s in reader.samples(TIMES)]
    assert [sample[:2] for sample in found] == [sample[:2] for sample in wanted]
    for (*_, image), (*_, other) in zip(found, wanted, strict=True):
        assert np.abs(image.astype(int) - other).mean() < 2


@pytest.mark.skipif(os.name != "posix", reason="names are bytes on POSIX systems only")
class TestNames:
    @pytest.mark.parametrize(
        "name",
        ["Eingriff № 5.mp4", "a\nb.mp4", "c%03d.mp4", "http:x.mp4", "concat:a|b.mp4", "-i.mp4",
         "file:x.mp4"],
    )  # fmt: skip
    def test_may_be_anything_in_utf_8(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        clip = write_clip(tmp_path / "c.mp4", steady(5))
        clip.rename(tmp_path / name)
        monkeypatch.chdir(tmp_path)
        for path in (name, str(tmp_path / name)):
            with OpenCvReader(path) as reader:
                assert numbers(reader) == list(range(5))

    def test_that_are_not_utf_8_are_refused_before_opencv_crashes(self, tmp_path: Path) -> None:
        clip = write_clip(tmp_path / "c.mp4", steady(5))
        odd = os.path.join(os.fsencode(tmp_path), b"op\xe9ration.mp4")  # noqa: PTH118  bytes
        os.rename(clip, odd)  # noqa: PTH104
        assert "not UTF-8" in refusal(os.fsdecode(odd))
