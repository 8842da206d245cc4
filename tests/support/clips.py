"""Clips that are made while the tests run, and whose pixels say which frame they are.

Every frame is a barcode of its own number: twenty blocks, black for 0 and white for 1, five across
and four down, the lowest bit first. The blocks fill the picture, so a number survives lossy
encoding and resizing, and ``read_barcode`` finds it in any RGB picture that is upright. A test
knows when each number was to be shown, because it gave the times; so pixels, not the reader's own
words, say which frame came back.

Everything is encoded by PyAV's own libx264, libx265, mpeg2video ... in a fraction of a second;
damage is done to the finished file, byte by byte.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.stream import Disposition
from av.video.stream import VideoStream
from numpy.typing import NDArray

__all__ = [
    "barcode",
    "cut_file",
    "damage_packet",
    "hide_beginning",
    "patch_bytes",
    "read_barcode",
    "steady",
    "two_coloured",
    "write_clip",
    "write_streams",
]

N_BITS = 20
_COLUMNS, _ROWS = 5, 4

Picture = Callable[[int, tuple[int, int]], NDArray[np.uint8]]

_ENCODER_OPTIONS = {
    "libx264": {"preset": "veryfast"},
    "libx265": {"x265-params": "log-level=none", "preset": "ultrafast"},
}


def barcode(number: int, size_px: tuple[int, int] = (120, 160)) -> NDArray[np.uint8]:
    """(height, width, 3): ``number`` as twenty black and white blocks."""
    if not 0 <= number < 2**N_BITS:
        raise ValueError(f"a barcode has {N_BITS} bits, got {number}")
    bits = (number >> np.arange(N_BITS)) & 1
    blocks = bits.reshape(_ROWS, _COLUMNS).astype(np.uint8) * 255
    height, width = size_px
    rows = np.arange(height) * _ROWS // height
    columns = np.arange(width) * _COLUMNS // width
    return np.repeat(blocks[np.ix_(rows, columns)][:, :, np.newaxis], 3, axis=2)


def read_barcode(image: NDArray[np.uint8]) -> int:
    """The number in an upright RGB picture of any size; ``ValueError`` where it is not clear."""
    height, width = image.shape[:2]
    rows = (np.arange(_ROWS) * 2 + 1) * height // (2 * _ROWS)
    columns = (np.arange(_COLUMNS) * 2 + 1) * width // (2 * _COLUMNS)
    levels = image[np.ix_(rows, columns)].mean(axis=2).ravel()
    if np.any((levels > 64) & (levels < 192)):
        raise ValueError(f"no barcode: block levels are {np.round(levels)}")
    return int(((levels > 128) << np.arange(N_BITS)).sum())


def two_coloured(number: int, size_px: tuple[int, int]) -> NDArray[np.uint8]:
    """Red above left, green above right, blue below left, white below right; ``number`` unused."""
    del number
    height, width = size_px
    image = np.zeros((height, width, 3), dtype=np.uint8)
    image[: height // 2, : width // 2] = (220, 30, 30)
    image[: height // 2, width // 2 :] = (30, 200, 30)
    image[height // 2 :, : width // 2] = (30, 30, 220)
    image[height // 2 :, width // 2 :] = (235, 235, 235)
    return image


def steady(n_frames: int, rate_hz: Fraction | int = 25) -> list[Fraction]:
    """Times of ``n_frames`` frames at a constant rate, from zero on."""
    return [Fraction(k) / Fraction(rate_hz) for k in range(n_frames)]


@contextmanager
def _scheduled_as_before() -> Iterator[None]:
    """Undo what an encoder does to the thread that calls it.

    SVT-AV1, run by root, puts it under real-time scheduling (FIFO, 99), and with it all processes
    that it starts from then on: these keep everybody else from the processors.
    """
    if not hasattr(os, "sched_getscheduler"):
        yield
        return
    policy, parameters = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        yield
    finally:
        os.sched_setscheduler(0, policy, parameters)


def write_clip(
    path: Path,
    times: Sequence[Fraction],
    *,
    size_px: tuple[int, int] = (120, 160),
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    rate_hz: Fraction | int = 25,
    time_base: Fraction = Fraction(1, 90000),
    gop: int = 25,
    b_frames: int = 2,
    options: dict[str, str] | None = None,
    container_options: dict[str, str] | None = None,
    picture: Picture = barcode,
    numbers: Iterable[int] | None = None,
    pixel_aspect: Fraction | None = None,
    rotation: int = 0,
    is_mirrored: bool = False,
) -> Path:
    """Write a clip that shows picture ``k`` (or ``numbers[k]``) at ``times[k]``.

    ``rate_hz`` is what the header declares. MPEG-2, MPEG-4 and AVI know no other times than
    multiples of a frame: they need ``time_base`` = 1 / ``rate_hz``.
    ``rotation`` (degrees, counter-clockwise) and ``is_mirrored`` (left and right exchanged) only
    go into the display matrix of an mp4. Returns ``path``.
    """
    with (
        _scheduled_as_before(),
        av.open(str(path), "w", options=container_options or {}) as container,
    ):
        stream = cast("VideoStream", container.add_stream(codec, rate=rate_hz))
        _set_up(stream, size_px, pix_fmt, time_base, gop, b_frames, codec, options or {})
        if pixel_aspect is not None:
            stream.codec_context.sample_aspect_ratio = pixel_aspect
        if rotation or is_mirrored:
            stream.set_display_rotation(rotation, hflip=is_mirrored)
        shown = range(len(times)) if numbers is None else numbers
        for number, time in zip(shown, times, strict=True):
            frame = av.VideoFrame.from_ndarray(picture(number, size_px), format="rgb24")
            frame = frame.reformat(format=pix_fmt)
            frame.pts = round(time / time_base)
            frame.time_base = time_base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def write_streams(
    path: Path,
    sizes_px: Sequence[tuple[int, int]],
    *,
    n_frames: int = 10,
    covers: Sequence[bool] | None = None,
) -> Path:
    """Write one file with several video streams; stream ``k`` shows the number ``1000 * k + n``.

    A stream whose ``covers`` entry is true is a cover picture (one MJPEG frame).
    """
    is_cover = covers or [False] * len(sizes_px)
    time_base = Fraction(1, 25)
    with av.open(str(path), "w") as container:
        streams: list[VideoStream] = []
        for size_px, cover in zip(sizes_px, is_cover, strict=True):
            codec = "mjpeg" if cover else "libx264"
            stream = cast("VideoStream", container.add_stream(codec, rate=25))
            pix_fmt = "yuvj420p" if cover else "yuv420p"
            _set_up(stream, size_px, pix_fmt, time_base, 25, 0, codec, {})
            if cover:
                stream.disposition = Disposition.attached_pic
            streams.append(stream)
        for n in range(n_frames):
            for k, (stream, size_px, cover) in enumerate(
                zip(streams, sizes_px, is_cover, strict=True)
            ):
                if cover and n > 0:
                    continue
                frame = av.VideoFrame.from_ndarray(barcode(1000 * k + n, size_px), format="rgb24")
                frame = frame.reformat(format=stream.pix_fmt)
                frame.pts, frame.time_base = n, time_base
                container.mux(stream.encode(frame))
        for stream in streams:
            container.mux(stream.encode(None))
    return path


def _set_up(
    stream: VideoStream,
    size_px: tuple[int, int],
    pix_fmt: str,
    time_base: Fraction,
    gop: int,
    b_frames: int,
    codec: str,
    options: dict[str, str],
) -> None:
    context = stream.codec_context
    context.height, context.width = size_px
    context.pix_fmt = pix_fmt
    context.time_base = time_base
    context.gop_size = gop
    context.max_b_frames = b_frames
    context.thread_count = 1
    context.options = {**_ENCODER_OPTIONS.get(codec, {}), **options}


def cut_file(path: Path, share: float) -> Path:
    """Keep only the first ``share`` of a file's bytes."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


def damage_packet(path: Path, index: int, *, skip_bytes: int = 5) -> Path:
    """Overwrite the payload of the ``index``-th video packet (in file order) with noise."""
    with av.open(str(path)) as container:
        packets = [p for p in container.demux(video=0) if p.size]
        position, size = packets[index].pos, packets[index].size
    if position is None:
        raise ValueError(f"the container does not say where its packets lie: {path}")
    noise = np.random.default_rng(0).integers(0, 256, size - skip_bytes, dtype=np.uint8)
    return patch_bytes(path, position + skip_bytes, noise.tobytes())


def hide_beginning(path: Path, seconds: Fraction) -> Path:
    """Make the edit list of an mp4 hide its first ``seconds``, as a lossless cut does.

    The frames stay in the file (the first ones shown need them) but a player must not show them.
    """
    data = path.read_bytes()
    entry = data.index(b"elst") + 12  # behind type, version and flags, number of entries
    timescale_at = data.index(b"mdhd") + 16  # behind type, version and flags, two dates
    movie_timescale_at = data.index(b"mvhd") + 16
    shown = _number(data, entry) - round(seconds * _number(data, movie_timescale_at))
    media_time = _number(data, entry + 4) + round(seconds * _number(data, timescale_at))
    return patch_bytes(path, entry, shown.to_bytes(4, "big") + media_time.to_bytes(4, "big"))


def _number(data: bytes, position: int) -> int:
    return int.from_bytes(data[position : position + 4], "big")


def patch_bytes(path: Path, position: int, new: bytes) -> Path:
    """Overwrite bytes of a file in place."""
    with path.open("r+b") as file:
        file.seek(position)
        file.write(new)
    return path
