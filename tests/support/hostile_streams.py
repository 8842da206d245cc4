"""Video streams that are odd or broken inside: parameters, pictures, times, sizes."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from tests.support.clips import steady, write_clip
from tests.support.hostile_file import HostileFile, Maker, clip
from video_pipeline.frames.container.demuxing import VideoPacket

__all__ = ["STREAM_FILES"]

_START = b"\0\0\0\1"
_FLV_VIDEO = 9
_FAST_AV1 = {"preset": "10", "crf": "20", "svtav1-params": "enable-tf=0"}


def _remuxed(source: Path, target: Path, keep: Callable[[int, VideoPacket], bool]) -> Path:
    """The same stream with the packets that ``keep(number, packet)`` says; it may change them."""
    with av.open(str(source)) as old, av.open(str(target), "w") as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        packets = [packet for packet in old.demux(video=0) if packet.size]
        for k, packet in enumerate(packets):
            if keep(k, packet):
                packet.stream = stream
                new.mux(packet)
    return target


def raw_h264_between_noise(folder: Path) -> HostileFile:
    """Noise without start codes before and behind the stream."""
    path = clip(folder / "c.h264")
    noise = np.random.default_rng(5).integers(1, 256, 3000, dtype=np.uint8).tobytes()
    path.write_bytes(noise + path.read_bytes() + noise)
    return HostileFile(path, "OK_WARN", "25 a second were assumed", n_rows=2)


def raw_h264_whose_picture_grows(folder: Path) -> HostileFile:
    """A second sequence parameter set, of another size, in mid-stream."""
    small = write_clip(folder / "a.h264", steady(25), b_frames=0)
    large = write_clip(
        folder / "b.h264", steady(25), b_frames=0, size_px=(240, 320), numbers=range(25, 50)
    )
    path = folder / "c.h264"
    path.write_bytes(small.read_bytes() + large.read_bytes())
    return HostileFile(path, "OK_WARN", "size changes to 320 x 240", n_shown=50, n_rows=2)


def raw_h264_with_endless_messages(folder: Path) -> HostileFile:
    """Before each picture a message (SEI) whose type and size are never-ending 0xFF bytes."""
    path = clip(folder / "c.h264")
    message = _START + b"\x06" + b"\xff" * 400 + _START + b"\x06\x05\xff\xff\xff\x80"
    parts = path.read_bytes().split(_START)
    path.write_bytes((message + _START).join(parts))
    return HostileFile(path, "OK_WARN", "25 a second were assumed", n_rows=2)


def raw_av1(folder: Path) -> HostileFile:
    path = clip(folder / "c.obu", codec="libsvtav1", options=_FAST_AV1)
    return HostileFile(path, "OK_WARN", "25 a second were assumed", n_shown=50, n_rows=2)


def without_key_frames(folder: Path) -> HostileFile:
    whole = clip(folder / "whole.mkv")
    path = _remuxed(whole, folder / "c.mkv", lambda _, packet: not packet.is_keyframe)
    return HostileFile(path, "REJECT", "no frame could be decoded")


def key_frames_only_at_the_end(folder: Path) -> HostileFile:
    """The first four groups of pictures have lost their key frames."""
    whole = clip(folder / "whole.ts")
    path = _remuxed(whole, folder / "c.ts", lambda k, packet: k >= 40 or not packet.is_keyframe)
    return HostileFile(path, "PARTIAL", first=None)


def _timed(folder: Path, times_ms: list[int]) -> Path:
    """Fifty key frames in an FLV file whose tags claim these milliseconds (32 bits, signed)."""
    path = clip(folder / "c.flv", codec="flv1", gop=1, time_base=Fraction(1, 1000))
    data = bytearray(path.read_bytes())
    at, left = 13, list(times_ms)
    while at < len(data):
        if data[at] == _FLV_VIDEO and left:
            time = left.pop(0).to_bytes(4, "big", signed=True)
            data[at + 4 : at + 8] = time[1:] + time[:1]
        at += 15 + int.from_bytes(data[at + 1 : at + 4], "big")
    path.write_bytes(data)
    return path


def times_that_run_backwards(folder: Path) -> HostileFile:
    """In the middle the clock is set back by half a second, and goes on from there."""
    path = _timed(folder, [40 * k - 500 * (k >= 25) for k in range(50)])
    return HostileFile(path, "OK_WARN", "clock jumps", n_shown=50, n_rows=2)


def one_frame_three_weeks_late(folder: Path) -> HostileFile:
    path = _timed(folder, [40 * k + (2**31 - 1000 if k == 20 else 0) for k in range(50)])
    return HostileFile(path, "OK_WARN", "cannot be theirs", n_shown=49, n_rows=2, first=None)


def times_below_zero(folder: Path) -> HostileFile:
    path = _timed(folder, [40 * k - 10_000 for k in range(50)])
    return HostileFile(path, "OK_WARN", "begins at", n_shown=50, n_rows=2)


def two_frames_a_week_apart(folder: Path) -> HostileFile:
    """A clock that was set in between must not make a timeline of 600,000 rows."""
    path = _timed(folder, [40 * k + 6 * 86_400_000 * (k >= 25) for k in range(50)])
    return HostileFile(path, "OK_WARN", "clock jumps", n_shown=50, n_rows=2)


def one_frame(folder: Path) -> HostileFile:
    path = write_clip(folder / "c.mp4", steady(1))
    return HostileFile(path, "OK", n_shown=1, n_rows=1)


def _sized(folder: Path, size_px: tuple[int, int], **how: Any) -> Path:
    how = {"codec": "ffv1", "pix_fmt": "yuv444p", **how}
    return clip(folder / "c.mkv", size_px=size_px, **how)


def of_one_pixel(folder: Path) -> HostileFile:
    return HostileFile(_sized(folder, (1, 1)), "OK", n_shown=50, first=None)


def of_3_x_5_pixels(folder: Path) -> HostileFile:
    return HostileFile(_sized(folder, (5, 3)), "OK", n_shown=50, first=None)


def of_33_x_17_pixels(folder: Path) -> HostileFile:
    path = _sized(folder, (17, 33), codec="libx264", pix_fmt="yuv444p")
    return HostileFile(path, "OK", n_shown=50)


def of_16384_x_16_pixels(folder: Path) -> HostileFile:
    path = write_clip(folder / "c.mp4", steady(3), size_px=(16, 16384), gop=1, b_frames=0)
    return HostileFile(path, "OK_WARN", "odd shape", n_shown=3, first=None)


def header_of_65500_x_65500_pixels(folder: Path) -> HostileFile:
    """Motion JPEG whose every picture says that it has 4 billion pixels."""
    path = clip(folder / "c.avi", codec="mjpeg", pix_fmt="yuvj420p", time_base=Fraction(1, 25))
    size = (120).to_bytes(2, "big") + (160).to_bytes(2, "big")
    path.write_bytes(path.read_bytes().replace(b"\x08" + size, b"\x08" + b"\xff\xdc" * 2))
    return HostileFile(path, "REJECT")


def twelve_bit_and_lossless(folder: Path) -> HostileFile:
    path = _sized(folder, (120, 160), pix_fmt="yuv444p12le")
    return HostileFile(path, "OK", n_shown=50)


def with_a_cover_and_a_font(folder: Path) -> HostileFile:
    """A cover, a font and a recording in one Matroska file."""
    path = folder / "c.mkv"
    clip(folder / "whole.mkv")
    with av.open(str(folder / "whole.mkv")) as old, av.open(str(path), "w") as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        new.add_attachment("cover.jpg", "image/jpeg", b"\xff\xd8\xff" + bytes(100))
        new.add_attachment("font.ttf", "application/x-truetype-font", bytes(1000))
        for packet in old.demux(video=0):
            if packet.size:
                packet.stream = stream
                new.mux(packet)
    return HostileFile(path, "OK", n_shown=50)


STREAM_FILES: dict[str, Maker] = {
    name: maker
    for name, maker in list(globals().items())
    if callable(maker) and getattr(maker, "__annotations__", {}).get("return") == "HostileFile"
}
