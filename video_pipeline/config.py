"""What a person may choose about one annotation."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from video_pipeline.frames.sampling_times import RegularTimes
from video_pipeline.timeline.smoothing import Smoothing

__all__ = ["AnnotationSettings"]


@dataclass(frozen=True)
class AnnotationSettings:
    """How a recording is sampled and its probabilities are smoothed."""

    rate_hz: Fraction = Fraction(1)
    """Frames sampled a second."""
    start: Fraction = Fraction(0)
    """Seconds from the first frame; nothing before it is sampled."""
    end: Fraction | None = None
    """Nothing from here on is sampled; None: to the last frame."""
    decoder: str = "pyav"
    """``pyav`` or ``opencv``; see ``open_video``."""
    stream: int | None = None
    """Which of a file's video streams, from 0; None: the one with the largest picture."""
    resize_rule: str | None = None
    """See ``pixels.RESIZE_RULES``; None: the one that the classifier was trained with."""
    crop_field_of_view: bool | None = None
    """Whether frames are cropped to the endoscope's picture; None: as the classifier's were."""
    batch_size: int = 8
    """Frames handed over at once; changes speed and memory, never a result. Few keep decoding and
    classifying abreast on a CPU; a GPU wants 64."""
    smoothing: Smoothing = field(default_factory=Smoothing)
    features: bool = False
    """Whether each second's features are kept too."""
    plots: tuple[str, ...] = ()
    """``svg``, ``pdf``: as what the timeline is drawn besides PNG."""

    def __post_init__(self) -> None:
        _ = self.times
        if self.batch_size < 1:
            raise ValueError(f"batch_size must be at least 1, got {self.batch_size}")
        if not set(self.plots) <= {"svg", "pdf"} or len(set(self.plots)) < len(self.plots):
            raise ValueError(f"plots are svg, pdf, each once, got {self.plots}")

    @property
    def times(self) -> RegularTimes:
        """When the recording is sampled."""
        return RegularTimes(self.rate_hz, self.start, self.end)
