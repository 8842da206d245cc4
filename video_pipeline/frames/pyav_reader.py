"""A recording read by FFmpeg through PyAV: by plan where its timestamps allow it, else whole."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from fractions import Fraction
from types import TracebackType
from typing import Self

from video_pipeline.frames.container.findings import Findings
from video_pipeline.frames.pictures.appearance import Appearance
from video_pipeline.frames.pictures.orientation import UPRIGHT
from video_pipeline.frames.pictures.pyav_frame import FrameMaker, PyAvFrame
from video_pipeline.frames.planned.piece_reading import SampledPicture, shown_samples
from video_pipeline.frames.planned.pieces import Piece, PieceResult
from video_pipeline.frames.planned.planned_reading import PlannedReading
from video_pipeline.frames.planned.scanning import CannotPlanError
from video_pipeline.frames.reader import DecodeReport, Sample
from video_pipeline.frames.sampling_times import SamplingTimes
from video_pipeline.frames.sequential.sequential_reading import SequentialReading
from video_pipeline.records import VideoInfo

__all__ = ["PyAvReader"]

_CLOSED = "the reader was closed before its last frame was taken"
_LONGEST_SHAPE = 4


class PyAvReader:
    """Satisfies ``VideoReader``; see there for what it promises."""

    def __init__(
        self, path: str | os.PathLike[str], *, n_threads: int = 0, stream: int | None = None
    ) -> None:
        """Open ``path``; ``n_threads`` decoder threads, 0 for as many as help.

        ``stream``: which of the file's video streams, counted from 0; None for the largest one.
        """
        self._path = os.fspath(path)
        self._n_threads = n_threads
        self._position = Fraction(0)
        self._is_handed_out = False
        self._is_closed = False
        self._findings = Findings()
        self._sequential = SequentialReading(
            path, stream=stream, n_threads=n_threads, findings=self._findings
        )
        self._maker = FrameMaker(path, self._sequential.header.pixel_aspect)
        self._planned: PlannedReading | None = None
        self._why_sequential = "every frame was asked for"
        self._info = self._describe()

    def _describe(self) -> VideoInfo:
        header = self._sequential.header
        first = self._maker.frame(Fraction(0), self._sequential.first)
        height, width = first.size_px
        if first.orientation.is_mirrored:
            self._findings.add("orientation", "shown mirrored, as its display matrix asks")
        elif first.orientation != UPRIGHT:
            self._findings.add("orientation", "shown turned, as its display matrix asks")
        if not height <= _LONGEST_SHAPE * width <= _LONGEST_SHAPE**2 * height:
            self._findings.add("shape", f"the picture has an odd shape: {width} x {height} px")
        return VideoInfo(
            path=self._path,
            width_px=width,
            height_px=height,
            frame_rate=header.rate_hz,
            duration_s=None if header.duration is None else float(header.duration),
            start_s=float(self._sequential.clock.start or 0),
            codec=header.codec,
            stream_index=self._sequential.stream_id.index,
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
        if self._planned is not None:
            return self._planned.report()
        return self._sequential.report(reason=self._why_sequential)

    def frames(self) -> Iterator[PyAvFrame]:
        """Every shown frame, in presentation order, once."""
        self._take()
        return self._sequential.display.watch(self._every_frame())

    def samples(self, times: SamplingTimes) -> Iterator[Sample]:
        """See ``VideoReader``."""
        self._take()
        try:
            self._planned = self._plan(times)
        except CannotPlanError as reason:
            self._why_sequential = str(reason)
            return self._sequential.display.samples(self._every_frame(), times)
        self._sequential.close()
        return self._by_plan(self._planned)

    def pieces(self, times: SamplingTimes) -> tuple[Piece, ...]:
        """See ``ReaderInPieces``."""
        try:
            planned = self._plan(times)
        except CannotPlanError:
            return ()
        self._take()
        self._planned = planned
        self._sequential.close()
        return (replace(planned.piece, orientations=self._maker.orientations),)

    def take_pieces(self, results: Sequence[PieceResult]) -> None:
        """See ``ReaderInPieces``."""
        if self._planned is None:
            raise RuntimeError("take the pieces first")
        for result in results:
            for pts, appearance in result.appearances:
                self._sequential.note_picture(appearance, pts)
            self._planned.take(result.tally)

    def close(self) -> None:
        """Let go of the file; frames that were given keep their pixels."""
        self._is_closed = True
        self._sequential.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _take(self) -> None:
        if self._is_handed_out:
            raise RuntimeError("a reader gives its frames once; open the recording again")
        self._is_handed_out = True

    def _plan(self, times: SamplingTimes) -> PlannedReading:
        first = self._sequential.first.frame
        planned = PlannedReading(
            self._sequential.stream_id,
            times,
            header=self._sequential.header,
            findings=self._findings,
            n_threads=self._n_threads,
            is_interlaced=first.interlaced_frame,
        )
        if first.pts != planned.plan.zero:
            raise CannotPlanError("its first frames cannot be decoded")
        return planned

    def _every_frame(self) -> Iterator[PyAvFrame]:
        for pts, picture in self._sequential.pictures():
            self._position = pts
            yield self._maker.frame(pts, picture)
        if self._is_closed:
            raise RuntimeError(_CLOSED)

    def _by_plan(self, planned: PlannedReading) -> Iterator[Sample]:
        def note(sample: SampledPicture) -> None:
            self._sequential.note_picture(Appearance.of(sample.picture.frame), sample.pts)

        with closing(planned.samples()) as sampled:
            for sample in shown_samples(sampled, make_frame=self._maker.frame, note=note):
                self._position = sample.frame.pts
                yield sample
                if self._is_closed:
                    raise RuntimeError(_CLOSED)
