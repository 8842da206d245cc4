"""The key of a timeline: what each mark means, from the right leftwards, a line or two."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgb

from video_pipeline.output.pictures.palette import INK, QUIET, tool_colour
from video_pipeline.output.pictures.sheet import boxes, text_width_in
from video_pipeline.output.pictures.timeline_sheet import KEY_LINE_IN, TimelineSheet, hatched

__all__ = ["draw_key"]

_SWATCH_IN = (0.34, 0.11)
_DOUBT, _STRIP = "no frame or flagged", "probability 0 to 1"
_VISIBLE, _REFERENCE = "visible", "reference"
_ONLY_PREDICTED, _ONLY_REFERENCE = "only predicted", "only in the reference"
_PLACES = {
    _VISIBLE: (0.0, 1.0),
    _REFERENCE: (0.32, 0.68),
    _ONLY_PREDICTED: (0.5, 0.95),
    _ONLY_REFERENCE: (0.05, 0.5),
    _DOUBT: (0.0, 1.0),
}
"""(bottom, top) in the swatch."""


def draw_key(
    sheet: TimelineSheet, *, with_reference: bool, with_doubt: bool, with_strip: bool = True
) -> None:
    """Explain the marks; those of a comparison have a line of their own."""
    marks = ((_DOUBT, with_doubt), (_STRIP, with_strip), (_VISIBLE, True))
    first = [name for name, shown in marks if shown]
    _draw_line(sheet, first, sheet.below_in - 0.41)
    if with_reference:
        second = [_ONLY_REFERENCE, _ONLY_PREDICTED, _REFERENCE]
        _draw_line(sheet, second, sheet.below_in - 0.41 - KEY_LINE_IN)


def _draw_line(sheet: TimelineSheet, names: list[str], y_in: float) -> None:
    right_in = sheet.right_in
    width_in, height_in = _SWATCH_IN
    for name in names:
        sheet.write(name, right_in, y_in, size=8.5, colour=QUIET, align="right")
        right_in -= text_width_in(name, size=8.5) + 0.08
        _draw_swatch(
            sheet.add_axes(right_in - width_in, y_in - height_in / 2, width_in, height_in), name
        )
        right_in -= width_in + 0.26


def _draw_swatch(axes: Axes, name: str) -> None:
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    if name == _STRIP:
        _draw_strip_swatch(axes)
        return
    bottom, top = _PLACES[name]
    corners = boxes(np.zeros(1), np.ones(1), bottom=bottom, top=top)
    if name == _DOUBT:
        axes.add_collection(hatched(corners), autolim=False)
        return
    colour = INK if name in {_REFERENCE, _ONLY_REFERENCE} else tool_colour(0)
    axes.add_collection(
        PolyCollection(list(corners), facecolors=colour, linewidths=0), autolim=False
    )


def _draw_strip_swatch(axes: Axes) -> None:
    rgba = np.empty((1, 64, 4))
    rgba[..., :3] = to_rgb(tool_colour(0))
    rgba[..., 3] = np.linspace(0, 1, 64)
    axes.imshow(rgba, extent=(0, 1, 0, 1), aspect="auto", interpolation="nearest")
