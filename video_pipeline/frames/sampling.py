"""The frames on display at the sampling times of a recording, in batches of RGB images."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from video_pipeline.frames.joined.joined_reader import JoinedReader
from video_pipeline.frames.pictures.field_of_view import FieldOfView
from video_pipeline.frames.pictures.pixels import RESIZE_RULE, RESIZE_RULES, resize_rgb
from video_pipeline.frames.pyav_reader import PyAvReader
from video_pipeline.frames.reader import DecodeReport, ShownFrame, VideoReader
from video_pipeline.frames.sampling_times import RegularTimes, SamplingTimes, exact_rate
from video_pipeline.records import FrameBatch

__all__ = [
    "DECODERS",
    "FrameSampler",
    "OneOrMorePaths",
    "SamplingReport",
    "open_video",
    "sample_frames",
]

DECODERS = ("pyav", "opencv")

OneOrMorePaths = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]
"""A recording: one file, or the files of one operation in the order of their time."""


@dataclass(frozen=True)
class SamplingReport(DecodeReport):
    """What became of a recording, from its first frame to its last."""

    n_sampled: int
    """Samples given; a frame that was on display at two sampling times counts twice."""


class FrameSampler:
    """Samples a reader's frames once, in memory bounded by one batch.

    Images are uint8 RGB of ``size_px`` (height, width), or of the displayed size where it is None;
    a batch then ends early where that size changes. Each frame is converted at most once.
    """

    def __init__(
        self,
        reader: VideoReader,
        *,
        times: SamplingTimes | None = None,
        size_px: tuple[int, int] | None = (224, 224),
        batch_size: int = 32,
        resize_rule: str = RESIZE_RULE,
        field_of_view: FieldOfView | None = None,
    ) -> None:
        """``times``: None for one frame a second. ``field_of_view``: what pictures are cropped to.

        A cropped picture is cut out of the full one, then resized.
        """
        if resize_rule not in RESIZE_RULES:
            raise ValueError(f"a resize rule is one of {RESIZE_RULES}, got {resize_rule!r}")
        self._resize_rule = resize_rule
        self._field_of_view = field_of_view
        self._reader = reader
        self._times = times if times is not None else RegularTimes()
        self._size_px = _checked_size(size_px)
        self._batch_size = batch_size
        if batch_size < 1:
            raise ValueError(f"a batch holds at least one image, got batch_size={batch_size}")
        self._n_sampled = 0
        self._is_exhausted = False

    @property
    def position_s(self) -> float:
        """How far the recording has been read, a few frames ahead of what was sampled."""
        return self._reader.position_s

    @property
    def report(self) -> SamplingReport:
        """What became of the recording; ``RuntimeError`` before the last batch was taken."""
        if not self._is_exhausted:
            raise RuntimeError("the report is known only when every frame has been sampled")
        report = self._reader.report
        known = {field.name: getattr(report, field.name) for field in fields(DecodeReport)}
        return SamplingReport(**known, n_sampled=self._n_sampled)

    def __iter__(self) -> Iterator[FrameBatch]:
        batch: list[_Image] = []
        for image in self._images():
            if len(batch) == self._batch_size or (
                batch and batch[0].pixels.shape != image.pixels.shape
            ):
                yield _batch_of(batch)
                batch = []
            batch.append(image)
            self._n_sampled += 1
        if batch:
            yield _batch_of(batch)
        self._is_exhausted = True

    def _images(self) -> Iterator[_Image]:
        frame: ShownFrame | None = None
        for sample in self._reader.samples(self._times):
            if sample.frame is not frame:
                frame = sample.frame
                pixels, pts_s = self._image_of(frame), float(frame.pts)
            yield _Image(float(sample.time), pts_s, pixels)

    def _image_of(self, frame: ShownFrame) -> NDArray[np.uint8]:
        if self._field_of_view is None:
            return frame.rgb(self._size_px, resize_rule=self._resize_rule)
        cropped = self._field_of_view.crop(frame.rgb())
        if self._size_px is None:
            return cropped
        return resize_rgb(cropped, self._size_px, self._resize_rule)


def open_video(
    path: OneOrMorePaths,
    *,
    n_threads: int = 0,
    decoder: str = "pyav",
    stream: int | None = None,
    part_names: Sequence[str] | None = None,
) -> VideoReader:
    """Open a recording for one pass; ``n_threads`` decoder threads, 0: as many as help.

    ``decoder``: ``pyav``, or ``opencv``, which refuses what it would get wrong. ``stream``: which
    of a file's video streams, from 0; None for the one with the largest picture.
    Several paths, in the order of their time, are read as one recording (``JoinedReader``), whose
    report calls them by ``part_names`` or, without, by their own names.

    Raises ``RecordingError`` where a file is no recording or has not one frame to show.
    """
    if decoder not in DECODERS:
        raise ValueError(f"a decoder is one of {DECODERS}, got {decoder!r}")
    if decoder == "opencv" and stream is not None:
        raise ValueError("OpenCV reads the first video stream only: choose one with PyAV")
    if not isinstance(path, str | os.PathLike):

        def open_part(part: str | os.PathLike[str]) -> VideoReader:
            return open_video(part, n_threads=n_threads, decoder=decoder, stream=stream)

        if len(path) == 1:
            return open_part(path[0])
        return JoinedReader(path, open_part, part_names=part_names)
    if decoder == "opencv":
        # Imported here, because it changes what OpenCV's FFmpeg writes to the terminal.
        from video_pipeline.frames.opencv.opencv_reader import OpenCvReader

        return OpenCvReader(path, n_threads=n_threads)
    return PyAvReader(path, n_threads=n_threads, stream=stream)


def sample_frames(
    path: OneOrMorePaths,
    *,
    rate_hz: float | Fraction = 1.0,
    size_px: tuple[int, int] | None = (224, 224),
    batch_size: int = 32,
    resize_rule: str = RESIZE_RULE,
) -> Iterator[FrameBatch]:
    """The frame on display at each k / ``rate_hz`` s, as batches; see ``FrameSampler``.

    Wrong arguments raise ``ValueError`` and unreadable recordings ``RecordingError`` at once, not
    with the first batch. Files are closed when the iterator ends.
    """
    times = RegularTimes(exact_rate(rate_hz))
    reader = open_video(path)
    try:
        sampler = FrameSampler(
            reader,
            times=times,
            size_px=size_px,
            batch_size=batch_size,
            resize_rule=resize_rule,
        )
    except ValueError:
        reader.close()
        raise
    return _until_closed(reader, sampler)


def _until_closed(reader: VideoReader, sampler: FrameSampler) -> Iterator[FrameBatch]:
    with reader:
        yield from sampler


def _checked_size(size_px: tuple[int, int] | None) -> tuple[int, int] | None:
    if size_px is not None and (min(size_px) < 1):
        raise ValueError(f"a size is (height, width), both at least 1 px, got {size_px}")
    return size_px


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
