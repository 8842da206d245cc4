"""What a hostile file must do to a reader, and the bytes that makers of such files share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tests.support.clips import steady, write_clip

__all__ = ["HostileFile", "Maker", "clip", "find", "insert", "number", "put"]

Verdict = Literal["REJECT", "PARTIAL", "OK_WARN", "OK"]

N_FRAMES = 50


@dataclass(frozen=True)
class HostileFile:
    """One file and the truth about it, as far as its maker knows it."""

    path: Path
    verdict: Verdict
    """``OK`` has no warning at all, ``PARTIAL`` a loss that the report owns up to."""
    says: str = ""
    """Found in the cause of a refusal, or in one of the warnings."""
    n_shown: int | None = None
    """Frames that the recording shows, where that is certain."""
    n_rows: int | None = None
    """Seconds of its timeline."""
    first: int | None = 0
    """The number on display at t s is ``first`` + 25 t; None where the maker cannot know."""


Maker = Callable[[Path], HostileFile]


def clip(path: Path, **how: Any) -> Path:
    """Two seconds of numbers 0 to 49 at 25 a second, with a key frame every ten."""
    how = {"gop": 10, "b_frames": 0, **how}
    return write_clip(path, steady(N_FRAMES), **how)


def find(path: Path, mark: bytes, *, nth: int = 0) -> int:
    """Where ``mark`` begins in a file, the ``nth`` time that it occurs."""
    data, at = path.read_bytes(), -1
    for _ in range(nth + 1):
        at = data.index(mark, at + 1)
    return at


def put(path: Path, mark: bytes, offset: int, new: bytes, *, nth: int = 0) -> Path:
    """Overwrite bytes ``offset`` behind the beginning of ``mark``."""
    data = bytearray(path.read_bytes())
    at = find(path, mark, nth=nth) + offset
    data[at : at + len(new)] = new
    path.write_bytes(data)
    return path


def insert(path: Path, at: int, new: bytes) -> Path:
    """Put bytes between others; what lies behind them moves."""
    data = path.read_bytes()
    path.write_bytes(data[:at] + new + data[at:])
    return path


def number(value: int, size: int = 4) -> bytes:
    """Big-endian, as boxes, Matroska and transport streams write their numbers."""
    return value.to_bytes(size, "big", signed=value < 0)
