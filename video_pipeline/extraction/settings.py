"""What a person may choose about one extraction."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from video_pipeline.extraction.choosing import AtRate, Moments, Part
from video_pipeline.extraction.class_folders import SPLITS
from video_pipeline.extraction.pictures import PictureSettings

__all__ = ["ExtractionSettings"]


@dataclass(frozen=True)
class ExtractionSettings:
    """Which frames are taken, how they are written, and what is known of them."""

    moments: Moments = field(default_factory=AtRate)
    part: Part = field(default_factory=Part)
    picture: PictureSettings = field(default_factory=PictureSettings)
    labels: Path | None = None
    """A tool annotation, or the folder that holds one for each recording."""
    decoder: str = "pyav"
    """``pyav`` or ``opencv``; see ``open_video``."""
    stream: int | None = None
    """Which of a file's video streams, from 0; None: the one with the largest picture."""
    split: str | None = None
    """``train`` or ``test``: only frames of at most one tool, in class folders there."""

    def __post_init__(self) -> None:
        if self.split is not None and self.split not in SPLITS:
            raise ValueError(f"a split is train or test, got {self.split!r}")
        if self.split is not None and self.labels is None:
            raise ValueError("class folders need labels")
