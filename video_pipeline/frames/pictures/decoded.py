"""Decoded frames with those beside them, which deinterlacing needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from av.video.frame import VideoFrame

__all__ = ["DecodedPicture", "picture_of", "with_neighbours"]


@dataclass(frozen=True, eq=False)
class DecodedPicture:
    """A frame, and those shown before and after it where it is interlaced."""

    frame: VideoFrame
    before: VideoFrame | None = None
    after: VideoFrame | None = None


def with_neighbours(
    frames: Iterable[tuple[Fraction, VideoFrame]],
) -> Iterator[tuple[Fraction, DecodedPicture]]:
    """Give each interlaced frame those before and after it; frames come timed and in order."""
    before: VideoFrame | None = None
    current: tuple[Fraction, VideoFrame] | None = None
    for following in frames:
        if current is not None:
            yield current[0], picture_of(before, current[1], following[1])
            before = current[1]
        current = following
    if current is not None:
        yield current[0], picture_of(before, current[1], None)


def picture_of(
    before: VideoFrame | None, frame: VideoFrame, after: VideoFrame | None
) -> DecodedPicture:
    """A frame, with its neighbours where it is interlaced and without them elsewhere."""
    return DecodedPicture(frame, before, after) if frame.interlaced_frame else DecodedPicture(frame)
