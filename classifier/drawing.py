"""Figures drawn without a screen, and the same each time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

__all__ = ["BLUE", "GREY", "ORANGE", "new_figure", "save_figure"]

BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#767676"
_DOTS_PER_INCH = 150


def new_figure(width_inch: float, height_inch: float, *, n_columns: int) -> tuple[Any, Any]:
    """A figure without a screen, and its row of axes."""
    # Imported here: matplotlib takes a second that no other command should pay.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width_inch, height_inch), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(1, n_columns, squeeze=False)[0]
    for axis in axes:
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(visible=False)
    return figure, axes


def save_figure(figure: Any, path: Path) -> None:
    """Write a PNG; the same drawing gives the same bytes."""
    # No date and no version in the file: the same numbers give the same bytes.
    figure.savefig(path, dpi=_DOTS_PER_INCH, metadata={"Software": None})
