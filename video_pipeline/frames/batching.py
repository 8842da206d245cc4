"""Samples made into batches of RGB images: each frame converted once, and let go."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from video_pipeline.frames.pictures.field_of_view import FieldOfView
from video_pipeline.frames.pictures.pixels import RESIZE_RULE, RESIZE_RULES, resize_rgb
from video_pipeline.frames.reader import Sample, ShownFrame
from video_pipeline.records import FrameBatch

__all__ = ["Batching"]


@dataclass(frozen=True)
class Batching:
    """How frames become images, and images batches."""

    size_px: tuple[int, int] | None = (224, 224)
    """(height, width); None for the displayed size: a batch ends early where that changes."""
    batch_size: int = 32
    """Images of a batch, at most."""
    resize_rule: str = RESIZE_RULE
    field_of_view: FieldOfView | None = None
    """What pictures are cropped to: cut out of the full one, then resized."""

    def __post_init__(self) -> None:
        if self.resize_rule not in RESIZE_RULES:
            raise ValueError(f"a resize rule is one of {RESIZE_RULES}, got {self.resize_rule!r}")
        if self.size_px is not None and min(self.size_px) < 1:
            raise ValueError(f"a size is (height, width), both at least 1 px, got {self.size_px}")
        if self.batch_size < 1:
            raise ValueError(f"a batch holds at least one image, got batch_size={self.batch_size}")

    def batches(self, samples: Iterable[Sample]) -> Iterator[FrameBatch]:
        """All samples, in order, in memory bounded by one batch."""
        batch: list[_Image] = []
        for image in self._images(samples):
            if len(batch) == self.batch_size or (
                batch and batch[0].pixels.shape != image.pixels.shape
            ):
                yield _batch_of(batch)
                batch = []
            batch.append(image)
        if batch:
            yield _batch_of(batch)

    def _images(self, samples: Iterable[Sample]) -> Iterator[_Image]:
        frame: ShownFrame | None = None
        for sample in samples:
            if sample.frame is not frame:
                frame = sample.frame
                pixels, pts_s = self._image_of(frame), float(frame.pts)
            yield _Image(float(sample.time), pts_s, pixels)

    def _image_of(self, frame: ShownFrame) -> NDArray[np.uint8]:
        if self.field_of_view is None:
            return frame.rgb(self.size_px, resize_rule=self.resize_rule)
        cropped = self.field_of_view.crop(frame.rgb())
        if self.size_px is None:
            return cropped
        return resize_rgb(cropped, self.size_px, self.resize_rule)


@dataclass(frozen=True, eq=False)
class _Image:
    """What stays of a sample: decoded frames are large, and a batch would hold many."""

    time_s: float
    pts_s: float
    pixels: NDArray[np.uint8]


def _batch_of(images: list[_Image]) -> FrameBatch:
    return FrameBatch(
        images=np.stack([image.pixels for image in images]),
        times_s=np.array([image.time_s for image in images], dtype=np.float64),
        pts_s=np.array([image.pts_s for image in images], dtype=np.float64),
    )
