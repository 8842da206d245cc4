"""What a file is that turned out to be no readable video: the cause and the way out, in words.

Only asked after FFmpeg has refused a file, so it may be brief and need not be sure.
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

__all__ = ["explain_unreadable"]

_COPY_AGAIN = "copy it again from the recorder"
_ARCHIVES = (
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"\xfd7zXZ",
    b"7z\xbc\xaf",
    b"Rar!",
    b"BZh",
    b"\x28\xb5\x2f\xfd",
)
_STILL_IMAGES = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"BM", b"II*\0", b"MM\0*")
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_TOP_LEVEL_BOXES = 1000
_HEAD_BYTES = 4096


def explain_unreadable(path: Path) -> tuple[str, str | None]:
    """Cause and hint for a file that holds no video container that is allowed here."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
        if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free"):
            return _explain_mp4(file, path.stat().st_size)
    if head.startswith(_STILL_IMAGES) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP"):
        return "a still image, not a video", "give the recording itself"
    if head.startswith(b"\x1aE\xdf\xa3"):
        return "the recording ends behind its header: it holds no frames", _COPY_AGAIN
    if head.startswith(_ARCHIVES):
        return "not a video container: the file is a packed archive", "unpack it first"
    if not head.strip(b"\0"):
        return "nothing was ever written into this file: it holds only zeros", _COPY_AGAIN
    if _is_text(head):
        return "not a video container: the file is text", "give the recording itself"
    return "not a video container that is known here", "mp4, mkv, avi, mpg, ts, wmv, ... are"


def _explain_mp4(file: BinaryIO, size: int) -> tuple[str, str | None]:
    boxes = _top_level_boxes(file, size)
    unfinished = "let the recorder finish or repair the recording"
    if b"moov" not in boxes:
        return "the recording was never finished: its index (moov) is missing", unfinished
    if boxes[b"moov"] > size:
        return "the recording is cut off in its index (moov)", _COPY_AGAIN
    return "its index (moov) is damaged", unfinished


def _top_level_boxes(file: BinaryIO, size: int) -> dict[bytes, int]:
    """Where each kind of box ends (ISO 14496-12, 4.2), as far as the chain of boxes holds."""
    ends: dict[bytes, int] = {}
    at = 0
    for _ in range(_TOP_LEVEL_BOXES):
        file.seek(at)
        header = file.read(16)
        if len(header) < 8:
            break
        length = int.from_bytes(header[:4], "big")
        if length == 1:
            length = int.from_bytes(header[8:16], "big")
        elif length == 0:
            length = size - at
        if length < 8:
            break
        at += length
        ends[header[4:8]] = at
        if at >= size:  # and no file can be asked what lies beyond 2^63
            break
    return ends


def _is_text(head: bytes) -> bool:
    if head.startswith(_UTF_16):
        return True
    control = sum(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in head)
    return control == 0
