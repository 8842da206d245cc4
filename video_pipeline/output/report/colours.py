"""The colours of the page's marks: those of ``timeline.png``, so that a tool keeps its own."""

from __future__ import annotations

from video_pipeline.output.pictures.palette import PHASE_COLOURS, TOOL_COLOURS

__all__ = ["PHASE_COLOURS", "TOOL_COLOURS", "phase_class", "tool_class"]


def tool_class(k: int) -> str:
    """The style class that carries the colour of the k-th tool; they come round."""
    return f"c{k % len(TOOL_COLOURS)}"


def phase_class(k: int) -> str:
    """The style class that carries the colour of the k-th phase; they come round."""
    return f"p{k % len(PHASE_COLOURS)}"
