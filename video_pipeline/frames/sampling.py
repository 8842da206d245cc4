"""The frames on display at the sampling times of a recording, in batches of RGB images."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from fractions import Fraction

from video_pipeline.frames.batching import Batching
from video_pipeline.frames.joined.joined_reader import JoinedReader
from video_pipeline.frames.pictures.field_of_view import FieldOfView
from video_pipeline.frames.pictures.pixels import RESIZE_RULE
from video_pipeline.frames.pyav_reader import PyAvReader
from video_pipeline.frames.reader import DecodeReport, VideoReader
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

    @classmethod
    def of(cls, report: DecodeReport, *, n_sampled: int) -> SamplingReport:
        """A reader's report, with the number of samples."""
        known = {field.name: getattr(report, field.name) for field in fields(DecodeReport)}
        return cls(**known, n_sampled=n_sampled)


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
        self._reader = reader
        self._times = times if times is not None else RegularTimes()
        self._batching = Batching(size_px, batch_size, resize_rule, field_of_view)
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
        return SamplingReport.of(self._reader.report, n_sampled=self._n_sampled)

    def __iter__(self) -> Iterator[FrameBatch]:
        for batch in self._batching.batches(self._reader.samples(self._times)):
            self._n_sampled += len(batch)
            yield batch
        self._is_exhausted = True


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
