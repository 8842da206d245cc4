"""The contract of a video reader: a recording in, the frames that a viewer sees out, in order.

Time zero is the first frame shown. Times inside the frames room are exact (``Fraction`` seconds),
because float sums drift over hours; they become float64 where they leave it, in ``FrameBatch``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from types import TracebackType
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from video_pipeline.frames.pictures.pixels import RESIZE_RULE
from video_pipeline.frames.sampling_times import SamplingTimes
from video_pipeline.records import VideoInfo

__all__ = ["DecodeReport", "Sample", "ShownFrame", "VideoReader"]


class ShownFrame(Protocol):
    """One decoded frame; its pixels stay as they were decoded until they are asked for."""

    @property
    def pts(self) -> Fraction:
        """Seconds from time zero to when the frame is first shown; exact, >= 0."""
        ...

    @property
    def is_corrupt(self) -> bool:
        """Whether parts of the picture were damaged and had to be guessed by the decoder."""
        ...

    def rgb(
        self, size_px: tuple[int, int] | None = None, *, resize_rule: str = RESIZE_RULE
    ) -> NDArray[np.uint8]:
        """(height, width, 3) RGB, upright and not mirrored, as a viewer sees it.

        ``size_px`` is (height, width): the full picture is squeezed into it by a rule of
        ``pixels.RESIZE_RULES``, its aspect not kept. None keeps the displayed size, pixel
        aspect applied (by the reference rule). Every call converts anew; valid until the reader
        is closed. May raise ``RecordingError`` where the pixel format cannot be converted.
        """
        ...


@dataclass(frozen=True, eq=False)
class Sample:
    """The frame on display at one sampling time."""

    time: Fraction
    """Seconds from time zero; at or after the frame's pts."""
    frame: ShownFrame
    """The same object where one frame is on display at several sampling times."""


@dataclass(frozen=True)
class DecodeReport:
    """What reading has brought so far; final once the frames or samples are exhausted."""

    duration_s: float
    """From time zero to the end of the last frame, which lasts a usual frame interval."""
    n_seconds: int
    """ceil(duration), less a clock's rounding; at least 1: the rows of a timeline."""
    gaps: tuple[tuple[float, float], ...]
    """[start_s, end_s) in which nothing was recorded."""
    method: str
    """How it was read: ``planned`` (only the frames that were asked for, and what they lean on) or
    ``sequential`` (every frame), with the reason behind a colon."""
    n_shown: int | None
    """Frames that the recording shows; None where not all of them were looked for."""
    n_decoded: int
    """Frames that were decoded, damaged ones included."""
    n_corrupt: int
    """Of those: frames that the decoder marked as damaged."""
    n_lost: int
    """Packets that should have given a frame and gave none (an estimate)."""
    damaged_seconds: tuple[int, ...]
    """Each k for which a frame in [k, k + 1) s was damaged or about there one was lost."""
    declared_duration_s: float | None
    """From the header; a claim."""
    is_complete: bool
    """Whether it was read to its end, and that end is not evidently a cut."""
    warnings: tuple[str, ...]
    """Short sentences without the file's name: what was odd, and what was assumed."""
    n_lost_at_ends: int = field(default=0, kw_only=True)
    """Of ``n_lost``: before the first key frame, and the very last one alone. A recorder that is
    switched on or off in the middle of things loses these; that damages nothing."""

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing or damaged between its first frame and its last."""
        n_lost_between = self.n_lost - self.n_lost_at_ends
        return self.is_complete and self.n_corrupt == 0 and n_lost_between == 0


class VideoReader(Protocol):
    """A recording opened for one pass from its first frame to its last.

    Opening raises ``RecordingError`` for anything that has not one frame to show. After that no
    damage raises: a damaged packet costs its own frames, and the report says so. Not to be shared
    between threads, but it may be made in one thread and used in another.
    """

    @property
    def info(self) -> VideoInfo:
        """What the header and the first frame say; the displayed size is that of frame one."""
        ...

    @property
    def position_s(self) -> float:
        """Presentation time of the frame given last, for progress; 0.0 before the first."""
        ...

    @property
    def report(self) -> DecodeReport:
        """What reading has brought so far."""
        ...

    def frames(self) -> Iterator[ShownFrame]:
        """Every frame that a player would show, in presentation order, once.

        The first has pts 0; pts never decrease (two frames may share one: the later one is shown).
        Pre-roll that an edit list hides never appears. Frames are taken by this or by
        ``samples``, once: a second call of either raises ``RuntimeError``.
        """
        ...

    def samples(self, times: SamplingTimes) -> Iterator[Sample]:
        """The frame on display at each of ``times``: the last one with pts <= time.

        The last frame is on display for a usual frame interval. A frame that has been on display
        for longer than 2 s and for longer than two usual frame intervals marks a gap (a paused
        recorder, lost data) and is not sampled again: those times have no sample.
        """
        ...

    def close(self) -> None:
        """Let go of the file; may be called again. Taking more frames raises ``RuntimeError``."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...
