"""The phases of an operation as a ribbon: named where a name has room, else in a line above."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.collections import PolyCollection

from video_pipeline.output.pictures.palette import INK, QUIET, phase_colour
from video_pipeline.output.pictures.sheet import Sheet, boxes, drawable, text_width_in
from video_pipeline.output.pictures.timeline_sheet import BESIDE_IN, TimelineSheet, Window
from video_pipeline.records import PhaseTimeline
from video_pipeline.timeline.runs import find_runs

__all__ = [
    "LEGEND_LINE_IN",
    "Ribbon",
    "draw_legend_line",
    "draw_ribbon",
    "legend_lines",
    "plan_ribbon",
]

_HEIGHT_IN, _GAP_IN, LEGEND_LINE_IN = 0.23, 0.24, 0.22
_SIZE = 8.0
_SWATCH_IN, _BETWEEN_IN, _ROOM_IN = 0.22, 0.22, 0.12


@dataclass(frozen=True)
class _Block:
    phase: int
    start_s: int
    stop_s: int


@dataclass(frozen=True)
class Ribbon:
    """What a ribbon shows in a window, and how much height it needs."""

    names: tuple[str, ...]
    """Of all phases, drawable."""
    blocks: tuple[_Block, ...]
    legend: tuple[tuple[int, ...], ...]
    """Lines of phases whose name has room in none of their blocks."""

    @property
    def height_in(self) -> float:
        """With what lies above it."""
        return _HEIGHT_IN + _GAP_IN + len(self.legend) * LEGEND_LINE_IN


def plan_ribbon(phases: PhaseTimeline, window: Window, *, width_in: float) -> Ribbon:
    """Cut the phases into the blocks of a window that is ``width_in`` wide."""
    names = tuple(drawable(name, longest=32) for name in phases.phases)
    runs = find_runs(
        phases.phase[window.start_s : window.stop_s, np.newaxis] == np.arange(len(names))
    )
    blocks = tuple(
        _Block(phase, start + window.start_s, stop + window.start_s)
        for phase, start, stop in zip(
            runs.column.tolist(), runs.start.tolist(), runs.stop.tolist(), strict=True
        )
    )
    inch_a_second = width_in / window.span_s
    named = {b.phase for b in blocks if _has_room(b, names[b.phase], inch_a_second)}
    unnamed = [phase for phase in sorted({b.phase for b in blocks}) if phase not in named]
    return Ribbon(names, blocks, legend_lines(unnamed, names, width_in=width_in))


def draw_ribbon(sheet: TimelineSheet, ribbon: Ribbon, *, name: str = "phase") -> None:
    """Draw the ribbon above the rows, ``name`` beside it, above it names without room in it."""
    bottom_in = sheet.rows_top_in + _GAP_IN
    axes = sheet.add_time_axes(bottom_in, _HEIGHT_IN)
    axes.set_ylim(0, 1)
    left = np.array([block.start_s for block in ribbon.blocks], dtype=np.float64)
    right = np.array([block.stop_s for block in ribbon.blocks], dtype=np.float64)
    colours = [phase_colour(block.phase) for block in ribbon.blocks]
    axes.add_collection(
        PolyCollection(
            list(boxes(left, right, bottom=0.0, top=1.0)), facecolors=colours, linewidths=0
        ),
        autolim=False,
    )
    y_in = bottom_in + _HEIGHT_IN / 2
    sheet.write(name, sheet.left_in - BESIDE_IN, y_in, size=8.5, colour=QUIET, align="right")
    inch_a_second = (sheet.right_in - sheet.left_in) / sheet.window.span_s
    for block in ribbon.blocks:
        phase = ribbon.names[block.phase]
        if _has_room(block, phase, inch_a_second):
            middle_in = sheet.second_in((block.start_s + block.stop_s) / 2)
            sheet.write(phase, middle_in, y_in, size=_SIZE, colour=INK, align="center")
    y_in = bottom_in + _HEIGHT_IN + len(ribbon.legend) * LEGEND_LINE_IN - 0.05
    for line in ribbon.legend:
        draw_legend_line(
            sheet, [(ribbon.names[k], phase_colour(k)) for k in line], sheet.left_in, y_in
        )
        y_in -= LEGEND_LINE_IN


def legend_lines(
    phases: list[int], names: tuple[str, ...], *, width_in: float
) -> tuple[tuple[int, ...], ...]:
    """Break a legend of ``phases`` into lines of at most ``width_in``."""
    lines: list[list[int]] = []
    used_in = width_in
    for phase in phases:
        needed_in = _entry_width_in(names[phase])
        if used_in + needed_in > width_in:
            lines.append([])
            used_in = 0.0
        lines[-1].append(phase)
        used_in += needed_in
    return tuple(tuple(line) for line in lines)


def draw_legend_line(
    sheet: Sheet, entries: list[tuple[str, str]], left_in: float, y_in: float
) -> None:
    """Draw swatches with their names, (name, colour) each, from the left."""
    for name, colour in entries:
        axes = sheet.add_axes(left_in, y_in - 0.055, _SWATCH_IN, 0.11)
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1)
        corners = boxes(np.zeros(1), np.ones(1), bottom=0.0, top=1.0)
        axes.add_collection(
            PolyCollection(list(corners), facecolors=colour, linewidths=0), autolim=False
        )
        sheet.write(name, left_in + _SWATCH_IN + 0.07, y_in, size=_SIZE, colour=QUIET)
        left_in += _entry_width_in(name)


def _entry_width_in(name: str) -> float:
    return _SWATCH_IN + 0.07 + text_width_in(name, size=_SIZE) + _BETWEEN_IN


def _has_room(block: _Block, name: str, inch_a_second: float) -> bool:
    room_in = (block.stop_s - block.start_s) * inch_a_second
    return text_width_in(name, size=_SIZE) + _ROOM_IN <= room_in
