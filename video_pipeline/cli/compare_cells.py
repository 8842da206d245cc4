"""Numbers, tables and paragraphs of a comparison as they are shown."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from video_pipeline.cli.console import print_result
from video_pipeline.cli.table import align
from video_pipeline.timeline.metrics.figures import PHASE_FIGURES, TOOL_FIGURES

__all__ = [
    "cell_of",
    "figure",
    "interval_of",
    "label_of",
    "p_value_of",
    "print_table",
    "print_text",
]


def print_table(rows: Sequence[Sequence[str]]) -> None:
    """Rows under one another, and an empty line."""
    for line in align(rows):
        print_result(f"  {line}")
    print_result()


def print_text(text: str) -> None:
    """A paragraph, and an empty line."""
    for line in textwrap.wrap(text, width=96):
        print_result(f"  {line}")
    print_result()


def figure(value: float | None) -> str:
    """A share, or what stands for undefined."""
    return "-" if value is None else f"{value:.3f}"


def cell_of(name: str, value: float | None, *, sign: str = "") -> str:
    """The value of a figure in its own precision."""
    if value is None:
        return "-"
    n_decimals = 1 if name == "edit_score" else 3
    return f"{value:{sign}.{n_decimals}f}"


def interval_of(name: str, low: float | None, high: float | None, *, sign: str = "") -> str:
    """Both ends, or what stands for none."""
    if low is None or high is None:
        return "-"
    return f"{cell_of(name, low, sign=sign)} to {cell_of(name, high, sign=sign)}"


def p_value_of(value: float | None) -> str:
    """Small ones as a bound."""
    if value is None:
        return "-"
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def label_of(name: str) -> str:
    """What people call the figure."""
    return (
        f"phases: {PHASE_FIGURES[name].label}"
        if name in PHASE_FIGURES
        else TOOL_FIGURES[name].label
    )
