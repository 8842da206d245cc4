"""The co-use matrix: for each two tools how long both are visible, and of what share that is.

A pair stands once, below the diagonal, which holds each tool's own time; the name of a column
stands on the step above its first cell, so that no text is turned.
"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from video_pipeline.output.pictures.palette import GROUND, INK, QUIET, clock, tool_colour
from video_pipeline.output.pictures.sheet import Sheet, boxes, drawable, fitted, text_width_in
from video_pipeline.timeline.statistics.co_use import CoUse

__all__ = ["draw_co_use"]

_CELL_IN, _LOW_IN = 0.92, 0.52
_ABOVE_IN, _BELOW_IN, _MARGIN_IN, _BESIDE_IN = 1.10, 0.72, 0.3, 0.14
_GAP = 0.03
_DARK = 0.55
"""Above this share the text is white."""
_KEY_IN = (1.6, 0.11)


def draw_co_use(co_use: CoUse, *, title: str) -> Figure:
    """Draw the matrix: colour and first line the share, second line the time of both."""
    names = [drawable(tool, longest=28) for tool in co_use.tools]
    n = len(names)
    name_in = max(text_width_in(name, size=10) for name in names)
    left_in = _MARGIN_IN + name_in + _BESIDE_IN
    width_in = max(left_in + n * _CELL_IN + name_in, 7.5)
    sheet = Sheet(width_in, _ABOVE_IN + n * _LOW_IN + _BELOW_IN)
    axes = sheet.add_axes(left_in, _BELOW_IN, n * _CELL_IN, n * _LOW_IN)
    axes.set_xlim(0, n)
    axes.set_ylim(n, 0)
    for row, name in enumerate(names):
        y_in = _BELOW_IN + (n - row - 0.5) * _LOW_IN
        sheet.write(name, left_in - _BESIDE_IN, y_in, size=10, colour=INK, align="right")
        x_in = left_in + row * _CELL_IN + 0.06
        sheet.write(name, x_in, y_in + _LOW_IN * 0.78, size=8.5, colour=QUIET)
        for column in range(row + 1):
            x_in = left_in + (column + 0.5) * _CELL_IN
            _draw_cell(sheet, axes, co_use, (row, column), (x_in, y_in))
    _draw_words(sheet, title, left_in)
    return sheet.figure


def _draw_cell(
    sheet: Sheet,
    axes: Axes,
    co_use: CoUse,
    cell: tuple[int, int],
    middle_in: tuple[float, float],
) -> None:
    row, column = cell
    share = float(co_use.jaccard[row, column])
    time = clock(int(co_use.both_s[row, column]))
    x_in, y_in = middle_in
    if row == column:
        _fill(axes, cell, GROUND)
        sheet.write(time, x_in, y_in, size=8.5, colour=INK, align="center")
        return
    _fill(axes, cell, _tint(0.0 if np.isnan(share) else share))
    if np.isnan(share) or co_use.both_s[row, column] == 0:
        sheet.write("–", x_in, y_in, size=9, colour=QUIET, align="center")
        return
    colour = "white" if share > _DARK else INK
    text = f"{share:.0%}" if share >= 0.01 else "< 1%"
    sheet.write(text, x_in, y_in + 0.085, size=9.5, colour=colour, align="center")
    sheet.write(time, x_in, y_in - 0.105, size=7.5, colour=colour, align="center")


def _fill(axes: Axes, cell: tuple[int, int], colour: str | tuple[float, ...]) -> None:
    row, column = cell
    left, right = np.array([column + _GAP]), np.array([column + 1 - _GAP])
    corners = boxes(left, right, bottom=row + 1 - _GAP, top=row + _GAP)
    axes.add_collection(
        PolyCollection(list(corners), facecolors=[colour], linewidths=0), autolim=False
    )


def _tint(share: float) -> tuple[float, ...]:
    """From paper to blue; the root makes small shares, which most are, tell apart."""
    strength = 0.06 + 0.94 * share**0.5
    return tuple(1 - strength * (1 - c) for c in to_rgb(tool_colour(0)))


def _draw_words(sheet: Sheet, title: str, left_in: float) -> None:
    top_in = sheet.height_in
    heading = fitted(title, size=13, width_in=sheet.width_in - left_in - _MARGIN_IN)
    sheet.write(heading, left_in, top_in - 0.30, size=13, colour=INK, weight="bold")
    subtitle = "seconds that show both tools, as a share of those that show one of the two or both"
    sheet.write(subtitle, left_in, top_in - 0.58, size=9, colour=QUIET)
    width_in, height_in = _KEY_IN
    y_in = 0.34
    key = sheet.add_axes(left_in, y_in - height_in / 2, width_in, height_in)
    rgb = np.array([[_tint(share) for share in np.linspace(0, 1, 128)]])
    key.imshow(rgb, extent=(0, 1, 0, 1), aspect="auto", interpolation="nearest")
    text = "share 0 to 1 · on the diagonal the tool's own time"
    sheet.write(text, left_in + width_in + 0.12, y_in, size=8.5, colour=QUIET)
