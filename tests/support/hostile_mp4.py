"""MP4 files whose index lies: sizes, counts, offsets, times, edits, matrices (ISO 14496-12)."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

from tests.support.hostile_file import HostileFile, Maker, clip, find, insert, number, put

__all__ = ["MP4_FILES", "box", "with_box"]

_PARENTS = {b"moov", b"trak", b"edts", b"mdia", b"minf", b"dinf", b"stbl", b"moof", b"traf"}
_LAST_UNSIGNED = b"\xff\xff\xff\xff"
_LAST_SIGNED = b"\x7f\xff\xff\xff"


def box(kind: bytes, body: bytes) -> bytes:
    return number(8 + len(body)) + kind + body


def with_box(path: Path, kind: bytes, body: bytes) -> Path:
    """Replace the first box of a kind by one with another body; its parents grow with it."""
    data = bytearray(path.read_bytes())
    at = data.index(kind) - 4
    old_size = int.from_bytes(data[at : at + 4], "big")
    new = box(kind, body)
    for parent in _around(data, at):
        size = int.from_bytes(data[parent : parent + 4], "big") + len(new) - old_size
        data[parent : parent + 4] = number(size)
    data[at : at + old_size] = new
    path.write_bytes(data)
    return path


def _around(data: bytearray, target: int, start: int = 0) -> list[int]:
    """Where the boxes begin that hold the position ``target``, the outermost first."""
    at = start
    while at < target:
        size = int.from_bytes(data[at : at + 4], "big")
        if target < at + size and bytes(data[at + 4 : at + 8]) in _PARENTS:
            return [at, *_around(data, target, at + 8)]
        at += max(size, 8)
    return []


def _edits(path: Path, *edits: tuple[float, float]) -> Path:
    """(seconds shown, first second of the stored picture or -1 for an empty edit) of each edit."""
    data = path.read_bytes()
    movie, media = (
        int.from_bytes(data[at : at + 4], "big")
        for at in (data.index(b"mvhd") + 16, data.index(b"mdhd") + 16)
    )
    entries = [
        struct.pack(">iiI", round(shown * movie), -1 if at < 0 else round(at * media), 0x10000)
        for shown, at in edits
    ]
    return with_box(path, b"elst", number(0) + number(len(entries)) + b"".join(entries))


def index_twice(folder: Path) -> HostileFile:
    path = clip(folder / "c.mp4")
    data = path.read_bytes()
    path.write_bytes(data + data[data.index(b"moov") - 4 :])
    return HostileFile(path, "OK", n_shown=50)


def box_to_the_end_before_the_index(folder: Path) -> HostileFile:
    """A box of size 0 lasts to the end of the file and swallows the index."""
    path = clip(folder / "c.mp4")
    insert(path, find(path, b"moov") - 4, number(0) + b"free")
    return HostileFile(path, "REJECT", "index (moov) is missing")


def box_of_2_to_63_bytes(folder: Path) -> HostileFile:
    path = clip(folder / "c.mp4")
    insert(path, find(path, b"moov") - 4, number(1) + b"free" + number(2**63 - 1, 8))
    return HostileFile(path, "REJECT", "index (moov) is missing")


def index_of_4_gb(folder: Path) -> HostileFile:
    path = put(clip(folder / "c.mp4"), b"moov", -4, _LAST_UNSIGNED)
    return HostileFile(path, "OK", n_shown=50)


def sample_sizes_for_4_billion(folder: Path) -> HostileFile:
    path = put(clip(folder / "c.mp4"), b"stsz", 12, _LAST_UNSIGNED)
    return HostileFile(path, "REJECT")


def samples_of_2_gb(folder: Path) -> HostileFile:
    """Every sample is said to have 2 GB: memory must be taken for what is there, not for that."""
    path = put(clip(folder / "c.mp4"), b"stsz", 8, _LAST_SIGNED)
    return HostileFile(path, "REJECT", "no frame could be decoded")


def sample_of_no_bytes(folder: Path) -> HostileFile:
    path = put(clip(folder / "c.mp4", gop=1), b"stsz", 16 + 4 * 7, number(0))
    return HostileFile(path, "PARTIAL", "could not be decoded", first=None, n_rows=2)


def offsets_behind_the_end(folder: Path) -> HostileFile:
    path = put(clip(folder / "c.mp4"), b"stco", 12, _LAST_SIGNED)
    return HostileFile(path, "REJECT", "no frame could be decoded")


def offsets_into_the_header(folder: Path) -> HostileFile:
    path = put(clip(folder / "c.mp4"), b"stco", 12, number(0))
    return HostileFile(path, "REJECT", "no frame could be decoded")


def times_that_stand_still(folder: Path) -> HostileFile:
    """All frames share one time, and FFmpeg makes up others."""
    path = clip(folder / "c.mp4", b_frames=0)
    put(path, b"stts", 16, number(0))
    return HostileFile(path, "OK_WARN", "frame rate is odd", first=None)


def times_of_13_hours_each(folder: Path) -> HostileFile:
    path = put(clip(folder / "c.mp4", b_frames=0), b"stts", 16, _LAST_UNSIGNED)
    return HostileFile(path, "OK_WARN", n_shown=50, first=None)


def time_unit_of_zero(folder: Path) -> HostileFile:
    path = put(clip(folder / "c.mp4", b_frames=0), b"mdhd", 16, number(0))
    return HostileFile(path, "PARTIAL", "frame rate is odd", first=None)


def four_billion_frames_a_second(folder: Path) -> HostileFile:
    path = put(clip(folder / "c.mp4", b_frames=0), b"mdhd", 16, _LAST_UNSIGNED)
    return HostileFile(path, "PARTIAL", "frame rate is odd", first=None)


def a_frame_shown_a_day_late(folder: Path) -> HostileFile:
    """One offset between decoding and showing (ctts) is wrong: the edit list hides its frame."""
    path = clip(folder / "c.mp4", b_frames=2)
    put(path, b"ctts", 16 + 8 * 8, _LAST_SIGNED)
    return HostileFile(path, "OK", n_shown=49)


def an_hour_of_nothing_first(folder: Path) -> HostileFile:
    """An empty edit delays the picture by an hour; time zero is the first frame all the same."""
    path = _edits(clip(folder / "c.mp4"), (3600, -1), (2, 0))
    put(path, b"mvhd", 20, number(3_602_000))
    return HostileFile(path, "OK_WARN", "the header says 3602.00 s", n_shown=50, n_rows=2)


def edit_behind_the_end(folder: Path) -> HostileFile:
    path = put(clip(folder / "c.mp4"), b"elst", 16, _LAST_SIGNED)
    return HostileFile(path, "REJECT")


def edit_of_negative_length(folder: Path) -> HostileFile:
    path = put(clip(folder / "c.mp4"), b"elst", 12, number(-5))
    return HostileFile(path, "OK", first=None)


def edits_without_number(folder: Path) -> HostileFile:
    """The list of edits claims 4 billion entries and has one."""
    path = put(clip(folder / "c.mp4"), b"elst", 8, _LAST_UNSIGNED)
    return HostileFile(path, "OK", n_shown=50)


def a_hundred_thousand_edits(folder: Path) -> HostileFile:
    """Each shows the same two seconds: a file of a megabyte whose index takes 120 MB and more."""
    path = _edits(clip(folder / "c.mp4"), *[(2.0, 0.0)] * 100_000)
    return HostileFile(path, "REJECT", "promises more than the file can hold: 100000 edits")


def thousands_of_edits(folder: Path) -> HostileFile:
    """Few enough to be listed, but they show the same two seconds for hours."""
    path = _edits(clip(folder / "c.mp4"), *[(2.0, 0.0)] * 10_000)
    return HostileFile(path, "PARTIAL", "over and over", first=None)


def samples_of_one_byte(folder: Path) -> HostileFile:
    """Half a billion samples in a file of 8 kB: FFmpeg takes 20 GB and more for their index."""
    path = clip(folder / "c.mp4")
    n = 2**29
    with_box(path, b"stsz", number(0) + number(1) + number(n))
    with_box(path, b"stsc", number(0) + number(1) + number(1) + number(n) + number(1))
    put(path, b"stts", 12, number(n))
    return HostileFile(path, "REJECT", "promises more than the file can hold: 536870912 samples")


def fragment_of_samples_without_end(folder: Path) -> HostileFile:
    """A fragment's run that says nothing of each of its samples needs no bytes for them."""
    how = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
    path = clip(folder / "c.mp4", container_options=how)
    with_box(path, b"trun", number(1) + number(2**29) + number(0))
    return HostileFile(path, "REJECT", "promises more than the file can hold: 536870912 samples")


def two_edits(folder: Path) -> HostileFile:
    """A cut in the middle: the numbers 10 to 19, then 30 to 39."""
    path = _edits(clip(folder / "c.mp4"), (0.4, 0.4), (0.4, 1.2))
    return HostileFile(path, "OK", n_shown=20, first=None)


def packed_index_of_4_gb(folder: Path) -> HostileFile:
    """QuickTime may compress its index; this one claims to unpack to 4 GB of zeros."""
    path = folder / "c.mov"
    packed = zlib.compress(bytes(2**20), 9)
    body = box(b"dcom", b"zlib") + box(b"cmvd", b"\xff\xff\xff\x00" + packed)
    path.write_bytes(box(b"ftyp", b"qt  \0\0\0\0qt  ") + box(b"moov", box(b"cmov", body)))
    return HostileFile(path, "REJECT")


def boxes_in_boxes(folder: Path) -> HostileFile:
    """Ten thousand boxes, each inside the one before it."""
    path = clip(folder / "c.mp4")
    nest = b""
    for _ in range(10_000):
        nest = box(b"trak", nest)
    insert(path, find(path, b"moov") - 4, nest)
    return HostileFile(path, "OK", n_shown=50)


def matrix_of_zeros(folder: Path) -> HostileFile:
    path = put(clip(folder / "c.mp4"), b"tkhd", 44, bytes(36))
    return HostileFile(path, "OK", n_shown=50)


def matrix_of_45_degrees(folder: Path) -> HostileFile:
    """The nearest right angle is taken."""
    half = round(0.7071 * 2**16)
    matrix = struct.pack(">9i", half, half, 0, -half, half, 0, 0, 0, 2**30)
    path = put(clip(folder / "c.mp4"), b"tkhd", 44, matrix)
    return HostileFile(path, "OK", n_shown=50)


def matrix_that_shears(folder: Path) -> HostileFile:
    matrix = struct.pack(">9i", 2**16, 2**15, 0, 0, 2**16, 0, 0, 0, 2**30)
    path = put(clip(folder / "c.mp4"), b"tkhd", 44, matrix)
    return HostileFile(path, "OK_WARN", n_shown=50)


def length_times_1000(folder: Path) -> HostileFile:
    path = put(clip(folder / "c.mp4"), b"mvhd", 20, number(2_000_000))
    return HostileFile(path, "OK_WARN", "the header says 2000.00 s", n_shown=50, n_rows=2)


def length_of_zero(folder: Path) -> HostileFile:
    path = clip(folder / "c.mp4")
    for kind, offset in ((b"mvhd", 20), (b"tkhd", 28), (b"mdhd", 20)):
        put(path, kind, offset, number(0))
    return HostileFile(path, "OK_WARN", "does not say how long", n_shown=50, n_rows=2)


def count_of_2_to_28(folder: Path) -> HostileFile:
    path = put(clip(folder / "c.mp4"), b"stts", 12, number(2**28))
    return HostileFile(path, "OK_WARN", "counts 268435456 frames", n_shown=50, n_rows=2)


def fragment_at_the_end_of_time(folder: Path) -> HostileFile:
    """The second fragment of a live recording starts at 2^62 ticks."""
    how = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
    path = clip(folder / "c.mp4", container_options=how)
    put(path, b"tfdt", 8, number(2**62, 8), nth=2)
    return HostileFile(path, "OK_WARN", "clock jumps", n_rows=2, first=None)


def last_byte_missing(folder: Path) -> HostileFile:
    """A copy that broke off at the very end costs one frame, and is no damage otherwise."""
    path = clip(folder / "c.mp4", container_options={"movflags": "faststart"})
    path.write_bytes(path.read_bytes()[:-1])
    return HostileFile(path, "OK_WARN", "the very last frame", n_shown=49, n_rows=2)


def archive_behind_it(folder: Path) -> HostileFile:
    """A recording that is a zip archive as well."""
    path = clip(folder / "c.mp4")
    with path.open("ab") as file:
        file.write(b"PK\x05\x06" + bytes(18))
    return HostileFile(path, "OK", n_shown=50)


MP4_FILES: dict[str, Maker] = {
    maker.__name__: maker
    for maker in (
        *(index_twice, box_to_the_end_before_the_index, box_of_2_to_63_bytes, index_of_4_gb),
        *(sample_sizes_for_4_billion, samples_of_2_gb, sample_of_no_bytes),
        *(offsets_behind_the_end, offsets_into_the_header, times_that_stand_still),
        *(times_of_13_hours_each, time_unit_of_zero, four_billion_frames_a_second),
        *(a_frame_shown_a_day_late, an_hour_of_nothing_first, edit_behind_the_end),
        *(edit_of_negative_length, edits_without_number, a_hundred_thousand_edits),
        *(thousands_of_edits, samples_of_one_byte, fragment_of_samples_without_end, two_edits),
        *(packed_index_of_4_gb, boxes_in_boxes, matrix_of_zeros, matrix_of_45_degrees),
        *(matrix_that_shears, length_times_1000, length_of_zero, count_of_2_to_28),
        *(fragment_at_the_end_of_time, last_byte_missing, archive_behind_it),
    )
}
