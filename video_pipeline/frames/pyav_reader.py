"""A recording read by FFmpeg through PyAV: every shown frame with its true time."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from fractions import Fraction
from itertools import islice
from types import TracebackType
from typing import Self

from av.video.frame import VideoFrame

from video_pipeline.errors import RecordingError
from video_pipeline.frames.clock import PresentationClock, in_rising_order
from video_pipeline.frames.decoding import PacketDecoder
from video_pipeline.frames.demuxing import PacketSource
from video_pipeline.frames.findings import Findings
from video_pipeline.frames.header import read_header
from video_pipeline.frames.on_display import Display
from video_pipeline.frames.opening import new_decoder, open_container, video_stream
from video_pipeline.frames.orientation import UPRIGHT
from video_pipeline.frames.pixels import RgbConverter
from video_pipeline.frames.pyav_frame import PyAvFrame
from video_pipeline.frames.reader import DecodeReport, Sample
from video_pipeline.frames.reading_log import ReadingLog
from video_pipeline.frames.sampling_times import SamplingTimes
from video_pipeline.records import VideoInfo

__all__ = ["PyAvReader"]

_LONGEST_SHAPE = 4
_LONGEST_RECORDING = Fraction(7 * 24 * 3600)
"""Seconds; a broken clock must not make a timeline of millions of rows."""


class PyAvReader:
    """Satisfies ``VideoReader``; see there for what it promises.

    Opening decodes up to the first shown frame: only its pixels prove that there is a video at
    all, and say which way up it is and where time zero lies.
    """

    def __init__(self, path: str | os.PathLike[str], *, n_threads: int = 0) -> None:
        """Open ``path``; ``n_threads`` decoder threads, 0 for as many as there are processors."""
        self._path = os.fspath(path)
        self._converter = RgbConverter()
        self._position = Fraction(0)
        self._is_handed_out = False
        self._is_closed = False
        self._shown = self._all_shown()
        self._container = open_container(path)
        try:
            self._open(n_threads)
        except BaseException:
            self.close()
            raise

    def _open(self, n_threads: int) -> None:
        findings = Findings()
        stream = video_stream(self._path, self._container, findings)
        self._header = read_header(self._container, stream, findings)
        self._clock = PresentationClock(
            interval=1 / self._header.assumed_rate_hz, findings=findings
        )
        self._source = PacketSource(self._path, self._container, stream)
        index = stream.index
        self._decoder = PacketDecoder(
            stream.codec_context,
            another=lambda: new_decoder(self._path, index),
            n_threads=n_threads,
        )
        self._display = Display(interval=1 / self._header.assumed_rate_hz)
        self._log = ReadingLog(
            self._header,
            source=self._source,
            decoder=self._decoder,
            clock=self._clock,
            display=self._display,
            findings=findings,
            why_sequential="every frame was asked for",
        )
        self._first = list(islice(self._shown, 1))
        if not self._first:
            raise RecordingError(
                self._path, "no frame could be decoded", hint="copy it again from the recorder"
            )
        self._info = self._describe(self._first[0], findings)

    def _describe(self, first: PyAvFrame, findings: Findings) -> VideoInfo:
        height, width = first.size_px
        if first.orientation.is_mirrored:
            findings.add("orientation", "shown mirrored, as its display matrix asks")
        elif first.orientation != UPRIGHT:
            findings.add("orientation", "shown turned, as its display matrix asks")
        if not height <= _LONGEST_SHAPE * width <= _LONGEST_SHAPE**2 * height:
            findings.add("shape", f"the picture has an odd shape: {width} x {height} px")
        duration = self._header.duration
        return VideoInfo(
            path=self._path,
            width_px=width,
            height_px=height,
            frame_rate=self._header.rate_hz,
            duration_s=None if duration is None else float(duration),
            start_s=float(self._clock.start or 0),
            codec=self._header.codec,
        )

    @property
    def info(self) -> VideoInfo:
        """What the header and the first frame say."""
        return self._info

    @property
    def position_s(self) -> float:
        """Presentation time of the frame given last."""
        return float(self._position)

    @property
    def report(self) -> DecodeReport:
        """What reading has brought so far; it may be asked for after closing, too."""
        return self._log.report()

    def frames(self) -> Iterator[PyAvFrame]:
        """Every shown frame, in presentation order, once."""
        return self._display.watch(self._hand_out())

    def samples(self, times: SamplingTimes) -> Iterator[Sample]:
        """See ``VideoReader``."""
        return self._display.samples(self._hand_out(), times)

    def close(self) -> None:
        """Let go of the file; frames that were given keep their pixels."""
        self._is_closed = True
        # In this order: PyAV would go on reading from a container that is closed, and crash.
        self._shown.close()
        self._container.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _hand_out(self) -> Iterator[PyAvFrame]:
        if self._is_handed_out:
            raise RuntimeError("a reader gives its frames once; open the recording again")
        self._is_handed_out = True
        return self._from_first()

    def _from_first(self) -> Iterator[PyAvFrame]:
        yield self._first.pop()  # so that its pixels do not stay while the rest is read
        for frame in self._shown:
            self._position = frame.pts
            yield frame
        if self._is_closed:
            raise RuntimeError("the reader was closed before its last frame was taken")

    def _all_shown(self) -> Generator[PyAvFrame, None, None]:
        frames = self._timed(self._decoded())
        if self._header.are_times_counted:
            frames = in_rising_order(frames)
        for pts, frame in self._clock.times(frames):
            if pts > _LONGEST_RECORDING:
                self._log.is_too_long = True
                break
            self._log.add(frame, pts)
            yield PyAvFrame(
                frame,
                pts=pts,
                pixel_aspect=self._header.pixel_aspect,
                converter=self._converter,
                path=self._path,
            )
        self._log.is_finished = True

    def _timed(self, frames: Iterator[VideoFrame]) -> Iterator[tuple[Fraction | None, VideoFrame]]:
        for frame in frames:
            pts = frame.pts if self._header.has_times else None
            yield (None if pts is None else pts * self._header.time_base), frame

    def _decoded(self) -> Iterator[VideoFrame]:
        for packet in self._source.packets():
            yield from self._decoder.decode(packet)
        yield from self._decoder.drain()
