"""Subtitle times: ``h:mm:ss.mmm`` as WebVTT and SubRip write them."""

from __future__ import annotations

__all__ = ["clock"]


def clock(time_ms: int, *, separator: str) -> str:
    """``01:02:03.456``; the separator stands before the milliseconds."""
    seconds, milliseconds = divmod(time_ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{separator}{milliseconds:03}"
