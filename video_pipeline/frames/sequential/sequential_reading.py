"""One recording read frame by frame, from first packet to last, whatever is odd about it."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from fractions import Fraction
from itertools import islice

from av.video.frame import VideoFrame

from video_pipeline.errors import RecordingError
from video_pipeline.frames.container.decoders import new_decoder
from video_pipeline.frames.container.demuxing import PacketSource
from video_pipeline.frames.container.findings import Findings
from video_pipeline.frames.container.header import Header, read_header
from video_pipeline.frames.container.opening import (
    StreamId,
    is_cut_short,
    open_container,
    video_stream,
)
from video_pipeline.frames.on_display import Display
from video_pipeline.frames.pictures.appearance import Appearance
from video_pipeline.frames.pictures.decoded import DecodedPicture, with_neighbours
from video_pipeline.frames.reader import DecodeReport
from video_pipeline.frames.sequential.clock import PresentationClock, in_rising_order
from video_pipeline.frames.sequential.decoding import PacketDecoder
from video_pipeline.frames.sequential.reading_log import ReadingLog

__all__ = ["SequentialReading", "TimedPicture"]

_LONGEST_RECORDING = Fraction(7 * 24 * 3600)
"""Seconds; a broken clock must not make a timeline of millions of rows."""

TimedPicture = tuple[Fraction, DecodedPicture]
"""When a picture is first shown, in seconds from time zero, and the picture."""


class SequentialReading:
    """Opens a file and decodes up to its first shown frame; then, if asked, all the others.

    Only the first frame's pixels prove that there is a video at all, and say which way up it is and
    where time zero lies.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        stream: int | None,
        n_threads: int,
        findings: Findings,
    ) -> None:
        """Open ``path``; raises ``RecordingError`` where it has not one frame to show."""
        self._path = os.fspath(path)
        self._container = open_container(path)
        self._pictures: Generator[TimedPicture, None, None] | None = None
        self._first: list[TimedPicture] = []
        try:
            self._open(stream, n_threads, findings)
        except BaseException:
            self.close()
            raise

    def _open(self, wanted_stream: int | None, n_threads: int, findings: Findings) -> None:
        stream = video_stream(self._path, self._container, findings, wanted=wanted_stream)
        self.stream_id = StreamId(self._path, stream.index)
        self.header: Header = read_header(
            self._container, stream, findings, is_cut_short=is_cut_short(self._path)
        )
        interval = 1 / self.header.assumed_rate_hz
        self.clock = PresentationClock(interval=interval, findings=findings)
        self.display = Display(interval=interval)
        self._source = PacketSource(self._path, self._container, stream)
        self._decoder = PacketDecoder(
            stream.codec_context,
            another=lambda: new_decoder(self.stream_id),
            n_threads=n_threads,
        )
        self._log = ReadingLog(
            self.header,
            source=self._source,
            decoder=self._decoder,
            clock=self.clock,
            display=self.display,
            findings=findings,
        )
        self._pictures = self._all_pictures()
        self._first += islice(self._pictures, 1)
        if not self._first:
            raise RecordingError(
                self._path, "no frame could be decoded", hint="copy it again from the recorder"
            )

    @property
    def first(self) -> DecodedPicture:
        """The first frame that is shown, as long as no other was taken."""
        return self._first[0][1]

    def pictures(self) -> Iterator[TimedPicture]:
        """Every shown frame, in presentation order, once."""
        yield self._first.pop()  # so that its pixels do not stay while the rest is read
        if self._pictures is not None:
            yield from self._pictures

    def report(self, *, reason: str) -> DecodeReport:
        """Sum up what there was so far; ``reason``: why every frame was read."""
        return self._log.report(reason=reason)

    def note_picture(self, picture: Appearance, pts: Fraction) -> None:
        """Take note of what a picture looks like that was decoded elsewhere."""
        self._log.note_picture(picture, pts)

    def close(self) -> None:
        """Let go of the file and of the decoder, which holds many pictures."""
        # In this order: PyAV would go on reading from a container that is closed, and crash.
        if self._pictures is not None:
            self._pictures.close()
            self._decoder.let_go()
            self._first.clear()
        self._container.close()

    def _all_pictures(self) -> Generator[TimedPicture, None, None]:
        frames = self._timed(self._decoded())
        if self.header.are_times_counted:
            frames = in_rising_order(frames)
        for pts, picture in with_neighbours(self.clock.times(frames)):
            if pts > _LONGEST_RECORDING:
                self._log.is_too_long = True
                break
            self._log.add(picture.frame, pts)
            yield pts, picture
        self._log.is_finished = True

    def _timed(self, frames: Iterator[VideoFrame]) -> Iterator[tuple[Fraction | None, VideoFrame]]:
        for frame in frames:
            pts = frame.pts if self.header.has_times else None
            yield (None if pts is None else pts * self.header.time_base), frame

    def _decoded(self) -> Iterator[VideoFrame]:
        for packet in self._source.packets():
            self._log.lost.expect(packet)
            yield from self._decoder.decode(packet)
        yield from self._decoder.drain()
