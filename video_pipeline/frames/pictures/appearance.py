"""What a decoded picture looks like from outside: whatever a recording may change on its way."""

from __future__ import annotations

from dataclasses import dataclass

from av.video.frame import VideoFrame

__all__ = ["Appearance"]


@dataclass(frozen=True)
class Appearance:
    """Of one decoded picture."""

    width_px: int
    """As stored, before it is turned upright."""
    height_px: int
    pixel_format: str
    is_interlaced: bool

    @classmethod
    def of(cls, frame: VideoFrame) -> Appearance:
        """As its decoder says."""
        return cls(frame.width, frame.height, frame.format.name, bool(frame.interlaced_frame))
