"""An mp4's index looked at before FFmpeg believes it: few bytes can ask for gigabytes of memory.

FFmpeg makes an entry in memory for every sample that an index promises, and for every one that an
edit list shows once more. An index whose numbers its own file cannot hold is refused here, for no
more than a look at the headers of its boxes (ISO 14496-12).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

__all__ = ["Mp4Index", "read_mp4_index"]

_PARENTS = {
    *(b"moov", b"trak", b"edts", b"mdia", b"minf", b"dinf", b"stbl", b"udta", b"mvex"),
    *(b"moof", b"traf"),
}
_MOST_BOXES = 4000
_FEW_EDITS = 16
_MOST_ENTRIES = 2**21
"""What an index may promise unseen: 23 hours of 25 frames a second, and 150 MB in FFmpeg."""
_PER_SAMPLE_FIELDS = 0xF00
"""Flags of a fragment's run (8.8.8): what is written down for each sample."""


class _Seekable(Protocol):
    def read(self, size: int, /) -> bytes: ...
    def seek(self, offset: int, whence: int = ..., /) -> int: ...


@dataclass(frozen=True)
class Mp4Index:
    """What the boxes say, as far as their chain holds."""

    duration: Fraction | None
    """Seconds of the whole, from the movie header; None where it does not say."""
    lie: str | None
    """A promise that the file cannot keep, in words; None where there is none."""


def read_mp4_index(file: _Seekable) -> Mp4Index:
    """Look through the boxes of a file; one that is no mp4 has none, and so no lie.

    Its position is at the beginning again afterwards. Raises ``OSError`` where it cannot be read.
    """
    duration: Fraction | None = None
    lies: list[str] = []
    n_edits = n_samples = n_in_runs = 0
    size = file.seek(0, os.SEEK_END)
    for kind, body in _boxes(file, size):
        if kind == b"mvhd":
            duration = duration or _movie_duration(body)
        elif kind == b"elst":
            n_edits = max(n_edits, min(_number(body, 4), body.size // 12))
        elif kind == b"stsz":
            sample_bytes, n = _number(body, 4), _number(body, 8)
            n_samples = max(n_samples, n)
            if n > _MOST_ENTRIES and sample_bytes * n > size:
                lies.append(f"{n} samples of {sample_bytes} bytes")
        elif kind == b"trun" and not _number(body, 0) & _PER_SAMPLE_FIELDS:
            n_in_runs = max(n_in_runs, _number(body, 4))
    file.seek(0)
    if n_edits > _FEW_EDITS and n_edits * n_samples > _MOST_ENTRIES:
        lies.append(f"{n_edits} edits of {n_samples} samples")
    if n_in_runs > _MOST_ENTRIES:
        lies.append(f"{n_in_runs} samples in one fragment")
    return Mp4Index(duration, lies[0] if lies else None)


@dataclass(frozen=True)
class _Body:
    head: bytes
    """Its first bytes."""
    size: int


def _boxes(file: _Seekable, size: int) -> Iterator[tuple[bytes, _Body]]:
    """Each box that holds no others, in the order of the file; those that do are entered."""
    levels = [(0, size)]
    for _ in range(_MOST_BOXES):
        while levels and levels[-1][0] + 8 > levels[-1][1]:
            levels.pop()
        if not levels:
            return
        at, end = levels.pop()
        file.seek(at)
        head = file.read(48)
        length, kind, body = int.from_bytes(head[:4], "big"), head[4:8], 8
        if length == 1:
            length, body = int.from_bytes(head[8:16], "big"), 16
        elif length == 0:
            length = end - at
        if length < body:
            continue
        stop = min(at + length, end)
        levels.append((stop, end))
        if kind in _PARENTS:
            levels.append((at + body, stop))
        else:
            yield kind, _Body(head[body:], stop - at - body)


def _movie_duration(body: _Body) -> Fraction | None:
    is_long = body.head[:1] == b"\x01"
    scale = _number(body, 20 if is_long else 12)
    length = _number(body, 24, 8) if is_long else _number(body, 16)
    is_unknown = length in (0, 2**32 - 1, 2**64 - 1)
    return None if is_unknown or scale == 0 else Fraction(length, scale)


def _number(body: _Body, at: int, size: int = 4) -> int:
    return int.from_bytes(body.head[at : at + size], "big")
