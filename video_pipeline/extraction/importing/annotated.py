"""One recording's annotation, whatever format it came in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from video_pipeline.formats.tool_annotation import ToolAnnotation

__all__ = ["AnnotatedRecording"]


@dataclass(frozen=True, eq=False)
class AnnotatedRecording:
    """What somebody annotated in one recording."""

    name: str
    """As its dataset calls it: ``video01``, ``VID01``, ``tool_video_01``."""
    annotation: ToolAnnotation
    n_seconds: int
    """How many seconds it speaks of, some of them perhaps to say that they have no label."""
    phases: Mapping[int, str] | None = None
    """The phase's name in each second that has one, or None where the format holds none."""
    notes: tuple[str, ...] = ()
    """What a reader left out or changed, in words."""
