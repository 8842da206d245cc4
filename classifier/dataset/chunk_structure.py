"""PNG and WebP files taken apart at their chunks, without decoding them.

What a decoder does not need is left out, so that none of it can disturb one.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from classifier.dataset.image_headers import ImageFaultError, exif_orientation

__all__ = ["ChunkedImage", "read_png_structure", "read_webp_structure"]

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_NEEDED = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
_ANIMATION_FLAG = 0x02


@dataclass(frozen=True)
class ChunkedImage:
    """What the chunks say, and the bytes that a decoder needs."""

    content: bytes
    height_px: int
    width_px: int
    orientation: int
    is_animated: bool
    n_bits: int
    """Of a channel."""


def read_png_structure(content: bytes) -> ChunkedImage:
    """Walk the chunks, check each one's CRC and keep those of the (first) picture.

    Raises:
        ImageFaultError: it is cut off, a checksum is wrong, or there is no picture.
    """
    chunks = list(_png_chunks(content))
    if chunks[0][0] != b"IHDR" or len(chunks[0][1]) != 13:
        raise ImageFaultError("damaged", "the PNG is damaged: it does not begin with its header")
    width, height, n_bits = struct.unpack_from(">IIB", chunks[0][1])
    if width == 0 or height == 0 or not any(name == b"IDAT" for name, _ in chunks):
        raise ImageFaultError("damaged", "the PNG has no picture in it")
    kept = b"".join(_png_chunk(name, body) for name, body in chunks if name in _NEEDED)
    exif = next((body for name, body in chunks if name == b"eXIf"), b"")
    return ChunkedImage(
        content=_SIGNATURE + kept,
        height_px=height,
        width_px=width,
        orientation=exif_orientation(exif),
        is_animated=any(name == b"acTL" for name, _ in chunks),
        n_bits=n_bits,
    )


def _png_chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    place, name = len(_SIGNATURE), b""
    while name != b"IEND":
        head = content[place : place + 8]
        if len(head) < 8:
            raise ImageFaultError("damaged", "the image is cut off")
        length, name = struct.unpack(">I4s", head)
        body = content[place + 8 : place + 8 + length]
        checksum = content[place + 8 + length : place + 12 + length]
        if len(checksum) < 4:
            raise ImageFaultError("damaged", "the image is cut off")
        if zlib.crc32(name + body) != int.from_bytes(checksum, "big"):
            raise ImageFaultError("damaged", "the PNG is damaged: a checksum (CRC) is wrong")
        yield name, body
        place += 12 + length


def _png_chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def read_webp_structure(content: bytes) -> ChunkedImage:
    """Read size, orientation and whether it moves from a WebP's chunks (RFC 9649).

    Raises:
        ImageFaultError: it is cut off, or has no picture.
    """
    (length,) = struct.unpack_from("<I", content, 4)
    if len(content) < length + 8:
        raise ImageFaultError("damaged", "the image is cut off")
    chunks = list(_webp_chunks(content[: length + 8]))
    size_px = next((size for size in map(_webp_size_px, chunks) if size is not None), None)
    if size_px is None:
        raise ImageFaultError("damaged", "the WebP has no picture in it")
    extended = next((body for name, body in chunks if name == b"VP8X"), b"\0")
    exif = next((body for name, body in chunks if name == b"EXIF"), b"")
    return ChunkedImage(
        content=content[: length + 8],
        height_px=size_px[0],
        width_px=size_px[1],
        # Some writers put the name before it that JPEG files have there.
        orientation=exif_orientation(exif.removeprefix(b"Exif\0\0")),
        is_animated=bool(extended[:1] and extended[0] & _ANIMATION_FLAG),
        n_bits=8,
    )


def _webp_chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = 12
    while place + 8 <= len(content):
        name, length = struct.unpack_from("<4sI", content, place)
        yield name, content[place + 8 : place + 8 + length]
        place += 8 + length + length % 2


def _webp_size_px(chunk: tuple[bytes, bytes]) -> tuple[int, int] | None:
    """(height, width) by a chunk that says it."""
    name, body = chunk
    if name == b"VP8X" and len(body) >= 10:
        return 1 + int.from_bytes(body[7:10], "little"), 1 + int.from_bytes(body[4:7], "little")
    if name == b"VP8 " and body[3:6] == b"\x9d\x01\x2a" and len(body) >= 10:
        width, height = struct.unpack_from("<HH", body, 6)
        return height & 0x3FFF, width & 0x3FFF
    if name == b"VP8L" and body[:1] == b"\x2f" and len(body) >= 5:
        bits = int.from_bytes(body[1:5], "little")
        return 1 + (bits >> 14 & 0x3FFF), 1 + (bits & 0x3FFF)
    return None
