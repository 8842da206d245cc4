"""Usage bars: how long each tool is visible and how often it is used, of one recording or several.

Of several recordings the bar is the median and each recording a dot, so that what is unusual shows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from numpy.typing import NDArray

from video_pipeline.output.pictures.palette import FAINT, GROUND, INK, QUIET, clock, tool_colour
from video_pipeline.output.pictures.sheet import Sheet, boxes, drawable, fitted, text_width_in
from video_pipeline.timeline.statistics.tools import ToolStatistics

__all__ = ["draw_usage"]

_WIDTH_IN, _ROW_IN, _ABOVE_IN, _BELOW_IN, _BETWEEN_IN = 11.0, 0.46, 0.98, 0.42, 1.0
_MARGIN_IN, _BESIDE_IN = 0.3, 0.14
_VALUE_IN = 0.72
"""For the figure at the right of a column's bars."""
_BAR, _BAR_ABOVE_DOTS, _DOTS = (0.26, -0.26), (0.04, -0.36), (0.35, 0.12)
"""(bottom, top) in a row, which is 1 high; downwards is positive."""


def draw_usage(recordings: Sequence[Sequence[ToolStatistics]], *, title: str) -> Figure:
    """Draw the tools of each recording, in the order in which they are first met."""
    tools = list(dict.fromkeys(tool.tool for of in recordings for tool in of))
    names = [drawable(tool, longest=28) for tool in tools]
    sheet = Sheet(_WIDTH_IN, _ABOVE_IN + len(tools) * _ROW_IN + _BELOW_IN)
    left_in = _MARGIN_IN + max(text_width_in(name, size=10) for name in names) + _BESIDE_IN
    column_in = (_WIDTH_IN - left_in - _MARGIN_IN - _BETWEEN_IN - 2 * _VALUE_IN) / 2
    for row, name in enumerate(names):
        y_in = _row_in(sheet, row)
        sheet.write(name, left_in - _BESIDE_IN, y_in, size=10, colour=INK, align="right")
    several = len(recordings) > 1
    what = "median of the recordings, each a dot" if several else ""
    _draw_column(
        sheet,
        left_in,
        column_in,
        [_values(recordings, tool, lambda of: of.presence_s) for tool in tools],
        heading="visible",
        form=lambda value: clock(round(value)),
    )
    _draw_column(
        sheet,
        left_in + column_in + _VALUE_IN + _BETWEEN_IN,
        column_in,
        [_values(recordings, tool, lambda of: float(of.n_uses)) for tool in tools],
        heading="uses",
        form=lambda value: f"{value:.4g}",
    )
    top_in = sheet.height_in
    heading = fitted(title, size=13, width_in=_WIDTH_IN - left_in - _MARGIN_IN)
    sheet.write(heading, left_in, top_in - 0.30, size=13, colour=INK, weight="bold")
    n = len(recordings)
    subtitle = f"{n} recording{'s' if n != 1 else ''}" + (f" · {what}" if what else "")
    sheet.write(subtitle, left_in, top_in - 0.56, size=9, colour=QUIET)
    return sheet.figure


def _values(
    recordings: Sequence[Sequence[ToolStatistics]],
    tool: str,
    figure: Callable[[ToolStatistics], float],
) -> NDArray[np.float64]:
    """One for each recording that knows the tool."""
    return np.array([figure(of) for tools in recordings for of in tools if of.tool == tool])


def _row_in(sheet: Sheet, row: int) -> float:
    return sheet.height_in - _ABOVE_IN - (row + 0.5) * _ROW_IN


def _draw_column(
    sheet: Sheet,
    left_in: float,
    width_in: float,
    values: Sequence[NDArray[np.float64]],
    *,
    heading: str,
    form: Callable[[float], str],
) -> None:
    """Draw one figure of every tool, to the scale of the largest."""
    axes = sheet.add_axes(left_in, _BELOW_IN, width_in, len(values) * _ROW_IN)
    longest = max(float(of.max()) for of in values)
    axes.set_xlim(0, longest if longest > 0 else 1)
    axes.set_ylim(len(values) - 0.5, -0.5)
    sheet.write(heading, left_in, sheet.height_in - _ABOVE_IN + 0.12, size=8, colour=QUIET)
    for row, of in enumerate(values):
        axes.axhspan(row - 0.42, row + 0.42, color=GROUND, linewidth=0, zorder=0)
        median = float(np.median(of))
        _draw_bar(axes, row, median, _BAR if len(of) == 1 else _BAR_ABOVE_DOTS)
        if len(of) > 1:
            _draw_dots(axes, row, of)
        text = form(median) if of.any() else "–"
        colour = INK if of.any() else QUIET
        x_in, y_in = left_in + width_in + _VALUE_IN, _row_in(sheet, row)
        sheet.write(text, x_in, y_in, size=9, colour=colour, align="right")
    axes.axvline(0, color=FAINT, linewidth=1.2, zorder=1)
    sheet.write("0", left_in, _BELOW_IN - 0.14, size=8.5, colour=QUIET, align="center")
    end = form(longest)
    sheet.write(end, left_in + width_in, _BELOW_IN - 0.14, size=8.5, colour=QUIET, align="center")


def _draw_bar(axes: Axes, row: int, value: float, place: tuple[float, float]) -> None:
    bottom, top = place
    corners = boxes(np.zeros(1), np.array([value]), bottom=row + bottom, top=row + top)
    axes.add_collection(
        PolyCollection(list(corners), facecolors=tool_colour(row), linewidths=0, zorder=2),
        autolim=False,
    )


def _draw_dots(axes: Axes, row: int, values: NDArray[np.float64]) -> None:
    """Draw a dot for each value below the bar, spread downwards in the order of recordings."""
    height = row + np.linspace(_DOTS[1], _DOTS[0], len(values))
    axes.scatter(values, height, s=6, c=INK, alpha=0.45, linewidths=0, zorder=3, clip_on=False)
