"""Matroska, AVI, program streams, WMV, FLV ... whose packaging lies or is odd."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from tests.support.clips import barcode, steady, write_clip
from tests.support.hostile_file import HostileFile, Maker, clip, find, insert, number, put

__all__ = ["CONTAINER_FILES"]

PAL_TICK = Fraction(1, 25)
_CLUSTER = b"\x1f\x43\xb6\x75"
_TRACKS = b"\x16\x54\xae\x6b"


def _element(kind: bytes, body: bytes) -> bytes:
    """An EBML element (RFC 8794) whose length takes eight bytes."""
    return kind + number(2**56 + len(body), 8) + body


def _before_the_first_cluster(folder: Path, new: bytes) -> Path:
    """A Matroska clip of unknown length, so that bytes may be put in."""
    path = clip(folder / "c.mkv", container_options={"live": "1"})
    return insert(path, find(path, _CLUSTER), new)


def mkv_void_of_2_to_56_bytes(folder: Path) -> HostileFile:
    """The rest of the file is said to be empty; FFmpeg goes on looking, and finds it."""
    void = b"\xec\x01" + b"\xff" * 6 + b"\xfe"
    return HostileFile(_before_the_first_cluster(folder, void), "OK_WARN", n_shown=50)


def mkv_tags_in_tags(folder: Path) -> HostileFile:
    """Ten thousand tags, each inside the one before it."""
    nest = b""
    for _ in range(10_000):
        nest = _element(b"\x67\xc8", nest)
    tags = _element(b"\x12\x54\xc3\x67", _element(b"\x73\x73", nest))
    return HostileFile(_before_the_first_cluster(folder, tags), "OK_WARN", n_shown=50)


def mkv_that_names_another_segment(folder: Path) -> HostileFile:
    """Linked segments: the recording is said to go on in a file beside it, which is not opened."""
    write_clip(folder / "next.mkv", steady(50), numbers=range(50, 100))
    info = _element(b"\x15\x49\xa9\x66", _element(b"\x3e\x83\xbb", b"next.mkv"))
    return HostileFile(_before_the_first_cluster(folder, info), "OK_WARN", n_shown=50)


def mkv_without_a_length(folder: Path) -> HostileFile:
    path = clip(folder / "c.mkv", container_options={"live": "1"})
    return HostileFile(path, "OK_WARN", "does not say how long", n_shown=50, n_rows=2)


def mkv_with_wrong_checksums(folder: Path) -> HostileFile:
    path = put(clip(folder / "c.mkv"), b"\xbf\x84", 2, b"abcd")
    return HostileFile(path, "OK", n_shown=50)


def mkv_with_noise_for_a_decoder_set_up(folder: Path) -> HostileFile:
    """What the decoder is to be set up with (CodecPrivate) is noise."""
    path = clip(folder / "c.mkv")
    put(path, b"\x63\xa2", 4, np.random.default_rng(1).bytes(30))
    return HostileFile(path, "REJECT", "no frame could be decoded")


def mkv_with_a_time_unit_of_zero(folder: Path) -> HostileFile:
    path = put(clip(folder / "c.mkv"), b"\x2a\xd7\xb1\x83", 4, bytes(3))
    return HostileFile(path, "OK", n_shown=50)


def mkv_that_starts_in_the_year_2000(folder: Path) -> HostileFile:
    """Its times are seconds since 1970, as some capture programs write them."""
    path = write_clip(
        folder / "c.mkv", [946_684_800 + t for t in steady(50)], time_base=Fraction(1, 1000)
    )
    return HostileFile(path, "OK_WARN", "begins at", n_shown=50, n_rows=2)


def avi_index_of_2_gb(folder: Path) -> HostileFile:
    path = clip(folder / "c.avi", codec="mjpeg", pix_fmt="yuvj420p", time_base=PAL_TICK)
    put(path, b"idx1", 4, struct.pack("<I", 2**31 - 1))
    return HostileFile(path, "PARTIAL", "the header says 2.00 s", first=None)


def avi_index_that_points_anywhere(folder: Path) -> HostileFile:
    path = clip(folder / "c.avi", codec="mjpeg", pix_fmt="yuvj420p", time_base=PAL_TICK)
    entries = find(path, b"idx1") + 8
    data = bytearray(path.read_bytes())
    for k, offset in enumerate(np.random.default_rng(2).integers(0, 2**31, 50).tolist()):
        data[entries + 16 * k + 8 : entries + 16 * k + 12] = struct.pack("<I", offset)
    path.write_bytes(data)
    return HostileFile(path, "PARTIAL", "cut off")


def avi_never_finished(folder: Path) -> HostileFile:
    """The recorder lost its power: no index, no lengths, no number of frames."""
    path = clip(folder / "c.avi", codec="mjpeg", pix_fmt="yuvj420p", time_base=PAL_TICK)
    data = bytearray(path.read_bytes()[: find(path, b"idx1")])
    for mark, offset in ((b"RIFF", 4), (b"movi", -4), (b"avih", 24), (b"strh", 40)):
        at = data.index(mark) + offset
        data[at : at + 4] = bytes(4)
    path.write_bytes(data)
    return HostileFile(path, "OK_WARN", "does not say how long", n_shown=50, n_rows=2)


def avi_with_dropped_frames(folder: Path) -> HostileFile:
    """Capture programs note a dropped frame as a chunk of no bytes: the one before stays."""
    path = clip(folder / "c.avi", codec="mjpeg", pix_fmt="yuvj420p", time_base=PAL_TICK)
    data = bytearray(path.read_bytes())
    entries = data.index(b"idx1") + 8
    movi = data.index(b"movi")
    for k in (7, 8, 23):
        at = entries + 16 * k
        chunk = movi + int.from_bytes(data[at + 8 : at + 12], "little")
        size = int.from_bytes(data[chunk + 4 : chunk + 8], "little")
        data[chunk + 4 : chunk + 16] = bytes(4) + b"JUNK" + struct.pack("<I", size + size % 2 - 8)
        data[at + 12 : at + 16] = bytes(4)
    path.write_bytes(data)
    return HostileFile(path, "OK", n_shown=47, n_rows=2)


def avi_rate_of_zero(folder: Path) -> HostileFile:
    path = clip(folder / "c.avi", codec="mjpeg", pix_fmt="yuvj420p", time_base=PAL_TICK)
    put(path, b"strh", 8 + 20, bytes(8))
    return HostileFile(path, "OK_WARN", "25 a second", n_shown=50, n_rows=2)


def mpg_with_stuffing(folder: Path) -> HostileFile:
    """Padding streams (0xBE) between the packs, as recorders for disks write them."""
    path = clip(folder / "c.mpg", codec="mpeg2video", time_base=PAL_TICK)
    parts = path.read_bytes().split(b"\0\0\1\xba")
    stuffing = b"\0\0\1\xbe" + number(500, 2) + b"\xff" * 500
    path.write_bytes((stuffing + b"\0\0\1\xba").join(parts[:1] + parts[1:]))
    return HostileFile(path, "OK", n_shown=50)


def vob_with_navigation_packets(folder: Path) -> HostileFile:
    path = clip(folder / "c.vob", codec="mpeg2video", time_base=PAL_TICK)
    navigation = b"\0\0\1\xbf" + number(980, 2) + bytes(980) + b"\0\0\1\xbf" + number(1018, 2)
    insert(path, find(path, b"\0\0\1\xba", nth=1), navigation + bytes(1018))
    return HostileFile(path, "OK", n_shown=50)


def wmv_length_of_years(folder: Path) -> HostileFile:
    """The play duration (100 ns units) of the file properties says 29 years."""
    path = clip(folder / "c.wmv", codec="wmv2", time_base=Fraction(1, 1000))
    properties = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
    put(path, properties, 64, struct.pack("<Q", 2**63 - 1))
    return HostileFile(path, "OK_WARN", n_shown=50)


def flv_whose_script_lies(folder: Path) -> HostileFile:
    """Its script data say that it lasts 10^300 s."""
    path = clip(folder / "c.flv", codec="flv1", time_base=Fraction(1, 1000))
    put(path, b"duration", 9, struct.pack(">d", 1e300))
    return HostileFile(path, "OK_WARN", n_shown=50, n_rows=2)


def flv_without_a_length(folder: Path) -> HostileFile:
    path = clip(folder / "c.flv", codec="flv1", time_base=Fraction(1, 1000))
    put(path, b"duration", 9, struct.pack(">d", 0.0))
    return HostileFile(path, "OK_WARN", "does not say how long", n_shown=50, n_rows=2)


def ivf_with_a_count_of_4_billion(folder: Path) -> HostileFile:
    fast = {"deadline": "realtime", "cpu-used": "8"}
    path = clip(folder / "c.ivf", codec="libvpx", options=fast, time_base=PAL_TICK)
    put(path, b"DKIF", 24, b"\xff\xff\xff\xff")
    return HostileFile(path, "OK_WARN", "25 a second", n_shown=50, n_rows=2)


def mxf(folder: Path) -> HostileFile:
    path = clip(folder / "c.mxf", codec="mpeg2video", time_base=PAL_TICK)
    return HostileFile(path, "OK", n_shown=50)


def mxf_cut_before_its_index(folder: Path) -> HostileFile:
    path = write_clip(
        folder / "c.mxf", steady(150), codec="mpeg2video", time_base=PAL_TICK, b_frames=0
    )
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 3])
    return HostileFile(path, "PARTIAL", "the header says 6.00 s")


def dv(folder: Path) -> HostileFile:
    path = write_clip(
        folder / "c.dv",
        steady(10),
        codec="dvvideo",
        size_px=(576, 720),
        time_base=PAL_TICK,
        b_frames=0,
    )
    return HostileFile(path, "OK_WARN", "interlaced", n_shown=10, n_rows=1)


def nut_that_starts_at_2_to_61(folder: Path) -> HostileFile:
    path = write_clip(
        folder / "c.nut",
        [Fraction(2**61, 90000) + t for t in steady(50)],
        b_frames=0,
    )
    return HostileFile(path, "OK_WARN", "begins at", n_shown=50)


def sound_that_outlasts_the_picture(folder: Path) -> HostileFile:
    """A microphone was left on: 20 s of sound, 2 s of picture."""
    path = folder / "c.mkv"
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=25)
        assert isinstance(video, av.VideoStream)
        video.height, video.width, video.pix_fmt = 120, 160, "yuv420p"
        sound = container.add_stream("aac", rate=48000)
        assert isinstance(sound, av.AudioStream)
        for k in range(50):
            frame = av.VideoFrame.from_ndarray(barcode(k), format="rgb24")
            frame.pts, frame.time_base = k, PAL_TICK
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        for k in range(20):
            silence = np.zeros((2, 48000), dtype=np.float32)
            tone = av.AudioFrame.from_ndarray(silence, format="fltp", layout="stereo")
            tone.sample_rate, tone.pts = 48000, 48000 * k
            container.mux(sound.encode(tone))
        container.mux(sound.encode(None))
    return HostileFile(path, "OK", n_shown=50, n_rows=2)


CONTAINER_FILES: dict[str, Maker] = {
    name: maker
    for name, maker in list(globals().items())
    if callable(maker) and getattr(maker, "__annotations__", {}).get("return") == "HostileFile"
}
