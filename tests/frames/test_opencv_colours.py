"""The OpenCV reader's pictures: PyAV's within rounding, or refused because they would not be."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.clips import steady, two_coloured, write_clip
from video_pipeline.errors import RecordingError
from video_pipeline.frames import VideoReader
from video_pipeline.frames.opencv.opencv_reader import OpenCvReader
from video_pipeline.frames.pyav_reader import PyAvReader

F = Fraction
HD = (720, 1280)
TICK = F(1, 25)
READERS: tuple[Callable[[Path], VideoReader], ...] = (OpenCvReader, PyAvReader)
QUIET = {"x265-params": "log-level=none"}


def matrix(name: str, *, is_full: bool = False) -> dict[str, str]:
    return {"x264-params": f"colormatrix={name}:range={'pc' if is_full else 'tv'}"}


def first_picture(
    path: Path, reader: Callable[[Path], VideoReader], size_px: tuple[int, int] | None = None
) -> NDArray[np.uint8]:
    with reader(path) as opened:
        return next(opened.frames()).rgb(size_px)


class TestColours:
    @pytest.mark.parametrize(
        "how",
        [
            {},
            {"options": matrix("smpte170m")},
            {"options": matrix("bt470bg")},
            {"options": matrix("smpte240m")},
            {"options": matrix("fcc")},
            {"options": matrix("bt709")},
            {"options": matrix("bt709", is_full=True), "pix_fmt": "yuvj420p"},
            {"options": matrix("bt709"), "size_px": HD},
            {"options": matrix("smpte170m"), "size_px": HD},
            {"options": matrix("bt709", is_full=True), "pix_fmt": "yuv420p10le"},
            {"pix_fmt": "yuv422p"},
            {"pix_fmt": "yuv444p"},
            {"pix_fmt": "yuv420p10le"},
            {"pix_fmt": "yuv422p10le"},
            {"pix_fmt": "yuv444p10le"},
            {"codec": "libx264rgb", "pix_fmt": "rgb24"},
            {"codec": "libx265", "options": QUIET},
            {"codec": "libx265", "options": QUIET, "pix_fmt": "yuv420p10le"},
            {"codec": "mpeg2video", "time_base": TICK},
        ],
        ids=str,
    )
    def test_are_those_of_pyav_within_rounding(self, tmp_path: Path, how: dict[str, Any]) -> None:
        clip = write_clip(tmp_path / "c.mkv", steady(9), picture=two_coloured, **how)
        found, wanted = (first_picture(clip, reader).astype(int) for reader in READERS)
        height, width = found.shape[:2]
        for y, x in np.ndindex(2, 2):
            # Inside each quarter: at its edges OpenCV spreads chroma in its own way.
            rows = slice(y * height // 2 + 8, (y + 1) * height // 2 - 8)
            columns = slice(x * width // 2 + 8, (x + 1) * width // 2 - 8)
            assert np.abs(found - wanted)[rows, columns].max() <= 4
        assert np.abs(found - wanted).mean() < 2

    @pytest.mark.parametrize(
        ("how", "cause"),
        [
            ({"size_px": HD}, "HD pictures name no colour matrix"),
            ({"size_px": HD, "pix_fmt": "yuvj420p"}, "HD pictures name no colour matrix"),
            ({"options": matrix("bt2020nc")}, "does not know its colour matrix"),
            ({"options": matrix("YCgCo"), "pix_fmt": "yuv444p"}, "does not know its colour matrix"),
            ({"codec": "libx265", "options": QUIET, "pix_fmt": "gray"}, "convert gray pictures"),
        ],
    )
    def test_that_opencv_would_get_wrong_are_refused(
        self, tmp_path: Path, how: dict[str, Any], cause: str
    ) -> None:
        clip = write_clip(tmp_path / "c.mkv", steady(9), **how)
        with pytest.raises(RecordingError, match=rf"{cause}.*; read it with --decoder pyav$"):
            OpenCvReader(clip)


class TestShape:
    @pytest.mark.parametrize("rotation", [0, 90, 180, 270])
    @pytest.mark.parametrize("is_mirrored", [False, True])
    def test_pictures_are_turned_and_mirrored_as_pyav_turns_them(
        self, tmp_path: Path, rotation: int, is_mirrored: bool
    ) -> None:
        clip = write_clip(
            tmp_path / "c.mp4",
            steady(2),
            picture=two_coloured,
            rotation=rotation,
            is_mirrored=is_mirrored,
            pixel_aspect=F(3, 2),
        )
        with OpenCvReader(clip) as reader, PyAvReader(clip) as other:
            assert reader.info == other.info
            assert reader.report.warnings == other.report.warnings
        found, wanted = (first_picture(clip, reader) for reader in READERS)
        assert found.shape == wanted.shape
        assert np.abs(found.astype(int) - wanted).mean() < 2

    def test_pictures_are_resized_by_the_one_rule(self, tmp_path: Path) -> None:
        clip = write_clip(tmp_path / "c.mp4", steady(2), pix_fmt="yuv444p")
        found, wanted = (first_picture(clip, reader, (50, 70)) for reader in READERS)
        assert np.array_equal(found, wanted)
