"""A long recording looked at by several at once, and put together as if by one.

reader.pieces ─▶ cut ─▶ observe_piece, wherever it is ─▶ in order again ─▶ reader.take_pieces
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from video_pipeline.frame_classifier import FrameClassifier
from video_pipeline.frames import VideoReader, prefetch
from video_pipeline.frames.piece_reader import Piece, PieceReader, PieceResult, ReaderInPieces
from video_pipeline.frames.sampling_times import SamplingTimes
from video_pipeline.observing import Look, Observation, observe
from video_pipeline.records import VideoInfo

__all__ = [
    "Elsewhere",
    "PieceLostError",
    "PieceObserved",
    "cut_evenly",
    "observe_piece",
    "observed_elsewhere",
]


class PieceLostError(Exception):
    """A piece could not be had, for whatever reason: the recording is to be read in one."""


@dataclass(frozen=True, eq=False)
class PieceObserved:
    """All that a piece comes to."""

    observations: tuple[Observation, ...]
    result: PieceResult


class Elsewhere(Protocol):
    """Others that look at pieces of a recording."""

    @property
    def n_ways(self) -> int:
        """Into how many pieces a recording is worth being cut."""
        ...

    def observe(
        self, pieces: Sequence[Piece], look: Look, info: VideoInfo
    ) -> Iterator[PieceObserved]:
        """What each piece of the recording that ``info`` tells of comes to, in order.

        Raises ``PieceLostError`` where one cannot be had.
        """
        ...


def observe_piece(
    piece: Piece,
    classifier: FrameClassifier,
    look: Look,
    *,
    n_threads: int = 0,
    progress: Callable[[float], None] | None = None,
) -> PieceObserved:
    """Look at one piece, here; ``progress`` is told how many seconds of it are done.

    Raises whatever reading the recording in one would raise, and ``NeighboursNeededError`` where a
    piece cannot be read by itself after all.
    """
    reader = PieceReader(piece, n_threads=n_threads)
    observations: list[Observation] = []
    with prefetch(look.batching.batches(reader.samples())) as batches:
        for batch in batches:
            observations.append(observe(batch, classifier, with_features=look.with_features))
            if progress is not None:
                progress(observations[-1].position_s - observations[0].start_s)
    return PieceObserved(tuple(observations), reader.result)


def observed_elsewhere(
    reader: VideoReader, times: SamplingTimes, look: Look, elsewhere: Elsewhere
) -> Iterator[Observation] | None:
    """A recording's observations by others, in order; None where it cannot be cut.

    When all of them were taken, the reader's report is complete.
    """
    if not isinstance(reader, ReaderInPieces):
        return None
    whole = reader.pieces(times)
    if sum(len(piece.stretches) for piece in whole) < 2:
        return None
    return _in_order(reader, whole, look, elsewhere)


def _in_order(
    reader: ReaderInPieces, whole: Sequence[Piece], look: Look, elsewhere: Elsewhere
) -> Iterator[Observation]:
    cut = cut_evenly(whole, elsewhere.n_ways)
    observed = elsewhere.observe([piece for pieces in cut for piece in pieces], look, reader.info)
    results: list[PieceResult] = []
    for pieces in cut:
        of_file: list[PieceResult] = []
        for piece in islice(observed, len(pieces)):
            yield from piece.observations
            of_file.append(piece.result)
        results.append(PieceResult.joined(of_file))
    reader.take_pieces(results)


def cut_evenly(whole: Sequence[Piece], n_ways: int) -> list[list[Piece]]:
    """Each file's piece cut into as many as its share of the whole, all of like length."""
    n_stretches = sum(len(piece.stretches) for piece in whole)
    return [
        piece.cut(max(1, round(n_ways * len(piece.stretches) / n_stretches))) for piece in whole
    ]
