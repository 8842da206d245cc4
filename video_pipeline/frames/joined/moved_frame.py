"""A frame of one file on the clock of a recording of several."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from video_pipeline.frames.pictures.pixels import RESIZE_RULE
from video_pipeline.frames.reader import ShownFrame

__all__ = ["MovedFrame"]


class MovedFrame:
    """Satisfies ``ShownFrame``: a part's frame with its time on the clock of the whole."""

    def __init__(self, frame: ShownFrame, pts: Fraction) -> None:
        self._frame = frame
        self._pts = pts

    @property
    def pts(self) -> Fraction:
        """Seconds from time zero of the whole."""
        return self._pts

    @property
    def is_corrupt(self) -> bool:
        """See ``ShownFrame``."""
        return self._frame.is_corrupt

    def rgb(
        self, size_px: tuple[int, int] | None = None, *, resize_rule: str = RESIZE_RULE
    ) -> NDArray[np.uint8]:
        """See ``ShownFrame``."""
        return self._frame.rgb(size_px, resize_rule=resize_rule)

    def is_of(self, frame: ShownFrame) -> bool:
        """Whether it is this frame that was moved."""
        return self._frame is frame
