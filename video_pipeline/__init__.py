"""A recording in, a tool timeline out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from video_pipeline.annotate import Annotation, annotate_video
    from video_pipeline.frames import open_video, sample_frames

__all__ = ["Annotation", "annotate_video", "open_video", "sample_frames"]

_ROOMS = {
    "Annotation": "video_pipeline.annotate",
    "annotate_video": "video_pipeline.annotate",
    "open_video": "video_pipeline.frames",
    "sample_frames": "video_pipeline.frames",
}


def __getattr__(name: str) -> Any:
    """Import PyAV and OpenCV only when a name that needs them is used."""
    if name in _ROOMS:
        import importlib

        return getattr(importlib.import_module(_ROOMS[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
