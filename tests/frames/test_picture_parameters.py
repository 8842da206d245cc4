"""What packets say of their pictures, held against clips that were made to change or not to."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

from tests.support.clips import steady, write_clip
from tests.support.conformance import spliced
from video_pipeline.frames.opencv.picture_parameters import PictureParameters
from video_pipeline.frames.opencv.sequence_parameters import has_fields

TICK = Fraction(1, 25)
QUIET = {"x265-params": "log-level=none"}


def of_clip(clip: Path) -> PictureParameters:
    with av.open(str(clip)) as container:
        parameters = PictureParameters(container.streams.video[0].codec_context)
        for packet in container.demux(video=0):
            if packet.size:
                parameters.add(bytes(packet))
    return parameters


@pytest.mark.parametrize(
    ("suffix", "how", "first", "second"),
    [
        ("ts", {}, {}, {"size_px": (144, 192)}),
        ("ts", {}, {}, {"pix_fmt": "yuv422p"}),
        ("ts", {}, {}, {"options": {"x264-params": "interlaced=1"}}),
        ("ts", {}, {}, {"options": {"x264-params": "colormatrix=bt709"}}),
        ("ts", {"codec": "libx265", "options": QUIET}, {}, {"size_px": (96, 128)}),
        ("ts", {"codec": "libx265", "options": QUIET}, {}, {"pix_fmt": "yuv420p10le"}),
        ("ts", {"codec": "mpeg1video", "time_base": TICK}, {}, {"size_px": (96, 128)}),
        ("ts", {"codec": "mpeg2video", "time_base": TICK}, {}, {"size_px": (96, 128)}),
        ("ts", {"codec": "mpeg2video", "time_base": TICK}, {}, {"pix_fmt": "yuv422p"}),
        ("avi", {"codec": "mpeg4", "time_base": TICK}, {}, {"size_px": (96, 128)}),
        ("webm", {"codec": "libvpx"}, {}, {"size_px": (96, 128)}),
        (
            "avi",
            {"codec": "mjpeg", "time_base": TICK},
            {"pix_fmt": "yuvj422p"},
            {"pix_fmt": "yuvj420p"},
        ),
    ],
    ids=str,
)
def test_changes_are_seen(
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
    changing = of_clip(spliced(tmp_path / f"c.{suffix}", parts))
    assert changing.are_there
    assert not changing.are_constant
    alike = of_clip(spliced(tmp_path / f"alike.{suffix}", [parts[0], parts[0]]))
    assert alike.are_there
    assert alike.are_constant


class TestFields:
    @pytest.mark.parametrize(
        ("suffix", "how", "is_progressive"),
        [
            ("mp4", {}, True),
            ("ts", {}, True),
            ("ts", {"options": {"x264-params": "cqm=jvt"}}, True),
            ("mkv", {"pix_fmt": "yuv444p", "options": {"x264-params": "cqm=jvt"}}, True),
            ("mp4", {"options": {"x264-params": "interlaced=1"}}, False),
            ("ts", {"options": {"x264-params": "interlaced=1:cqm=jvt"}}, False),
            ("ts", {"options": {"x264-params": "fake-interlaced=1"}}, False),
            ("mpg", {"codec": "mpeg2video", "time_base": TICK}, True),
            (
                "mpg",
                {"codec": "mpeg2video", "time_base": TICK, "options": {"flags": "+ildct+ilme"}},
                False,
            ),
            ("mp4", {"codec": "libx265", "options": QUIET}, True),
        ],
        ids=str,
    )
    def test_are_ruled_out_by_headers_alone(
        self, tmp_path: Path, suffix: str, how: dict[str, Any], is_progressive: bool
    ) -> None:
        clip = write_clip(tmp_path / f"c.{suffix}", steady(30), **how)
        parameters = of_clip(clip)
        assert parameters.are_there
        assert parameters.are_constant
        assert parameters.is_progressive is is_progressive

    @pytest.mark.parametrize("parameters", [b"", b"\x64\0\x1f", bytes(400)])
    def test_are_expected_where_a_header_cannot_be_read(self, parameters: bytes) -> None:
        assert has_fields(parameters)
