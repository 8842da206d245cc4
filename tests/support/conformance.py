"""Clips by which every reader is judged: one for each way of recording that has its own traps.

Each says what a viewer sees, because it gave the pictures and their times: ``shown`` is the plain
list of (barcode number, seconds from time zero). All are of 120 x 160 px as shown, about 120 frames
long and made in a fraction of a second. Over the barcode runs a texture that moves and is never the
same twice, so that a picture that was decoded without all that it leans on has other pixels.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
from numpy.typing import NDArray

from tests.support.clips import barcode, hide_beginning, steady, write_clip
from video_pipeline.frames.container.demuxing import VideoPacket

__all__ = ["CLIPS", "ConformanceClip", "spliced"]

F = Fraction
NTSC = F(30000, 1001)
PAL_TICK = F(1, 25)
N_FRAMES = 120

Shown = tuple[tuple[int, Fraction], ...]


@dataclass(frozen=True)
class ConformanceClip:
    """A clip that is made when it is called with a folder; it returns the file's path."""

    write: Callable[[Path], Path]
    shown: Shown
    """(barcode number, seconds from time zero) of every frame that a viewer sees, in order."""

    def __call__(self, folder: Path) -> Path:
        return self.write(folder)


@lru_cache(maxsize=1000)
def moving(number: int, size_px: tuple[int, int] = (120, 160)) -> NDArray[np.uint8]:
    """(height, width, 3): the barcode of ``number`` under moving stripes and a little noise."""
    height, width = size_px
    y, x = np.mgrid[:height, :width]
    phase = (x + 2 * y + 3 * number)[:, :, np.newaxis] / np.array([5.0, 7.0, 9.0])
    noise = np.random.default_rng(number).normal(0, 4, (height, width, 1))
    level = 30 + barcode(number, size_px) * (195 / 255) + 12 * np.sin(phase) + noise
    return np.asarray(np.clip(level, 0, 255), dtype=np.uint8)


def _steady(name: str, *, rate_hz: Fraction | int = 25, **how: Any) -> ConformanceClip:
    times = steady(N_FRAMES, rate_hz)
    return _timed(name, times, rate_hz=rate_hz, **how)


def _timed(name: str, times: list[Fraction], **how: Any) -> ConformanceClip:
    shown = tuple((number, time - times[0]) for number, time in enumerate(times))
    how = {"picture": moving, **how}
    return ConformanceClip(lambda folder: write_clip(folder / name, times, **how), shown)


def _x264(parameters: str) -> dict[str, str]:
    return {"x264-params": parameters}


def _x265(parameters: str) -> dict[str, str]:
    return {"x265-params": f"log-level=none:{parameters}"}


def _turned(number: int, size_px: tuple[int, int]) -> NDArray[np.uint8]:
    """What a camera that was turned stores: upright again when turned counter-clockwise."""
    height, width = size_px
    return np.ascontiguousarray(np.rot90(moving(number, (width, height)), -1))


def _upside_down(number: int, size_px: tuple[int, int]) -> NDArray[np.uint8]:
    return np.ascontiguousarray(np.rot90(moving(number, size_px), 2))


def _mirrored(number: int, size_px: tuple[int, int]) -> NDArray[np.uint8]:
    return np.ascontiguousarray(moving(number, size_px)[:, ::-1])


def _edited(name: str, hidden: Fraction, **how: Any) -> ConformanceClip:
    """An mp4 whose edit list hides the beginning; its packets are still there."""

    def write(folder: Path) -> Path:
        return hide_beginning(
            write_clip(folder / name, steady(N_FRAMES), picture=moving, **how), hidden
        )

    n_hidden = -(-hidden * 25 // 1)
    times = steady(N_FRAMES - n_hidden)
    return ConformanceClip(write, tuple((n_hidden + k, time) for k, time in enumerate(times)))


def _joined(name: str) -> ConformanceClip:
    """Two transport streams one after the other, the second of another size."""
    half = N_FRAMES // 2

    def write(folder: Path) -> Path:
        parts = [
            write_clip(
                folder / f"part{k}_{name}",
                steady(N_FRAMES)[k * half : (k + 1) * half],
                size_px=size_px,
                b_frames=0,
                picture=moving,
                numbers=range(k * half, (k + 1) * half),
            )
            for k, size_px in enumerate([(120, 160), (144, 192)])
        ]
        (folder / name).write_bytes(b"".join(part.read_bytes() for part in parts))
        return folder / name

    return ConformanceClip(write, tuple(enumerate(steady(N_FRAMES))))


def _remuxed(
    source: Path, target: Path, packets: Callable[[list[VideoPacket]], list[VideoPacket]]
) -> Path:
    """The same stream with its packets changed by ``packets``."""
    with av.open(str(source)) as old, av.open(str(target), "w") as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        for packet in packets([p for p in old.demux(video=0) if p.size]):
            packet.stream = stream
            new.mux(packet)
    return target


def spliced(path: Path, parts: list[Path]) -> Path:
    """Packets of clips of ten frames each, 25 a second, as if they were of one stream."""
    with av.open(str(parts[0])) as first, av.open(str(path), "w") as target:
        stream = target.add_stream_from_template(first.streams.video[0])
        for k, part in enumerate(parts):
            with av.open(str(part)) as source:
                for packet in source.demux(video=0):
                    if packet.pts is not None and packet.dts is not None and packet.size:
                        step = round(k * F(10, 25) / packet.time_base)
                        packet.pts, packet.dts = packet.pts + step, packet.dts + step
                        packet.stream = stream
                        target.mux(packet)
    return path


def _from_second_key_frame(name: str, *, keyint: int, **how: Any) -> ConformanceClip:
    """Cut at an open group: its leading pictures lean on what is gone, and are never shown."""

    def cut(packets: list[VideoPacket]) -> list[VideoPacket]:
        second = [k for k, packet in enumerate(packets) if packet.is_keyframe][1]
        return packets[second:]

    def write(folder: Path) -> Path:
        whole = write_clip(folder / f"whole_{name}", steady(N_FRAMES), picture=moving, **how)
        return _remuxed(whole, folder / name, cut)

    times = steady(N_FRAMES - keyint)
    return ConformanceClip(write, tuple((keyint + k, time) for k, time in enumerate(times)))


def _vp8_with_hidden_frames(name: str) -> ConformanceClip:
    """Every tenth frame is decoded and never shown, as the encoder's alternate references are."""

    def hide(packets: list[VideoPacket]) -> list[VideoPacket]:
        shows = 0x10  # show_frame in the first byte of a frame (RFC 6386, 9.1)
        return [
            _with_data(packet, bytes([data[0] & ~shows]) + data[1:]) if k % 10 == 5 else packet
            for k, packet in enumerate(packets)
            for data in [bytes(packet)]
        ]

    def write(folder: Path) -> Path:
        whole = write_clip(folder / f"whole_{name}", steady(N_FRAMES), picture=moving, **_VP8)
        return _remuxed(whole, folder / name, hide)

    shown = tuple((k, time) for k, time in enumerate(steady(N_FRAMES)) if k % 10 != 5)
    return ConformanceClip(write, shown)


def _vp9_with_superframes(name: str) -> ConformanceClip:
    """Each key frame is hidden and shares its packet with the frame after it, which is shown."""

    def join(packets: list[VideoPacket]) -> list[VideoPacket]:
        joined: list[VideoPacket] = []
        hidden = b""
        for packet in packets:
            data = bytes(packet)
            if packet.is_keyframe:
                hidden = bytes([data[0] & ~0x02]) + data[1:]  # show_frame, VP9 specification 6.2
                continue
            joined.append(_with_data(packet, _superframe(hidden, data)) if hidden else packet)
            joined[-1].is_keyframe = len(hidden) > 0
            hidden = b""
        return joined

    def write(folder: Path) -> Path:
        whole = write_clip(folder / f"whole_{name}", steady(N_FRAMES), picture=moving, **_VP9)
        return _remuxed(whole, folder / name, join)

    numbers = [k for k in range(N_FRAMES) if k % _VP9["gop"] != 0]
    return ConformanceClip(write, tuple((k, F(k - 1, 25)) for k in numbers))


def _superframe(*frames: bytes) -> bytes:
    """Several VP9 frames in one packet, with the index behind them (specification, annex B)."""
    marker = bytes([0b110_11_000 | (len(frames) - 1)])
    sizes = b"".join(len(frame).to_bytes(4, "little") for frame in frames)
    return b"".join(frames) + marker + sizes + marker


def _with_data(packet: VideoPacket, data: bytes) -> VideoPacket:
    changed = cast("VideoPacket", av.Packet(data))
    changed.pts, changed.dts, changed.duration = packet.pts, packet.dts, packet.duration
    changed.time_base = packet.time_base
    changed.is_keyframe = packet.is_keyframe
    return changed


def _shaky() -> list[Fraction]:
    """Twenty frames a second in the mean, each up to 30 ms late."""
    return [time + F(k * 7 % 5, 200) * (k % 3 != 0) for k, time in enumerate(steady(N_FRAMES, 20))]


def _paused() -> list[Fraction]:
    return steady(60) + [9 + time for time in steady(60)]


_OPEN = _x264("open-gop=1:keyint=15:min-keyint=15:bframes=3")
_OPEN_HEVC = _x265("open-gop=1:bframes=4:keyint=20:min-keyint=20")
_REFRESH = _x264("intra-refresh=1:keyint=20")
_FIELDS = {"flags": "+ildct+ilme"}
_FAST = {"deadline": "realtime", "cpu-used": "8"}
_MPEG: dict[str, Any] = {"codec": "mpeg2video", "time_base": PAL_TICK}
_MPEG4: dict[str, Any] = {"codec": "mpeg4", "time_base": PAL_TICK}
_MJPEG: dict[str, Any] = {"codec": "mjpeg", "pix_fmt": "yuvj420p", "b_frames": 0}
_VP9: dict[str, Any] = {"codec": "libvpx-vp9", "options": _FAST, "gop": 50, "b_frames": 0}
_VP8: dict[str, Any] = {**_VP9, "codec": "libvpx"}
_AV1: dict[str, Any] = {
    "codec": "libsvtav1",
    "options": {"preset": "10", "crf": "20", "svtav1-params": "enable-tf=0:lp=1"},
    "gop": 50,
    "b_frames": 0,
}

CLIPS: dict[str, ConformanceClip] = {
    "h264": _steady("h264.mp4", b_frames=3, gop=250),
    "h264 b-pyramid": _steady("pyramid.mkv", b_frames=8, gop=50, options=_x264("b-pyramid=2")),
    "h264 ts": _steady("h264.ts", b_frames=3),
    "h264 open gop": _steady("open.mp4", options=_OPEN),
    "h264 open gop ts": _steady("open.ts", options=_OPEN),
    "h264 open gop mkv": _steady("open.mkv", options=_OPEN),
    "h264 intra refresh": _steady("refresh.mp4", b_frames=0, options=_REFRESH),
    "h264 intra refresh ts": _steady("refresh.ts", b_frames=0, options=_REFRESH),
    "h264 intra refresh mkv": _steady("refresh.mkv", b_frames=0, options=_REFRESH),
    "h264 interlaced": _steady("mbaff.mp4", options=_x264("interlaced=1")),
    "h264 interlaced ts": _steady("mbaff.ts", options=_x264("interlaced=1")),
    "h264 no index": _steady(
        "fragments.mp4", container_options={"movflags": "frag_keyframe+empty_moov"}
    ),
    "h264 raw": _steady("raw.h264", b_frames=2),
    "mpeg2": _steady("mpeg2.mpg", **_MPEG),
    "mpeg2 ts": _steady("mpeg2.ts", **_MPEG),
    "mpeg2 interlaced": _steady("fields.mpg", options=_FIELDS, **_MPEG),
    "mpeg2 interlaced ts": _steady("fields.ts", options=_FIELDS, **_MPEG),
    "hevc": _steady("hevc.mp4", codec="libx265", options=_x265("bframes=4:keyint=50")),
    "hevc open gop": _steady("hevc_open.mp4", codec="libx265", options=_OPEN_HEVC),
    "hevc open gop ts": _steady("hevc_open.ts", codec="libx265", options=_OPEN_HEVC),
    "hevc cut at an open gop": _from_second_key_frame(
        "hevc_cut.mkv", keyint=20, codec="libx265", options=_OPEN_HEVC
    ),
    "vp9": _steady("vp9.webm", **_VP9),
    "vp9 superframes": _vp9_with_superframes("super.webm"),
    "vp8": _steady("vp8.webm", **_VP8),
    "vp8 hidden frames": _vp8_with_hidden_frames("hidden.webm"),
    "av1": _steady("av1.mp4", **_AV1),
    "av1 mkv": _steady("av1.mkv", **_AV1),
    "mjpeg mov": _steady("mjpeg.mov", **_MJPEG),
    "mjpeg avi": _steady("mjpeg.avi", time_base=PAL_TICK, **_MJPEG),
    "mpeg4 avi": _steady("mpeg4.avi", b_frames=0, **_MPEG4),
    "mpeg4 avi b-frames": _steady("mpeg4_b.avi", b_frames=2, **_MPEG4),
    "h264 avi b-frames": _steady("h264_b.avi", b_frames=3, time_base=PAL_TICK),
    "29.97": _steady("ntsc.mp4", rate_hz=NTSC, gop=250),
    "vfr": _timed("vfr.mkv", _shaky(), time_base=F(1, 1000)),
    "vfr mp4": _timed("vfr.mp4", _shaky(), gop=250),
    "pause": _timed("paused.mkv", _paused()),
    "late start": _timed("late.mkv", [500 + time for time in steady(N_FRAMES)]),
    "edit list": _edited("edited.mp4", F(13, 10), gop=30, b_frames=3),
    "edit list gop 250": _edited("edited250.mp4", F(2), gop=250, b_frames=3),
    "turned": _steady("turned.mp4", size_px=(160, 120), rotation=90, picture=_turned),
    "upside down": _steady("down.mp4", rotation=180, picture=_upside_down),
    "mirrored": _steady("mirrored.mp4", is_mirrored=True, picture=_mirrored),
    "two sizes": _joined("sizes.ts"),
}
