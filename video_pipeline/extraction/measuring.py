"""How long a recording really lasts: measured by reading it, because headers only claim."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from video_pipeline.frames import FrameSampler, RegularTimes, open_video
from video_pipeline.frames.on_display import n_rows

__all__ = ["count_seconds", "measure_duration"]

_SELDOM = RegularTimes(Fraction(1, 1000))
_SMALL_PX = (16, 16)


def measure_duration(path: Path, *, stream: int | None = None) -> float:
    """Seconds from the first frame shown to the end of the last one.

    Raises:
        RecordingError: the recording holds no frame that can be shown.
    """
    with open_video(path, stream=stream) as reader:
        sampler = FrameSampler(reader, times=_SELDOM, size_px=_SMALL_PX, batch_size=1)
        for _ in sampler:
            pass
        return sampler.report.duration_s


def count_seconds(duration_s: float) -> int:
    """Rows of a timeline of a recording that lasts so long."""
    return n_rows(Fraction(duration_s))
