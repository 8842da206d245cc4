"""What has to be decoded, as something that travels: pieces of a recording, each read by itself.

A plan's runs (see ``planning``) share nothing, so that between any two of them a recording can be
cut and put together again, exactly. Its stretches are the smallest pieces: runs of ten minutes or
more. What a decoder learns while it decodes it forgets at the end of each, also where they are
decoded in a row; so nothing depends on where a recording was cut.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import pairwise

from video_pipeline.frames.container.opening import StreamId
from video_pipeline.frames.pictures.appearance import Appearance
from video_pipeline.frames.pictures.pyav_frame import Orientations
from video_pipeline.frames.planned.access_points import AccessRule
from video_pipeline.frames.planned.planning import ReadingPlan
from video_pipeline.frames.sampling_times import SamplingTimes

__all__ = ["Piece", "PieceResult", "Tally", "stretches_of"]

SHORTEST_STRETCH_S = 600


@dataclass(frozen=True, eq=False)
class Piece:
    """All that is needed to sample a part of a recording, wherever its file can be read."""

    stream_id: StreamId
    time_base: Fraction
    pixel_aspect: Fraction
    times: SamplingTimes
    stretches: tuple[ReadingPlan, ...]
    """Parts of the recording's plan, in order, without others between them."""
    rule: AccessRule
    skips_non_references: bool
    """Whether the decoder may be told to leave out frames that no other leans on."""
    with_neighbours: bool
    """Whether a sample needs the frames before and after it, to be deinterlaced."""
    orientations: Orientations = field(default_factory=Orientations)
    """As far as they are known from the recording's first frame."""
    start: Fraction = Fraction(0)
    """Seconds that are added to all times: where the file begins in a recording of several."""

    def cut(self, most: int) -> list[Piece]:
        """The same in at most so many pieces of like length, in order."""
        n = min(most, len(self.stretches))
        ends = [k * len(self.stretches) // n for k in range(n + 1)]
        return [replace(self, stretches=self.stretches[a:b]) for a, b in pairwise(ends)]


@dataclass(frozen=True)
class Tally:
    """What decoding has brought, in numbers that add up."""

    n_decoded: int = 0
    """Frames that came out of the decoder, damaged ones included."""
    n_corrupt: int = 0
    n_lost: int = 0
    """Packets that should have given a frame and gave none."""
    n_repeated: int = 0
    """Runs that were decoded in full."""
    damaged_pts: tuple[int, ...] = ()
    """Timestamps of frames that are damaged or could not be decoded."""
    lost_numbers: tuple[int, ...] = ()
    """Numbers of the sampling times that nothing could be shown for."""
    stale_seconds: tuple[int, ...] = ()
    """In which all that could be shown is a frame of too long ago."""

    @classmethod
    def sum(cls, tallies: Iterable[Tally]) -> Tally:
        """Of all of them."""
        total = cls()
        for tally in tallies:
            total = cls(
                *(a + b for a, b in zip(vars(total).values(), vars(tally).values(), strict=True))
            )
        return total


@dataclass(frozen=True)
class PieceResult:
    """What became of a piece, beside its samples."""

    tally: Tally
    appearances: tuple[tuple[Fraction, Appearance], ...]
    """What its pictures look like: (seconds on its file's clock, of the first that does)."""

    @classmethod
    def joined(cls, results: Sequence[PieceResult]) -> PieceResult:
        """Of pieces that follow one another."""
        return cls(
            Tally.sum(result.tally for result in results),
            tuple(look for result in results for look in result.appearances),
        )


def stretches_of(plan: ReadingPlan, time_base: Fraction) -> tuple[ReadingPlan, ...]:
    """A plan's stretches, one at least: all of them together are the plan."""
    if not plan.runs:
        return (plan,)
    starts = _starts([int(plan.pts[run.samples.start]) * time_base for run in plan.runs])
    stops = [*starts[1:], len(plan.runs)]
    return tuple(plan.part(slice(a, b)) for a, b in zip(starts, stops, strict=True))


def _starts(times_s: Sequence[Fraction]) -> list[int]:
    """The numbers of the runs that stretches begin with, from the times at which runs begin."""
    starts: list[int] = []
    for k, time_s in enumerate(times_s):
        if not starts or time_s - times_s[starts[-1]] >= SHORTEST_STRETCH_S:
            starts.append(k)
    return starts
