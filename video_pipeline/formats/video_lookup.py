"""A recording's video as the formats refer to it: its place, and the rate its header declares."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from video_pipeline.formats.labelled import VideoFile

__all__ = ["describe_video"]


def describe_video(path: Path) -> VideoFile:
    """Open a video's header; raises ``RecordingError`` where it is none.

    The rate is the header's average. Whether frames come at a constant rate, no header tells.
    """
    from video_pipeline.frames.container.findings import Findings
    from video_pipeline.frames.container.opening import open_container, video_stream

    with open_container(path) as container:
        rate_hz = video_stream(path, container, Findings()).average_rate
    return VideoFile(path, None if rate_hz is None or rate_hz <= 0 else Fraction(rate_hz))
