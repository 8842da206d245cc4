"""What the packets of a stream say of their pictures' size, format and fields, without decoding.

OpenCV sets its conversion up for the first picture and never looks again: a later one of another
size or format is read beyond its end, and one made of two fields is not converted at all. So every
packet's own description is compared with the first one, byte by byte, before OpenCV sees the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

from av.video.codeccontext import VideoCodecContext

from video_pipeline.frames.opencv.sequence_parameters import has_fields

__all__ = ["KNOWN_CODECS", "PictureParameters"]

# ITU-T H.264, table 7-1 and ITU-T H.265, table 7-1.
_H264_SEQUENCE, _HEVC_SEQUENCE = 7, 33
# Last byte of a start code: ISO 13818-2, table 6-1 and ISO 14496-2, table 6-3.
_MPEG_SEQUENCE, _MPEG_EXTENSION = 0xB3, 0xB5
_MPEG_SEQUENCE_EXTENSION = 0xB501
_MPEG4_LAYERS = range(0x20, 0x30)
# ITU-T T.81, table B.1.
_JPEG_FRAMES = range(0xC0, 0xC3)
_JPEG_APP0, _JPEG_APP14, _JPEG_SCAN = 0xE0, 0xEE, 0xDA

Described = Iterator[tuple[int, bytes]]
"""Kind and content of each part of a packet that describes pictures."""


class PictureParameters:
    """Collects what a stream, of one of ``KNOWN_CODECS``, says of its pictures."""

    def __init__(self, context: VideoCodecContext) -> None:
        """``context``: the stream's decoder."""
        self._codec = context.codec.canonical_name
        self._length_bytes: int | None = None
        self._found: dict[int, bytes] = {}
        self.are_constant = True
        """Whether all packets so far describe their pictures as the first one does."""
        self.has_hidden_pictures = False
        """Whether there are packets whose picture is never shown."""
        self._add_header(context.extradata or b"")

    def add(self, packet: bytes) -> None:
        """Take note of one packet."""
        if self._length_bytes is not None:
            self._note(_of_units(self._codec, _by_length(packet, 0, self._length_bytes)))
        else:
            self._note(KNOWN_CODECS[self._codec](packet))
        # The first byte of a VP8 frame (RFC 6386, 9.1) holds show_frame.
        self.has_hidden_pictures |= self._codec == "vp8" and packet[0] & 0x10 == 0

    @property
    def are_there(self) -> bool:
        """Whether any packet, or the container, describes the pictures."""
        return len(self._found) > 0

    @property
    def is_progressive(self) -> bool:
        """Whether the descriptions rule out that a picture is coded as two fields.

        True for codecs that say so in the pictures themselves: there the first ones have to tell.
        """
        if self._codec == "h264":
            return not has_fields(self._found.get(_H264_SEQUENCE, b""))
        if self._codec == "mpeg2video":
            # ISO 13818-2, 6.2.2.3: identifier (4 bits), profile and level (8), then the flag.
            return self._found.get(_MPEG_SEQUENCE_EXTENSION, b"\0\0")[1] & 0b1000 != 0
        return True

    def _note(self, parts: Described) -> None:
        for kind, content in parts:
            self.are_constant &= self._found.setdefault(kind, content) == content

    def _add_header(self, extra: bytes) -> None:
        # ISO 14496-15: avcC and hvcC begin with their version, 1; a start code begins with zeros.
        if self._codec == "h264" and len(extra) > 6 and extra[0] == 1:
            self._length_bytes = (extra[4] & 3) + 1
            self._note(_of_units("h264", islice(_by_length(extra, 6, 2), extra[5] & 31)))
        elif self._codec == "hevc" and len(extra) > 22 and extra[0] == 1:
            self._length_bytes = (extra[21] & 3) + 1
            self._note(_of_units("hevc", _in_hevc_header(extra)))
        elif self._codec in _WITH_START_CODES:
            self._note(KNOWN_CODECS[self._codec](extra))


def _of_units(codec: str, units: Iterator[bytes]) -> Described:
    for unit in units:
        kind = unit[0] & 31 if codec == "h264" else (unit[0] >> 1) & 63
        if kind == (_H264_SEQUENCE if codec == "h264" else _HEVC_SEQUENCE):
            yield kind, unit[1:].rstrip(b"\0")


def _by_length(data: bytes, at: int, length_bytes: int) -> Iterator[bytes]:
    while at + length_bytes < len(data):
        begin = at + length_bytes
        at = begin + max(1, int.from_bytes(data[at:begin], "big"))
        yield data[begin:at]


def _in_hevc_header(extra: bytes) -> Iterator[bytes]:
    """NAL units of an hvcC: arrays of a kind each, whose number, and whose units' lengths, lead."""
    at = 23
    for _ in range(extra[22]):
        n_units = int.from_bytes(extra[at + 1 : at + 3], "big")
        at += 3
        for _ in range(n_units):
            length = int.from_bytes(extra[at : at + 2], "big")
            if length > 0:
                yield extra[at + 2 : at + 2 + length]
            at += 2 + length


def _by_start_code(data: bytes) -> Iterator[bytes]:
    at = data.find(b"\0\0\1")
    while 0 <= at < len(data) - 4:
        following = data.find(b"\0\0\1", at + 3)
        yield data[at + 3 : following if following >= 0 else len(data)].rstrip(b"\0") or b"\0"
        at = following


def _h264(packet: bytes) -> Described:
    return _of_units("h264", _by_start_code(packet))


def _hevc(packet: bytes) -> Described:
    return _of_units("hevc", _by_start_code(packet))


def _mpeg(packet: bytes) -> Described:
    for unit in _by_start_code(packet):
        if unit[0] == _MPEG_SEQUENCE:
            yield _MPEG_SEQUENCE, unit[1:5]  # size, aspect and rate; not the bit rate behind them
        elif unit[0] == _MPEG_EXTENSION and len(unit) > 2 and unit[1] >> 4 in (1, 2):
            yield (_MPEG_EXTENSION << 8) + (unit[1] >> 4), unit[1:]


def _mpeg4(packet: bytes) -> Described:
    for unit in _by_start_code(packet):
        if unit[0] in _MPEG4_LAYERS:
            yield unit[0], unit[1:]


def _jpeg(packet: bytes) -> Described:
    at = 2
    while at + 4 <= len(packet) and packet[at] == 0xFF and packet[at + 1] != _JPEG_SCAN:
        kind = packet[at + 1]
        end = at + 2 + int.from_bytes(packet[at + 2 : at + 4], "big")
        if kind in _JPEG_FRAMES or kind == _JPEG_APP14:
            yield kind, packet[at + 4 : end]
        elif kind == _JPEG_APP0:
            yield kind, packet[at + 4 : at + 9]  # a name, and in AVIs which field this is
        at = end


def _vp8(packet: bytes) -> Described:
    if packet[0] & 1 == 0:
        yield 0, packet[6:10]  # width and height of a key frame (RFC 6386, 9.1)


_WITH_START_CODES = ("h264", "hevc", "mpeg1video", "mpeg2video", "mpeg4")

KNOWN_CODECS: dict[str, Callable[[bytes], Described]] = {
    "h264": _h264,
    "hevc": _hevc,
    "mjpeg": _jpeg,
    "mpeg1video": _mpeg,
    "mpeg2video": _mpeg,
    "mpeg4": _mpeg4,
    "vp8": _vp8,
}
"""Codecs in which a packet's description of its pictures can be found."""
