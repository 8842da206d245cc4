"""The figures of a recording by name: how each is taken from a comparison, and what is perfect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from video_pipeline.timeline.metrics.phases import PhaseComparison
from video_pipeline.timeline.metrics.tools import TimelineComparison

__all__ = ["PHASE_FIGURES", "TOOL_FIGURES", "PhaseFigure", "ToolFigure"]


@dataclass(frozen=True)
class ToolFigure:
    """One number of a recording's tools."""

    label: str
    """For people."""
    value: Callable[[TimelineComparison], float | None]
    perfect: float = 1.0
    """What a perfect detector gets."""


@dataclass(frozen=True)
class PhaseFigure:
    """One number of a recording's phases."""

    label: str
    value: Callable[[PhaseComparison], float | None]
    perfect: float = 1.0


TOOL_FIGURES: dict[str, ToolFigure] = {
    "accuracy": ToolFigure("accuracy", lambda c: c.micro.accuracy),
    "micro_precision": ToolFigure("precision, micro", lambda c: c.micro.precision),
    "micro_recall": ToolFigure("recall, micro", lambda c: c.micro.recall),
    "micro_f1": ToolFigure("F1, micro", lambda c: c.micro.f1),
    "macro_f1": ToolFigure("F1, macro", lambda c: c.macro.f1),
    "mean_average_precision": ToolFigure("mAP", lambda c: c.mean_average_precision),
    "event_f1_25": ToolFigure("event F1, IoU 0.25", lambda c: c.events.f1_at[0]),
    "event_f1_50": ToolFigure("event F1, IoU 0.5", lambda c: c.events.f1_at[1]),
    "event_f1_75": ToolFigure("event F1, IoU 0.75", lambda c: c.events.f1_at[2]),
    "macro_event_f1": ToolFigure("event F1, IoU 0.5, macro", lambda c: c.macro_event_f1),
    "collar_f1": ToolFigure("event F1, ends within 2 s", lambda c: c.events.collar_f1),
    "intersection_f1": ToolFigure("event F1, intersection", lambda c: c.events.intersection_f1),
    "segment_ratio": ToolFigure("predicted / true uses", lambda c: c.events.segment_ratio),
    "error_rate": ToolFigure("error rate, 1 s", lambda c: c.segments.error_rate, perfect=0.0),
}
"""Of one recording, over its tools."""

PHASE_FIGURES: dict[str, PhaseFigure] = {
    "phase_accuracy": PhaseFigure("accuracy", lambda c: c.accuracy),
    "phase_precision": PhaseFigure("precision", lambda c: c.strict.precision),
    "phase_recall": PhaseFigure("recall", lambda c: c.strict.recall),
    "phase_jaccard": PhaseFigure("Jaccard", lambda c: c.strict.jaccard),
    "phase_f1": PhaseFigure("F1", lambda c: c.strict.f1),
    "relaxed_phase_accuracy": PhaseFigure("accuracy, relaxed", lambda c: c.relaxed_accuracy),
    "relaxed_phase_precision": PhaseFigure("precision, relaxed", lambda c: c.relaxed.precision),
    "relaxed_phase_recall": PhaseFigure("recall, relaxed", lambda c: c.relaxed.recall),
    "relaxed_phase_jaccard": PhaseFigure("Jaccard, relaxed", lambda c: c.relaxed.jaccard),
    "relaxed_phase_f1": PhaseFigure("F1, relaxed", lambda c: c.relaxed.f1),
    "edit_score": PhaseFigure("edit score", lambda c: c.edit_score, perfect=100.0),
    "segment_f1_10": PhaseFigure("F1@10", lambda c: c.segment_f1_at[0]),
    "segment_f1_25": PhaseFigure("F1@25", lambda c: c.segment_f1_at[1]),
    "segment_f1_50": PhaseFigure("F1@50", lambda c: c.segment_f1_at[2]),
}
"""Of one recording; means over its phases where there is one for each."""
