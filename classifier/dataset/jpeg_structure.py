"""A JPEG file taken apart at its markers, without decoding it (ITU-T T.81, annex B).

What a decoder does not need (EXIF, thumbnails, colour profiles, comments, second pictures) is left
out, so that none of it can disturb one; and it is known where the picture's data must end.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from typing import IO

from classifier.dataset.image_headers import ImageFaultError, exif_orientation

__all__ = ["JpegStructure", "WatchedBytes", "read_jpeg_structure"]

_SOI, _EOI, _SOS, _DRI, _APP0, _APP1, _APP14, _COMMENT = (
    0xD8,
    0xD9,
    0xDA,
    0xDD,
    0xE0,
    0xE1,
    0xEE,
    0xFE,
)
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SEQUENTIAL = frozenset({0xC0, 0xC1})
_HUFFMAN = _SEQUENTIAL | {0xC2}

_PADDING = b"\xff\x00" * 8
"""Ones, which no Huffman code consists of: as much as libjpeg-turbo reads ahead of its need."""


@dataclass(frozen=True)
class JpegStructure:
    """What the markers say, and the bytes that a decoder needs."""

    content: bytes
    height_px: int
    width_px: int
    orientation: int
    """As EXIF asks for, 1 to 8."""
    frame: int
    """The marker of its frame: which kind of JPEG it is."""
    n_scans: int
    has_restarts: bool
    last_data: int
    """Where in ``content`` the last byte of the last scan's data lies that is not 0."""
    end: int
    """Where that data ends in ``content``."""

    @property
    def tells_its_end(self) -> bool:
        """Whether a decoder is done with the picture exactly where its only scan ends."""
        return self.n_scans == 1 and self.frame in _SEQUENTIAL

    @property
    def hides_damage(self) -> bool:
        """Whether damaged data may still end where it should: several scans, or restarts."""
        return (self.n_scans > 1 or self.has_restarts) and self.frame in _HUFFMAN


class WatchedBytes(io.BytesIO):
    """A JPEG that notices whether its decoder needed the last byte of the data, and no more.

    libjpeg decodes damaged data to the end and only warns, which nobody hears. But Huffman codes
    that are wrong somewhere seldom end where they should: either the picture is complete before
    the data are used up, or the data are used up before it is complete. So the last byte is given
    only when it is asked for, and behind it nothing but a little padding: a decoder that wants
    more finds the file cut off.
    """

    def __init__(self, structure: JpegStructure) -> None:
        super().__init__(structure.content[: structure.last_data])
        self._rest = structure.content[structure.last_data : structure.end] + _PADDING
        self.asked_for_all = False

    def read(self, size: int | None = -1, /) -> bytes:
        """Read as from any file; at the end of all but the last byte, that one with padding."""
        found = super().read(size)
        if found or size == 0 or self.asked_for_all:
            return found
        self.asked_for_all = True
        return self._rest


def read_jpeg_structure(content: bytes) -> JpegStructure:
    """Walk the markers from the first to the end of the picture; what follows is not looked at.

    Raises:
        ImageFaultError: it is cut off, or a marker is not where it must be.
    """
    walk = _Walk(content)
    try:
        walk.run()
    except (struct.error, IndexError) as error:
        raise _cut_off() from error
    if walk.size_px is None or walk.n_scans == 0:
        raise ImageFaultError("damaged", "the JPEG has no picture in it")
    kept = walk.kept.getvalue()
    return JpegStructure(
        content=kept,
        height_px=walk.size_px[0],
        width_px=walk.size_px[1],
        orientation=walk.orientation,
        frame=walk.frame,
        n_scans=walk.n_scans,
        has_restarts=walk.has_restarts,
        last_data=len(kept[: walk.end].rstrip(b"\0")) - 1,
        end=walk.end,
    )


class _Walk:
    """The state of one walk over the markers."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.kept: io.BytesIO = io.BytesIO()
        self.size_px: tuple[int, int] | None = None
        self.orientation = 1
        self.frame = 0
        self.n_scans = 0
        self.has_restarts = False
        self.end = 0
        self._place = 2

    def run(self) -> None:
        self.kept.write(bytes((0xFF, _SOI)))
        while (marker := self._next_marker()) != _EOI:
            if marker == 0x01 or 0xD0 <= marker <= 0xD8:
                continue
            self._take(marker, self._segment())
        self.kept.write(bytes((0xFF, _EOI)))

    def _next_marker(self) -> int:
        if self.content[self._place] != 0xFF:
            raise ImageFaultError("damaged", "the JPEG is damaged: a marker is missing")
        while self.content[self._place] == 0xFF:
            self._place += 1
        self._place += 1
        return self.content[self._place - 1]

    def _segment(self) -> bytes:
        (length,) = struct.unpack_from(">H", self.content, self._place)
        body = self.content[self._place + 2 : self._place + length]
        if length < 2 or len(body) != length - 2:
            raise _cut_off()
        self._place += length
        return body

    def _take(self, marker: int, body: bytes) -> None:
        if marker == _APP1 and body.startswith(b"Exif\0\0"):
            self.orientation = exif_orientation(body[6:])
        if marker in _FRAMES:
            height, width = struct.unpack_from(">HH", body, 1)
            if self.size_px is not None or height == 0 or width == 0:
                raise ImageFaultError("damaged", "the JPEG is damaged: it has no size, or two")
            self.size_px, self.frame = (height, width), marker
        if marker == _DRI:
            self.has_restarts |= struct.unpack_from(">H", body)[0] != 0
        if _is_needed(marker, body):
            _write(self.kept, marker, body)
        if marker == _SOS:
            self._take_scan()

    def _take_scan(self) -> None:
        end = _end_of_scan(self.content, self._place)
        self.kept.write(self.content[self._place : end])
        self._place, self.end = end, self.kept.tell()
        self.n_scans += 1


def _end_of_scan(content: bytes, place: int) -> int:
    """Where the marker after a scan's data begins.

    In the data, 0xFF is followed by 0x00, or is a restart with 0xD0 to 0xD7.
    """
    while (place := content.find(b"\xff", place)) >= 0:
        after = place + 1
        while content[after] == 0xFF:
            after += 1
        if content[after] != 0x00 and not 0xD0 <= content[after] <= 0xD7:
            return place
        place = after + 1
    raise _cut_off()


def _is_needed(marker: int, body: bytes) -> bool:
    """Whether a decoder needs the segment: all but what only applications read.

    Two of those say how colours are coded: JFIF's and Adobe's.
    """
    if 0xE0 <= marker <= 0xEF:
        start = {_APP0: b"JFIF\0", _APP14: b"Adobe"}.get(marker)
        return start is not None and body.startswith(start)
    return marker != _COMMENT


def _write(file: IO[bytes], marker: int, body: bytes) -> None:
    file.write(bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body)


def _cut_off() -> ImageFaultError:
    return ImageFaultError("damaged", "the image is cut off")
