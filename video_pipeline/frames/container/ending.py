"""What a report says of damage and of a recording's end: was it read to it, or was it cut off?"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from video_pipeline.frames.container.header import Header

__all__ = ["Ending", "damage_sentences"]

_UNINDEXED_TOLERANCE_S = Fraction(2)
"""Without an index a header's length may be that of the sound, which may outlast the picture."""


@dataclass(frozen=True)
class Ending:
    """What was found behind the last frame of a recording."""

    header: Header
    end: Fraction
    """Seconds from time zero to the end of the last frame."""
    usual_interval: Fraction
    n_read: int
    """Packets that were read."""
    is_damaged: bool
    """Whether the last packet was broken, or the last frame came out damaged."""
    is_given_up: bool = False
    """Whether reading stopped before the end, because no operation lasts that long."""

    @property
    def is_cut(self) -> bool:
        """Whether there evidently should have been more."""
        if self.header.is_cut_short:
            return True
        is_short = self._missing > self._tolerance
        n_indexed = self.header.n_frames
        if n_indexed is not None:
            return self.is_given_up or (is_short and self.n_read < n_indexed)
        # Half a packet at the end, and no index: who knows how many more there were.
        return self.is_given_up or is_short or self.is_damaged

    def sentences(self) -> list[str]:
        """What is odd about the end, in words."""
        found = []
        length = self._wrong_length()
        if length is not None:
            found.append(
                f"the header says {float(length):.2f} s, the frames last {float(self.end):.2f} s"
            )
        n_indexed = self.header.n_frames
        if n_indexed is not None and not n_indexed / 2 <= self.n_read <= n_indexed * 2:
            found.append(f"the header counts {n_indexed} frames, {self.n_read} were found")
        if self.is_cut:
            found.append("the recording was cut off or cannot be read to its end")
        return found

    def _wrong_length(self) -> Fraction | None:
        """Seconds that the header says, where the frames say something else."""
        if self.header.duration is not None and abs(self._missing) > self._tolerance:
            return self.header.duration
        written = self.header.written_duration
        tolerance = max(_UNINDEXED_TOLERANCE_S, 3 * self.usual_interval)
        return written if written is not None and abs(written - self.end) > tolerance else None

    @property
    def _missing(self) -> Fraction:
        """Seconds by which the header's length exceeds that of the frames; may be negative."""
        declared = self.header.duration
        return Fraction(0) if declared is None else declared - self.end

    @property
    def _tolerance(self) -> Fraction:
        few_frames = 3 * self.usual_interval
        if self.header.n_frames is not None:
            return few_frames
        return max(_UNINDEXED_TOLERANCE_S, few_frames)


def damage_sentences(
    *, n_corrupt: int, n_lost: int, n_at_start: int = 0, n_at_end: int = 0
) -> list[str]:
    """What was damaged on the way there, in words; the last two are part of ``n_lost``."""
    found = []
    if n_corrupt > 0:
        found.append(f"frames damaged, but shown: {n_corrupt}")
    n_between = n_lost - n_at_start - n_at_end
    if n_between > 0:
        found.append(f"frames that could not be decoded: about {n_between}")
    if n_at_start > 0:
        found.append(f"frames before the first key frame, which cannot be decoded: {n_at_start}")
    if n_at_end > 0:
        found.append("the very last frame could not be decoded")
    return found
