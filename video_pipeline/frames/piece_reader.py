"""A piece of a recording read where it happens to be: another process, another machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from fractions import Fraction
from typing import Protocol, runtime_checkable

from video_pipeline.frames.pictures.appearance import Appearance
from video_pipeline.frames.pictures.pyav_frame import FrameMaker
from video_pipeline.frames.planned.piece_reading import (
    PieceReading,
    SampledPicture,
    shown_samples,
)
from video_pipeline.frames.planned.pieces import Piece, PieceResult
from video_pipeline.frames.reader import Sample, VideoReader
from video_pipeline.frames.sampling_times import SamplingTimes

__all__ = ["Piece", "PieceReader", "PieceResult", "ReaderInPieces"]


@runtime_checkable
class ReaderInPieces(VideoReader, Protocol):
    """A reader that can tell beforehand what has to be decoded, for others to do it."""

    def pieces(self, times: SamplingTimes) -> tuple[Piece, ...]:
        """All that ``samples`` would decode, a piece for each file.

        Empty where it cannot be told beforehand: then ``samples`` still can be asked for. Else
        this stands for it, and ``take_pieces`` has to follow.
        """
        ...

    def take_pieces(self, results: Sequence[PieceResult]) -> None:
        """What became of each piece; then the report is what it would be after ``samples``."""
        ...


class PieceReader:
    """Gives the samples of one piece, once."""

    def __init__(self, piece: Piece, *, n_threads: int = 0) -> None:
        """``n_threads``: the decoder's, 0 for as many as help."""
        self._piece = piece
        self._reading = PieceReading(piece, n_threads=n_threads)
        self._maker = FrameMaker(piece.stream_id.path, piece.pixel_aspect, piece.orientations)
        self._appearances: list[tuple[Fraction, Appearance]] = []

    def samples(self) -> Iterator[Sample]:
        """Each sample that could be had, in order, on the clock of the whole recording.

        Raises ``NeighboursNeededError`` where the piece cannot be read by itself after all.
        """
        start = self._piece.start
        with closing(self._reading.samples()) as sampled:
            moved = (
                replace(sample, time=sample.time + start, pts=sample.pts + start)
                for sample in sampled
            )
            yield from shown_samples(moved, make_frame=self._maker.frame, note=self._note)

    @property
    def result(self) -> PieceResult:
        """What there was so far, beside samples."""
        return PieceResult(self._reading.tally(), tuple(self._appearances))

    def _note(self, sample: SampledPicture) -> None:
        appearance = Appearance.of(sample.picture.frame)
        if not self._appearances or self._appearances[-1][1] != appearance:
            self._appearances.append((sample.pts - self._piece.start, appearance))
