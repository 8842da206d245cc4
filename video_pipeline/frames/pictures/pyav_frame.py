"""One frame as PyAV decoded it, made into an upright RGB picture when it is asked for."""

from __future__ import annotations

import os
from collections.abc import Iterable
from fractions import Fraction
from typing import cast

import av
import numpy as np
from av.sidedata.sidedata import SideData
from av.sidedata.sidedata import Type as SideDataType
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from video_pipeline.errors import RecordingError
from video_pipeline.frames.pictures.decoded import DecodedPicture
from video_pipeline.frames.pictures.deinterlacing import deinterlace
from video_pipeline.frames.pictures.orientation import (
    UPRIGHT,
    Orientation,
    orientation_of_matrix,
    orientation_of_rotation,
)
from video_pipeline.frames.pictures.pixels import (
    FAST_RESIZE_RULE,
    RESIZE_RULE,
    RESIZE_RULES,
    RgbConverter,
    resize_rgb,
)

__all__ = ["FrameMaker", "Orientations", "PyAvFrame"]


class PyAvFrame:
    """Satisfies ``ShownFrame``; see there for what it promises."""

    def __init__(self, picture: DecodedPicture, pts: Fraction, maker: FrameMaker) -> None:
        self._frame = picture.frame
        self._picture = picture
        self._pts = pts
        self._maker = maker

    @property
    def pts(self) -> Fraction:
        """Seconds from time zero, exact."""
        return self._pts

    @property
    def raw_pts(self) -> int | None:
        """The container's own timestamp."""
        return self._frame.pts

    @property
    def is_interlaced(self) -> bool:
        """Whether it was made of two fields."""
        return self._frame.interlaced_frame

    @property
    def is_corrupt(self) -> bool:
        """Whether FFmpeg decoded it with errors."""
        return self._frame.is_corrupt

    @property
    def size_px(self) -> tuple[int, int]:
        """(height, width) as displayed: turned, and wide pixels made square by widening."""
        height, width = self._frame.height, self._frame.width
        width = max(1, round(width * self._maker.pixel_aspect))
        return (width, height) if self.orientation.is_transposed else (height, width)

    def rgb(
        self, size_px: tuple[int, int] | None = None, *, resize_rule: str = RESIZE_RULE
    ) -> NDArray[np.uint8]:
        """(height, width, 3) RGB as displayed, or squeezed into ``size_px`` (height, width)."""
        if size_px is not None and resize_rule not in RESIZE_RULES:
            raise ValueError(f"a resize rule is one of {RESIZE_RULES}, got {resize_rule!r}")
        try:
            if size_px is not None and resize_rule == FAST_RESIZE_RULE:
                return self._small(size_px)
            stored = self._maker.converter.rgb(self._whole_picture())
        except av.FFmpegError as error:
            name = self._frame.format.name
            raise RecordingError(
                self._maker.path, f"its pixel format {name} cannot be converted to RGB"
            ) from error
        upright = self.orientation.apply(stored)
        return resize_rgb(upright, self.size_px if size_px is None else size_px)

    def _small(self, size_px: tuple[int, int]) -> NDArray[np.uint8]:
        """Squeezed first and turned then, which is the same and costs less."""
        height, width = size_px
        stored_px = (width, height) if self.orientation.is_transposed else (height, width)
        return self.orientation.apply(
            self._maker.converter.small_rgb(self._whole_picture(), stored_px)
        )

    def _whole_picture(self) -> VideoFrame:
        """The frame, deinterlaced where it has to be."""
        if not self._frame.interlaced_frame:
            return self._frame
        return deinterlace(self._picture.before, self._frame, self._picture.after)

    @property
    def orientation(self) -> Orientation:
        """How the stored picture is turned and mirrored to be displayed."""
        return self._maker.orientations.of(self._frame)


class FrameMaker:
    """Makes the frames of one recording, and holds what they have in common."""

    def __init__(
        self,
        path: str | os.PathLike[str],
        pixel_aspect: Fraction,
        orientations: Orientations | None = None,
    ) -> None:
        """``orientations``: what is known of them from frames that were seen elsewhere."""
        self.path = path
        self.pixel_aspect = pixel_aspect
        self.orientations = orientations or Orientations()
        self.converter = RgbConverter()

    def frame(self, pts: Fraction, picture: DecodedPicture) -> PyAvFrame:
        """A decoded picture that is shown from ``pts`` seconds on."""
        return PyAvFrame(picture, pts, self)


class Orientations:
    """What the display matrices of one recording say.

    A frame whose side data were looked at is not freed before Python's garbage collector comes by,
    which may be a hundred pictures later. So one frame of each angle is looked at, and a matrix
    that changes in mid-stream is noticed if its angle does.
    """

    def __init__(self) -> None:
        self._by_angle: dict[int, Orientation] = {}

    def of(self, frame: VideoFrame) -> Orientation:
        """How a frame is turned and mirrored to be displayed."""
        angle = frame.rotation
        if angle not in self._by_angle:
            self._by_angle[angle] = _orientation_of(frame)
        return self._by_angle[angle]


def _orientation_of(frame: VideoFrame) -> Orientation:
    try:
        # The stubs call this a dict; it is a mapping by type that iterates over its values.
        all_data = cast("Iterable[SideData]", frame.side_data)
        found = [bytes(d) for d in all_data if d.type == SideDataType.DISPLAYMATRIX]
    except ValueError:
        # PyAV refuses all side data of a frame where there is one kind that it has no name for.
        return orientation_of_rotation(frame.rotation)
    return orientation_of_matrix(found[0]) if found else UPRIGHT
