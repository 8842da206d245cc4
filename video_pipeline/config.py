"""What a person may choose about one annotation."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from video_pipeline.timeline.smoothing import SmoothingSettings

__all__ = ["AnnotationSettings"]


@dataclass(frozen=True)
class AnnotationSettings:
    """How a recording is sampled and its probabilities are smoothed."""

    rate_hz: Fraction = Fraction(1)
    """Frames sampled a second."""
    batch_size: int = 8
    """Frames handed over at once; changes speed and memory, never a result. Few keep decoding and
    classifying abreast on a CPU; a GPU wants 64."""
    smoothing: SmoothingSettings = field(default_factory=SmoothingSettings)

    def __post_init__(self) -> None:
        if self.rate_hz <= 0:
            raise ValueError(f"rate_hz must be positive, got {self.rate_hz}")
        if self.batch_size < 1:
            raise ValueError(f"batch_size must be at least 1, got {self.batch_size}")
