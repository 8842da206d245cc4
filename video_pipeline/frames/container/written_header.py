"""What a header says in its own bytes, where FFmpeg puts it right and does not tell.

FFmpeg takes an mp4's length from its index, an FLV's from its last frame and an AVI's missing frame
rate from elsewhere: rightly so, but a header that says something else is worth a word.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from av.container import InputContainer

from video_pipeline.frames.container.mp4_index import read_mp4_index

__all__ = ["WrittenHeader", "read_written_header"]

_HEAD_BYTES = 4096
_AMF_NUMBER = 0
_LONGEST_S = 10**9


@dataclass(frozen=True)
class WrittenHeader:
    """What is known of it; nothing where there is no file of its own (DICOM)."""

    duration: Fraction | None = None
    """Seconds of the whole recording, sound included; None where that was not looked up."""
    lacks_duration: bool = False
    """Whether the place for the length is empty."""
    counts_frames: bool = False
    """Whether frames have no times, and no frame rate that was meant as one."""


def read_written_header(container: InputContainer) -> WrittenHeader:
    """Look up what a container's file says itself."""
    if container.file is not None:
        return WrittenHeader()
    path = Path(container.name.removeprefix("file:"))
    kind = container.format.name
    try:
        with path.open("rb", buffering=0) as file:
            if kind.startswith("mov,"):
                return WrittenHeader(duration=read_mp4_index(file).duration)
            head = file.read(_HEAD_BYTES)
    except OSError:
        return WrittenHeader()
    if kind == "flv":
        duration = _script_duration(head)
        return WrittenHeader(duration=duration, lacks_duration=duration is None)
    return WrittenHeader(counts_frames=kind == "ivf" or (kind == "avi" and _lacks_rate(head)))


def _script_duration(head: bytes) -> Fraction | None:
    """The number named ``duration`` in FLV script data (AMF 0, 2.2)."""
    at = head.find(b"\0\x08duration") + 10
    if at < 10 or len(head) < at + 9 or head[at] != _AMF_NUMBER:
        return None
    (seconds,) = struct.unpack_from(">d", head, at + 1)
    if not (math.isfinite(seconds) and seconds > 0):
        return None
    return Fraction(min(seconds, _LONGEST_S))


def _lacks_rate(head: bytes) -> bool:
    """Whether the first video stream's header (AVISTREAMHEADER) has a rate of 0 or 0 as unit."""
    at = head.find(b"strh")
    while at >= 0 and head[at + 8 : at + 12] != b"vids":
        at = head.find(b"strh", at + 4)
    if at < 0 or len(head) < at + 36:
        return False
    return 0 in struct.unpack_from("<II", head, at + 8 + 20)
