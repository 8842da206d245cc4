"""What was drawn: a figure's pixels and texts, and whether all of it lies on the page."""

from __future__ import annotations

import io

import matplotlib.image
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from numpy.typing import NDArray

from video_pipeline.records import PhaseTimeline

HOSTILE = ("$x^2$", "手術器具", "W" * 80, "a\nb", "\udcff", "", "&<>\"'", "🔪")
"""Names that are data and nothing else."""


def phases_of(phase: NDArray[np.int64], *names: str) -> PhaseTimeline:
    """Phases that are certain."""
    return PhaseTimeline(names, np.eye(len(names))[phase], phase)


def painted(figure: Figure) -> NDArray[np.int64]:
    """(height, width, 3)"""
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi="figure")
    file.seek(0)
    pixels = np.asarray(matplotlib.image.imread(file), dtype=np.float64)[..., :3]
    return (pixels * 255).round().astype(np.int64)


def labels(figure: Figure) -> list[Text]:
    """Every text of the figure."""
    return [artist for artist in figure.get_children() if isinstance(artist, Text)]


def texts(figure: Figure) -> list[str]:
    """What they say."""
    return [text.get_text() for text in labels(figure)]


def assert_inside(figure: Figure) -> None:
    """Every text lies on the page."""
    FigureCanvasAgg(figure)
    width_px, height_px = figure.get_size_inches() * figure.dpi
    for text in labels(figure):
        if text.get_text().strip() == "":
            continue
        box = text.get_window_extent()
        assert 0 <= box.x0 <= box.x1 <= width_px, text.get_text()
        assert 0 <= box.y0 <= box.y1 <= height_px, text.get_text()
