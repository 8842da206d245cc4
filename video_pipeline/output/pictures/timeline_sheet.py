"""The sheet of a timeline: where its rows, its time and its key lie, for a whole one or a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgb
from numpy.typing import NDArray

from video_pipeline.output.pictures.palette import DOUBT, FAINT, HATCH, INK, QUIET, TICK_STEPS_S
from video_pipeline.output.pictures.sheet import DPI, Sheet, boxes, text_width_in
from video_pipeline.timeline.runs import find_runs

__all__ = ["BESIDE_IN", "USES_IN", "VISIBLE_IN", "RowPlaces", "TimelineSheet", "Window", "hatched"]

_WIDTH_IN, _ABOVE_IN, _BELOW_IN = 11.0, 0.86, 0.66
_RIGHT_IN = 1.5
VISIBLE_IN, USES_IN = 0.78, 1.22
"""Right ends of the two columns of numbers, from the rows' right end."""
BESIDE_IN = 0.14
"""Between a row and its name."""
KEY_LINE_IN = 0.24
_MIN_BAR_PX = 2.0


@dataclass(frozen=True)
class RowPlaces:
    """Where the marks of a row lie: it is 1 high, 0 is its middle, downwards is positive."""

    row_in: float
    bar: tuple[float, float]
    """(bottom, top)"""
    strip: tuple[float, float]
    reference: tuple[float, float] | None = None
    only_predicted: tuple[float, float] | None = None
    only_reference: tuple[float, float] | None = None


ALONE = RowPlaces(0.44, bar=(0.12, -0.28), strip=(0.34, 0.17))
WITH_REFERENCE = RowPlaces(
    0.70,
    bar=(-0.11, -0.36),
    strip=(0.03, -0.08),
    reference=(0.19, 0.10),
    only_predicted=(0.305, 0.25),
    only_reference=(0.37, 0.315),
)


@dataclass(frozen=True)
class Window:
    """The seconds that a sheet shows."""

    start_s: int
    stop_s: int
    """Half-open; within the recording."""
    span_s: int
    """What the width stands for: longer than the window on the last page of several."""
    n_seconds: int
    """Of the whole recording."""


class TimelineSheet(Sheet):
    """The sheet of one timeline, with axes over its rows: x in seconds, y in rows."""

    def __init__(
        self,
        names: Sequence[str],
        window: Window,
        places: RowPlaces,
        *,
        ribbon_in: float = 0.0,
        n_key_lines: int = 1,
    ) -> None:
        self.names = names
        self.window = window
        self.places = places
        self.below_in = _BELOW_IN + (n_key_lines - 1) * KEY_LINE_IN
        self.rows_height_in = len(names) * places.row_in
        self.rows_top_in = self.below_in + self.rows_height_in
        super().__init__(_WIDTH_IN, _ABOVE_IN + ribbon_in + self.rows_top_in)
        longest_name_in = max(text_width_in(name, size=10) for name in names)
        self.left_in = max(1.0, 0.3 + longest_name_in + BESIDE_IN)
        self.right_in = _WIDTH_IN - _RIGHT_IN
        self.axes = self.add_time_axes(self.below_in, self.rows_height_in)
        self.axes.set_ylim(len(names) - 0.5, -0.5)

    def add_time_axes(self, bottom_in: float, height_in: float) -> Axes:
        """Add axes over the whole width of time."""
        axes = self.add_axes(self.left_in, bottom_in, self.right_in - self.left_in, height_in)
        axes.set_xlim(self.window.start_s, self.window.start_s + self.window.span_s)
        return axes

    def row_in(self, row: int, place: float = 0.0) -> float:
        """Return the height of a row's middle, or of a place in it."""
        return self.rows_top_in - (row + 0.5 + place) * self.places.row_in

    def second_in(self, second: float) -> float:
        """Return the place of a time."""
        passed = (second - self.window.start_s) / self.window.span_s
        return self.left_in + (self.right_in - self.left_in) * passed

    def bars(self, mask: NDArray[np.bool_], *, bottom: float, top: float) -> NDArray[np.float64]:
        """Return boxes for the runs of ``mask`` (n,) in the window, none too thin to be seen.

        ``mask`` begins with the recording and may be shorter than it.
        """
        start = self.window.start_s
        runs = find_runs(mask[start : self.window.stop_s, np.newaxis])
        thinnest_s = _MIN_BAR_PX * self.window.span_s / ((self.right_in - self.left_in) * DPI)
        middle = (runs.start + runs.stop) / 2 + start
        half = np.maximum(runs.length, thinnest_s) / 2
        return boxes(middle - half, middle + half, bottom=bottom, top=top)

    def draw_bars(
        self, row: int, mask: NDArray[np.bool_], place: tuple[float, float], colour: str
    ) -> None:
        """Draw the runs of ``mask`` at a place of a row."""
        bottom, top = place
        corners = self.bars(mask, bottom=row + bottom, top=row + top)
        self.axes.add_collection(
            PolyCollection(list(corners), facecolors=colour, linewidths=0, zorder=3), autolim=False
        )

    def draw_strip(self, row: int, probability: NDArray[np.float64], colour: str) -> None:
        """Draw the probability as a band from nothing to the tool's colour; nothing where NaN."""
        start, stop = self.window.start_s, self.window.stop_s
        n_seconds = stop - start
        if n_seconds == 0:
            return
        bottom, top = self.places.strip
        rgba = np.empty((1, n_seconds, 4))
        rgba[..., :3] = to_rgb(colour)
        rgba[..., 3] = np.nan_to_num(probability[start:stop], nan=0.0)
        self.axes.imshow(
            rgba,
            extent=(start, stop, row + bottom, row + top),
            aspect="auto",
            interpolation="antialiased" if n_seconds > 400 else "nearest",
            zorder=2,
        )

    def draw_time(self) -> None:
        """Draw the axis of time: at most thirteen ticks, named like a clock."""
        window = self.window
        step_s = next((s for s in TICK_STEPS_S if window.span_s <= 12 * s), TICK_STEPS_S[-1])
        unit_s = 60 if window.n_seconds >= 3600 else 1
        for tick_s in range(window.start_s, window.start_s + window.span_s + 1, step_s):
            if tick_s > max(window.n_seconds, 1):
                break
            self.axes.axvline(tick_s, color=FAINT, linewidth=0.6, zorder=1.5)
            label = f"{tick_s // unit_s // 60}:{tick_s // unit_s % 60:02d}"
            x_in, y_in = self.second_in(tick_s), self.below_in - 0.12
            self.write(label, x_in, y_in, size=8.5, colour=INK, align="center")
        name = "time (h:min)" if unit_s == 60 else "time (min:s)"
        self.write(name, self.left_in, self.below_in - 0.41, size=8.5, colour=QUIET)


def hatched(corners: NDArray[np.float64]) -> PolyCollection:
    """Boxes (n, 4, 2) hatched as doubtful."""
    return PolyCollection(
        list(corners), facecolors=DOUBT, edgecolors=HATCH, linewidths=0, hatch="/////", zorder=1
    )
