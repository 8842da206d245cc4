"""What an image file's first bytes say it is, and what is wrong with it when it is no image."""

from __future__ import annotations

import struct
from typing import Literal

__all__ = [
    "FORMATS",
    "Fault",
    "Format",
    "ImageFaultError",
    "exif_orientation",
    "foreign_format_of",
    "format_of",
    "suits_suffix",
]

Format = Literal["JPEG", "PNG", "WebP", "BMP", "GIF", "TIFF"]
Fault = Literal["unreadable", "empty", "damaged", "too_large", "not_an_image", "not_supported"]

FORMATS: dict[Format, frozenset[str]] = {
    "JPEG": frozenset({".jpg", ".jpeg"}),
    "PNG": frozenset({".png"}),
    "WebP": frozenset({".webp"}),
    "BMP": frozenset({".bmp"}),
    "GIF": frozenset({".gif"}),
    "TIFF": frozenset({".tif", ".tiff"}),
}
"""What is read, and the suffixes that say so."""

_FOREIGN_BRANDS = {
    b"heic": "HEIC",
    b"heix": "HEIC",
    b"heim": "HEIC",
    b"heis": "HEIC",
    b"hevc": "HEIC",
    b"mif1": "HEIC",
    b"msf1": "HEIC",
    b"avif": "AVIF",
    b"avis": "AVIF",
}
_FOREIGN_STARTS = {
    b"\x00\x00\x00\x0cjP  ": "JPEG 2000",
    b"\xff\x4f\xff\x51": "JPEG 2000",
    b"\x00\x00\x00\x0cJXL ": "JPEG XL",
    b"\xff\x0a": "JPEG XL",
    b"8BPS": "Photoshop",
    b"%PDF": "PDF",
    b"v/1\x01": "OpenEXR",
    b"PK\x03\x04": "a ZIP archive",
}
_ORIENTATION_TAG, _SHORT = 0x0112, 3


class ImageFaultError(Exception):
    """Why these bytes cannot be used as an image; whoever knows the file's path says it with it."""

    def __init__(self, fault: Fault, cause: str, *, hint: str | None = None) -> None:
        super().__init__(fault, cause, hint)
        self.fault: Fault = fault
        self.cause = cause
        self.hint = hint

    def __str__(self) -> str:
        return self.cause


def format_of(content: bytes) -> Format | None:
    """Which of the formats that are read these bytes are in, whatever the file's name says."""
    if content.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "WebP"
    if content.startswith(b"BM") and content[6:10] == b"\0\0\0\0":
        return "BMP"
    if content.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if content.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")):
        return "TIFF"
    return None


def foreign_format_of(content: bytes) -> str | None:
    """Name a format that is known and not read; None for what is no image at all."""
    if content[4:8] == b"ftyp":
        return _FOREIGN_BRANDS.get(content[8:12], "a video or another MP4 file")
    for start, name in _FOREIGN_STARTS.items():
        if content.startswith(start):
            return name
    if content[128:132] == b"DICM":
        return "DICOM"
    # Drawings can name files and addresses that a renderer would open.
    return "SVG" if b"<svg" in content[:1024] else None


def suits_suffix(found: Format, suffix: str) -> bool:
    """Whether a file in this format may have this suffix, in any letter case."""
    return suffix.casefold() in FORMATS[found]


def exif_orientation(tiff: bytes) -> int:
    """The orientation that an EXIF block asks for, 1 to 8 as in the TIFF 6.0 tag 274.

    The block is a small TIFF file. Whatever is wrong with it, the picture stays as it is: 1.
    """
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return 1
    try:
        (start,) = struct.unpack_from(f"{order}I", tiff, 4)
        (n_entries,) = struct.unpack_from(f"{order}H", tiff, start)
        for i in range(n_entries):
            entry = start + 2 + 12 * i
            tag, kind = struct.unpack_from(f"{order}HH", tiff, entry)
            if (tag, kind) == (_ORIENTATION_TAG, _SHORT):
                (value,) = struct.unpack_from(f"{order}H", tiff, entry + 8)
                return int(value) if 1 <= value <= 8 else 1
    except struct.error:
        return 1
    return 1
