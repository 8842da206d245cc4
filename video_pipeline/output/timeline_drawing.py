"""Drawing a timeline: a row per tool, bars where it is visible over a strip of its probability.

Importing this file imports matplotlib; ``plots`` does so only when a picture is wanted.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from numpy.typing import NDArray

from video_pipeline.output.sheet import DPI, Sheet, boxes, drawable, text_width_in
from video_pipeline.records import ToolTimeline
from video_pipeline.timeline.runs import find_runs

__all__ = ["draw_timeline"]

_WIDTH_IN, _ROW_IN, _ABOVE_IN, _BELOW_IN = 11.0, 0.44, 0.86, 0.66
_RIGHT_IN = 1.5
_VISIBLE_IN, _USES_IN = 0.78, 1.22
"""Right ends of the two columns of numbers, from the rows' right end."""
_BESIDE_IN = 0.14
_MIN_BAR_PX = 2.0

# Okabe & Ito, "Color Universal Design" (2008), without the yellow, which is lost on white paper.
_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#404040")
_INK, _QUIET, _FAINT, _GROUND = "#222222", "#6E6E6E", "#DDDDDD", "#F6F6F4"
_DOUBT, _HATCH = "#EAEAEA", "#ABABAB"

# A row is 1 high; its middle lies at its index; downwards is positive.
_BAR = (0.12, -0.28)
_STRIP = (0.34, 0.17)
_REFERENCE = (-0.34, -0.40)

_TICK_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)


class _TimelineSheet(Sheet):
    """The sheet of one timeline, with axes over its rows: x in seconds, y in rows."""

    def __init__(self, names: Sequence[str], n_seconds: int) -> None:
        self.names = names
        self.n_seconds = max(n_seconds, 1)
        self.rows_height_in = len(names) * _ROW_IN
        super().__init__(_WIDTH_IN, _ABOVE_IN + self.rows_height_in + _BELOW_IN)
        longest_name_in = max(text_width_in(name, size=10) for name in names)
        self.left_in = max(1.0, 0.3 + longest_name_in + _BESIDE_IN)
        self.right_in = _WIDTH_IN - _RIGHT_IN
        self.axes = self.add_axes(
            self.left_in, _BELOW_IN, self.right_in - self.left_in, self.rows_height_in
        )
        self.axes.set_xlim(0, self.n_seconds)
        self.axes.set_ylim(len(names) - 0.5, -0.5)

    def row_in(self, row: int) -> float:
        """Return the height of a row's middle."""
        return _BELOW_IN + self.rows_height_in - (row + 0.5) * _ROW_IN

    def second_in(self, second: float) -> float:
        """Return the place of a time."""
        return self.left_in + (self.right_in - self.left_in) * second / self.n_seconds

    def bars(self, mask: NDArray[np.bool_], *, bottom: float, top: float) -> NDArray[np.float64]:
        """Return boxes for the runs of ``mask`` (n_seconds,), none too thin to be seen."""
        runs = find_runs(mask[:, np.newaxis])
        thinnest_s = _MIN_BAR_PX * self.n_seconds / ((self.right_in - self.left_in) * DPI)
        middle = (runs.start + runs.stop) / 2
        half = np.maximum(runs.length, thinnest_s) / 2
        return boxes(middle - half, middle + half, bottom=bottom, top=top)


def draw_timeline(
    timeline: ToolTimeline,
    *,
    title: str,
    flags: Sequence[str] | None = None,
    reference: ToolTimeline | None = None,
) -> Figure:
    """Draw a timeline on a new figure of its own.

    Seconds without a frame and seconds with a flag, (n_seconds,), are hatched. A ``reference`` puts
    a thin line above the bars where the tool really is visible, for the tools that it has.
    """
    doubtful = _doubtful_seconds(timeline, flags)
    names = [drawable(tool, longest=28) for tool in timeline.tools]
    sheet = _TimelineSheet(names, timeline.n_seconds)
    _draw_ground(sheet, doubtful)
    _draw_time(sheet)
    for row, tool in enumerate(timeline.tools):
        colour = _COLOURS[row % len(_COLOURS)]
        _draw_strip(sheet.axes, row, timeline.probabilities[:, row], colour)
        _draw_bars(sheet, row, timeline.present[:, row], _BAR, colour)
        if reference is not None and tool in reference.tools:
            true = reference.present[:, reference.tools.index(tool)]
            _draw_bars(sheet, row, true[: timeline.n_seconds], _REFERENCE, _INK)
        _label_row(sheet, row, timeline.present[:, row])
    _draw_headings(sheet, title, timeline)
    _draw_key(sheet, with_reference=reference is not None, with_doubt=bool(doubtful.any()))
    return sheet.figure


def _doubtful_seconds(timeline: ToolTimeline, flags: Sequence[str] | None) -> NDArray[np.bool_]:
    if flags is None:
        flags = [""] * timeline.n_seconds
    if len(flags) != timeline.n_seconds:
        raise ValueError(f"a flag for each of {timeline.n_seconds} s, got {len(flags)}")
    flagged = np.array([flag != "" for flag in flags], dtype=np.bool_)
    doubtful: NDArray[np.bool_] = flagged | (timeline.n_frames == 0)
    return doubtful


def _draw_ground(sheet: _TimelineSheet, doubtful: NDArray[np.bool_]) -> None:
    """Draw the bed of each row, and over it what cannot be trusted."""
    for row in range(len(sheet.names)):
        sheet.axes.axhspan(row - 0.44, row + 0.40, color=_GROUND, linewidth=0, zorder=0)
    bottom, top = len(sheet.names) - 0.6, -0.44
    sheet.axes.add_collection(_hatched(sheet.bars(doubtful, bottom=bottom, top=top)), autolim=False)


def _hatched(corners: NDArray[np.float64]) -> PolyCollection:
    return PolyCollection(
        list(corners), facecolors=_DOUBT, edgecolors=_HATCH, linewidths=0, hatch="/////", zorder=1
    )


def _draw_time(sheet: _TimelineSheet) -> None:
    """Draw the axis of time: at most thirteen ticks, named like a clock."""
    step_s = next(
        (step for step in _TICK_STEPS_S if sheet.n_seconds <= 12 * step), _TICK_STEPS_S[-1]
    )
    unit_s = 60 if sheet.n_seconds >= 3600 else 1
    for tick_s in range(0, sheet.n_seconds + 1, step_s):
        sheet.axes.axvline(tick_s, color=_FAINT, linewidth=0.6, zorder=1.5)
        label = f"{tick_s // unit_s // 60}:{tick_s // unit_s % 60:02d}"
        sheet.write(
            label, sheet.second_in(tick_s), _BELOW_IN - 0.12, size=8.5, colour=_INK, align="center"
        )
    name = "time (h:min)" if unit_s == 60 else "time (min:s)"
    sheet.write(name, sheet.left_in, _BELOW_IN - 0.41, size=8.5, colour=_QUIET)


def _draw_strip(axes: Axes, row: int, probability: NDArray[np.float64], colour: str) -> None:
    """Draw the probability as a band from nothing to the tool's colour; nothing where NaN."""
    n_seconds = len(probability)
    if n_seconds == 0:
        return
    bottom, top = _STRIP
    rgba = np.empty((1, n_seconds, 4))
    rgba[..., :3] = to_rgb(colour)
    rgba[..., 3] = np.nan_to_num(probability, nan=0.0)
    axes.imshow(
        rgba,
        extent=(0, n_seconds, row + bottom, row + top),
        aspect="auto",
        interpolation="antialiased" if n_seconds > 400 else "nearest",
        zorder=2,
    )


def _draw_bars(
    sheet: _TimelineSheet,
    row: int,
    mask: NDArray[np.bool_],
    place: tuple[float, float],
    colour: str,
) -> None:
    bottom, top = place
    corners = sheet.bars(mask, bottom=row + bottom, top=row + top)
    sheet.axes.add_collection(
        PolyCollection(list(corners), facecolors=colour, linewidths=0, zorder=3), autolim=False
    )


def _label_row(sheet: _TimelineSheet, row: int, present: NDArray[np.bool_]) -> None:
    n_uses = len(find_runs(present[:, np.newaxis]).start)
    used = n_uses > 0
    colour = _INK if used else _QUIET
    y_in = sheet.row_in(row)
    for text, right_in, size in (
        (sheet.names[row], sheet.left_in - _BESIDE_IN, 10),
        (_clock(int(present.sum())) if used else "–", sheet.right_in + _VISIBLE_IN, 9),
        (str(n_uses) if used else "–", sheet.right_in + _USES_IN, 9),
    ):
        sheet.write(text, right_in, y_in, size=size, colour=colour, align="right")


def _draw_headings(sheet: _TimelineSheet, title: str, timeline: ToolTimeline) -> None:
    top_in = sheet.height_in
    sheet.write(
        drawable(title, longest=68),
        sheet.left_in,
        top_in - 0.30,
        size=13,
        colour=_INK,
        weight="bold",
    )
    n_used = int(timeline.present.any(axis=0).sum())
    subtitle = f"{_clock(timeline.n_seconds)} · {n_used} of {len(sheet.names)} tools seen"
    sheet.write(subtitle, sheet.left_in, top_in - 0.58, size=9, colour=_QUIET)
    for text, right_in in (("visible", _VISIBLE_IN), ("uses", _USES_IN)):
        sheet.write(
            text, sheet.right_in + right_in, top_in - 0.74, size=8, colour=_QUIET, align="right"
        )


def _draw_key(sheet: _TimelineSheet, *, with_reference: bool, with_doubt: bool) -> None:
    """Explain the marks, from the right leftwards, on the line of the axis' name."""
    y_in = _BELOW_IN - 0.41
    right_in = sheet.right_in
    for name, shown in (
        ("no frame or flagged", with_doubt),
        ("probability 0 to 1", True),
        ("visible", True),
        ("reference", with_reference),
    ):
        if shown:
            sheet.write(name, right_in, y_in, size=8.5, colour=_QUIET, align="right")
            right_in -= text_width_in(name, size=8.5) + 0.08
            _draw_swatch(sheet.add_axes(right_in - 0.34, y_in - 0.055, 0.34, 0.11), name)
            right_in -= 0.34 + 0.26


def _draw_swatch(axes: Axes, name: str) -> None:
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    if name.startswith("probability"):
        _draw_strip_swatch(axes)
        return
    thin = name == "reference"
    corners = boxes(
        np.zeros(1), np.ones(1), bottom=0.32 if thin else 0.0, top=0.68 if thin else 1.0
    )
    if name.startswith("no frame"):
        axes.add_collection(_hatched(corners), autolim=False)
    else:
        colour = _INK if thin else _COLOURS[0]
        axes.add_collection(
            PolyCollection(list(corners), facecolors=colour, linewidths=0), autolim=False
        )


def _draw_strip_swatch(axes: Axes) -> None:
    rgba = np.empty((1, 64, 4))
    rgba[..., :3] = to_rgb(_COLOURS[0])
    rgba[..., 3] = np.linspace(0, 1, 64)
    axes.imshow(rgba, extent=(0, 1, 0, 1), aspect="auto", interpolation="nearest")


def _clock(seconds: int) -> str:
    """Write a time like a clock: 4:05 or, from an hour on, 1:04:05."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours > 0 else f"{minutes}:{rest:02d}"
