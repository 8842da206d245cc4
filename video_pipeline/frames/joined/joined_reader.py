"""Several files that belong to one operation, read as one recording on one clock."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from types import TracebackType
from typing import Self

from video_pipeline.frames.joined.joint_report import (
    ReadPart,
    exact_seconds,
    join_reports,
    printable_name,
)
from video_pipeline.frames.joined.moved_frame import MovedFrame
from video_pipeline.frames.joined.recorder_clock import RecorderClock, creation_time
from video_pipeline.frames.on_display import CLOCK_ROUNDING
from video_pipeline.frames.piece_reader import ReaderInPieces
from video_pipeline.frames.planned.pieces import Piece, PieceResult
from video_pipeline.frames.reader import DecodeReport, Sample, ShownFrame, VideoReader
from video_pipeline.frames.sampling_times import ChosenTimes, SamplingTimes
from video_pipeline.records import VideoInfo

__all__ = ["JoinedReader", "PartSpan"]

_GIVEN_ONCE = "a reader gives its frames once; open the recording again"
_BEFORE_THE_ROUNDING = CLOCK_ROUNDING + Fraction(1, 10**6)


@dataclass(frozen=True)
class PartSpan:
    """Where one file lies on the clock of the whole recording."""

    path: str
    start_s: float
    """Seconds from the first frame of the first part."""
    duration_s: float
    """To the end of its last frame."""


class JoinedReader:
    """Satisfies ``VideoReader`` over the files of one operation, in the order of their time.

    Time zero is the first frame of the first part. Each part begins where the one before it ends,
    or later where the files' creation times say that the recorder paused (``RecorderClock``); that
    is a gap. One part is open at a time; its frames must keep their pixels when it is closed.
    """

    def __init__(
        self,
        paths: Sequence[str | os.PathLike[str]],
        open_part: Callable[[str], VideoReader],
        *,
        part_names: Sequence[str] | None = None,
    ) -> None:
        """Look at each part once, so that one that cannot be read is known before hours of work.

        ``part_names``: what the report calls each file; None: by its own name.

        Raises ``RecordingError`` with the path of the first part that cannot be opened.
        """
        if not paths:
            raise ValueError("a recording has at least one file")
        self._paths = [os.fspath(path) for path in paths]
        self._names = part_names or [printable_name(path) for path in self._paths]
        self._open_part = open_part
        infos = [self._look_at(path) for path in self._paths]
        lengths = [None if i.duration_s is None else exact_seconds(i.duration_s) for i in infos]
        self._clock = RecorderClock.of([creation_time(path) for path in self._paths], lengths)
        self._info = replace(infos[0], duration_s=self._expected_duration(lengths))
        self._sizes = _different_sizes(infos, self._names)
        self._read: list[ReadPart] = []
        self._reader: VideoReader | None = None
        self._start = Fraction(0)
        self._position_s = 0.0
        self._cut: list[tuple[Fraction, ReaderInPieces]] = []
        self._is_handed_out = False
        self._is_closed = False

    def _look_at(self, path: str) -> VideoInfo:
        with self._open_part(path) as reader:
            return reader.info

    def _expected_duration(self, lengths: Sequence[Fraction | None]) -> float | None:
        span = Fraction(0), Fraction(0)
        for k, length in enumerate(lengths):
            if length is None:
                return None
            start = self._clock.start_of(k, earlier=span) if k > 0 else Fraction(0)
            span = start, start + length
        return float(span[1])

    @property
    def info(self) -> VideoInfo:
        """What the first part says; its duration is what the headers of all parts claim."""
        return self._info

    @property
    def position_s(self) -> float:
        """Presentation time of the frame given last, on the clock of the whole."""
        if self._reader is None:
            return self._position_s
        return float(self._start) + self._reader.position_s

    @property
    def parts(self) -> tuple[PartSpan, ...]:
        """Where each part lies, as far as they have been read."""
        return tuple(
            PartSpan(part.path, float(part.start), part.report.duration_s)
            for part in self._parts_so_far()
        )

    @property
    def report(self) -> DecodeReport:
        """What reading has brought so far; it may be asked for after closing, too."""
        return join_reports(
            self._parts_so_far(),
            is_complete=len(self._read) == len(self._paths),
            remarks=(*self._sizes, self._how_joined()),
        )

    def _parts_so_far(self) -> list[ReadPart]:
        if self._reader is None:
            return self._read
        return [*self._read, self._read_part(len(self._read), self._reader)]

    def _read_part(self, k: int, reader: VideoReader) -> ReadPart:
        return ReadPart(self._paths[k], self._names[k], self._start, reader.report)

    def _how_joined(self) -> str:
        read = self._parts_so_far()
        n = len(self._paths)
        if self._clock.began is None:
            return f"{n} files joined without pauses: {self._clock.reason}"
        pauses = [
            f"{float(later.start - part.end):.0f} s before {later.name}"
            for part, later in pairwise(read)
            if part.end < later.start
        ]
        if pauses:
            return f"{n} files joined; creation times tell of pauses: {', '.join(pauses)}"
        return f"{n} files joined without pauses, as their creation times say"

    def frames(self) -> Iterator[ShownFrame]:
        """Every frame of every part, in order, once."""
        self._hand_out()
        return self._frames()

    def samples(self, times: SamplingTimes) -> Iterator[Sample]:
        """See ``VideoReader``."""
        self._hand_out()
        return self._samples(times)

    def pieces(self, times: SamplingTimes) -> tuple[Piece, ...]:
        """See ``ReaderInPieces``; none where one file has to be read before all is known."""
        if self._is_handed_out:
            raise RuntimeError(_GIVEN_ONCE)
        cut: list[tuple[Fraction, ReaderInPieces]] = []
        pieces: list[Piece] = []
        span = Fraction(0), Fraction(0)
        for k, path in enumerate(self._paths):
            start = self._clock.start_of(k, earlier=span) if k > 0 else Fraction(0)
            seen = times.seen_from(start)
            with self._open_part(path) as reader:
                of_part = reader.pieces(seen) if isinstance(reader, ReaderInPieces) else ()
            if not (isinstance(reader, ReaderInPieces) and of_part):
                return ()
            length = exact_seconds(reader.report.duration_s)
            if k + 1 < len(self._paths) and _n_last_moments(seen, length) > 0:
                return ()
            pieces += [replace(piece, start=start) for piece in of_part]
            cut.append((start, reader))
            span = start, start + length
        self._hand_out()
        self._cut = cut
        return tuple(pieces)

    def take_pieces(self, results: Sequence[PieceResult]) -> None:
        """See ``ReaderInPieces``."""
        for k, ((start, reader), result) in enumerate(zip(self._cut, results, strict=True)):
            reader.take_pieces([result])
            self._start = start
            self._read.append(self._read_part(k, reader))

    def close(self) -> None:
        """Let go of the part that is open."""
        self._is_closed = True
        if self._reader is not None:
            self._reader.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _hand_out(self) -> None:
        if self._is_handed_out:
            raise RuntimeError(_GIVEN_ONCE)
        self._is_handed_out = True

    def _frames(self) -> Iterator[ShownFrame]:
        for k in range(len(self._paths)):
            with self._opened(k) as reader:
                for frame in reader.frames():
                    yield MovedFrame(frame, frame.pts + self._start)

    def _samples(self, times: SamplingTimes) -> Iterator[Sample]:
        for k in range(len(self._paths)):
            last: Sample | None = None
            with self._opened(k) as reader:
                seen = times.seen_from(self._start)
                for sample in reader.samples(seen):
                    last = self._moved(sample, last)
                    yield last
            if k + 1 < len(self._paths):
                yield from self._last_moments(self._read[k], seen, last)

    @contextmanager
    def _opened(self, k: int) -> Iterator[VideoReader]:
        """Part ``k``, open and in its place on the clock; noted as read if nothing fails."""
        if self._is_closed:
            raise RuntimeError("the reader was closed before its last frame was taken")
        if k > 0:
            before = self._read[-1]
            self._start = self._clock.start_of(k, earlier=(before.start, before.end))
        with self._open_part(self._paths[k]) as self._reader:
            yield self._reader
            self._position_s = self.position_s
            self._read.append(self._read_part(k, self._reader))
            self._reader = None

    def _moved(self, sample: Sample, last: Sample | None) -> Sample:
        """The sample on the clock of the whole; one frame stays one object."""
        frame = None if last is None else last.frame
        if not (isinstance(frame, MovedFrame) and frame.is_of(sample.frame)):
            frame = MovedFrame(sample.frame, sample.frame.pts + self._start)
        return Sample(sample.time + self._start, frame)

    def _last_moments(
        self, part: ReadPart, seen: SamplingTimes, last: Sample | None
    ) -> Iterator[Sample]:
        """Samples within a clock's rounding of the end of a part that others follow.

        A reader gives none there, lest a recording's end make a second of its own; but here the
        last frame is on display until the next part begins. It is looked up in the part, opened
        again: that is rare, because few sampling times fall into a millisecond.
        """
        length = part.end - part.start
        n = seen.n_before(length)
        numbers = range(n - _n_last_moments(seen, length), n)
        times = [part.start + seen.at(k) for k in numbers]
        times = [time for time in times if last is None or time > last.time]
        if not times:
            return
        before = max(Fraction(0), length - _BEFORE_THE_ROUNDING)
        with self._open_part(part.path) as reader:
            for sample in reader.samples(ChosenTimes((before,))):
                pts = part.start + sample.frame.pts
                frame: ShownFrame = MovedFrame(sample.frame, pts)
                if last is not None and last.frame.pts == pts:
                    frame = last.frame
                yield from (Sample(time, frame) for time in times)


def _n_last_moments(seen: SamplingTimes, length: Fraction) -> int:
    """Sampling times within a clock's rounding of the end of a part."""
    return seen.n_before(length) - seen.n_before(length - CLOCK_ROUNDING)


def _different_sizes(infos: Sequence[VideoInfo], names: Sequence[str]) -> list[str]:
    first = infos[0]
    return [
        f"{name}: its picture is {info.width_px} x {info.height_px} px, "
        f"that of the first file {first.width_px} x {first.height_px} px"
        for name, info in zip(names[1:], infos[1:], strict=True)
        if (info.width_px, info.height_px) != (first.width_px, first.height_px)
    ]
