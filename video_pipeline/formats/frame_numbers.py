"""Milliseconds as numbers of frames at a constant rate: the first frame is 1, both ends belong.

Label Studio counts so: its player begins at frame 1, a click makes ``{"start": n, "end": n}``, and
its own converter takes ``[start - 1, end)`` out of an array of frames.
"""

from __future__ import annotations

from fractions import Fraction

__all__ = ["end_ms_of", "frames_of", "start_ms_of"]


def frames_of(start_ms: int, end_ms: int, rate_hz: Fraction) -> tuple[int, int]:
    """First and last frame of [start, end): at least one."""
    start = round(start_ms * rate_hz / 1000) + 1
    return start, max(start, round(end_ms * rate_hz / 1000))


def start_ms_of(frame: int, rate_hz: Fraction) -> int:
    """When a stretch begins whose first frame it is."""
    return round(1000 * (frame - 1) / rate_hz)


def end_ms_of(frame: int, rate_hz: Fraction) -> int:
    """When a stretch ends whose last frame it is."""
    return round(1000 * frame / rate_hz)
