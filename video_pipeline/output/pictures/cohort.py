"""The overview of a cohort: all recordings under one another, their tools as thin coloured rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from video_pipeline.output.pictures.cohort_strips import GAP_PX, height_of_strip, paint_strips
from video_pipeline.output.pictures.palette import (
    FAINT,
    HATCH,
    INK,
    QUIET,
    TICK_STEPS_S,
    clock,
    phase_colour,
    tool_colour,
)
from video_pipeline.output.pictures.phase_ribbon import (
    LEGEND_LINE_IN,
    draw_legend_line,
    legend_lines,
)
from video_pipeline.output.pictures.sheet import DPI, Sheet, drawable, fitted, text_width_in
from video_pipeline.timeline.statistics.cohort import CohortMember

__all__ = ["draw_cohort"]

_HIGHEST_PX = 20_000
"""What lies below that is left out, and said: no viewer opens a picture much higher."""
_WIDTH_IN, _ABOVE_IN, _BELOW_IN, _RIGHT_IN = 11.0, 0.80, 0.66, 0.8
_MARGIN_IN, _BESIDE_IN = 0.3, 0.14

_Entry = tuple[str, str]
"""(name, colour) in the legend."""


def draw_cohort(members: Sequence[CohortMember], *, title: str, normalised: bool = False) -> Figure:
    """Draw all recordings from their first second on; ``normalised``: each to the whole width."""
    tools = tuple(dict.fromkeys(tool for m in members for tool in m.timeline.tools))
    known = [member.phases for member in members if member.phases is not None]
    phases = tuple(dict.fromkeys(phase for of in known for phase in of.phases))
    strip_px = height_of_strip(len(members), len(tools), len(phases))
    shown = members[: max(1, _HIGHEST_PX // strip_px)]
    names = [drawable(member.video_id, longest=28) for member in shown]
    longest_name_in = max(text_width_in(name, size=8) for name in names)
    # Whole pixels, so that the picture is shown as it was painted.
    left_px = round(max(1.0, _MARGIN_IN + longest_name_in + _BESIDE_IN) * DPI)
    width_px = round((_WIDTH_IN - _RIGHT_IN) * DPI) - left_px
    longest_s = max(1, *(member.timeline.n_seconds for member in shown))
    strips = paint_strips(
        shown, tools, phases, width_px=width_px, span_s=None if normalised else longest_s
    )
    picture = np.concatenate(strips)
    has_gaps = any((member.timeline.n_frames == 0).any() for member in shown)
    lines = _legend(tools, phases, width_in=width_px / DPI, with_gaps=has_gaps)
    above_px = round((_ABOVE_IN + len(lines) * LEGEND_LINE_IN) * DPI)
    bottom_px = round(_BELOW_IN * DPI)
    sheet = Sheet(_WIDTH_IN, (above_px + len(picture) + bottom_px) / DPI)
    left_in, bottom_in, width_in = left_px / DPI, bottom_px / DPI, width_px / DPI
    axes = sheet.add_axes(left_in, bottom_in, width_in, len(picture) / DPI)
    axes.imshow(picture, aspect="auto", interpolation="nearest", extent=(0, 1, 0, 1))
    _write_names(sheet, shown, names, left_in, len(strips[0]))
    _draw_scale(sheet, left_in, bottom_in, width_in, None if normalised else longest_s)
    _draw_words(sheet, title, left_in, len(members), len(shown), normalised=normalised)
    for k, line in enumerate(lines):
        y_in = sheet.height_in - _ABOVE_IN - k * LEGEND_LINE_IN
        draw_legend_line(sheet, line, left_in, y_in)
    return sheet.figure


def _legend(
    tools: Sequence[str], phases: Sequence[str], *, width_in: float, with_gaps: bool
) -> list[list[_Entry]]:
    """Lines of tools, then lines of phases."""
    of_tools = [(drawable(tool, longest=28), tool_colour(k)) for k, tool in enumerate(tools)]
    of_phases = [(drawable(name, longest=32), phase_colour(k)) for k, name in enumerate(phases)]
    if with_gaps:
        of_tools.append(("no frame", HATCH))
    found: list[list[_Entry]] = []
    for entries in (of_tools, of_phases):
        names = tuple(name for name, _ in entries)
        lines = legend_lines(list(range(len(names))), names, width_in=width_in)
        found += [[entries[k] for k in line] for line in lines]
    return found


def _write_names(
    sheet: Sheet,
    members: Sequence[CohortMember],
    names: Sequence[str],
    left_in: float,
    strip_px: int,
) -> None:
    """Name each recording at its left, and say how long it is at the right."""
    for k, (member, name) in enumerate(zip(members, names, strict=True)):
        y_in = _BELOW_IN + ((len(members) - k) * strip_px - (strip_px - GAP_PX) / 2) / DPI
        sheet.write(name, left_in - _BESIDE_IN, y_in, size=8, colour=INK, align="right")
        length = clock(member.timeline.n_seconds)
        sheet.write(length, _WIDTH_IN - 0.2, y_in, size=8, colour=QUIET, align="right")


def _draw_scale(
    sheet: Sheet, left_in: float, bottom_in: float, width_in: float, span_s: int | None
) -> None:
    """Write the axis below: time, or with ``span_s`` None the share of each recording."""
    if span_s is None:
        ticks = [(share, f"{share:.0%}") for share in (0.0, 0.25, 0.5, 0.75, 1.0)]
        name = "share of each recording"
    else:
        step_s = next((s for s in TICK_STEPS_S if span_s <= 12 * s), TICK_STEPS_S[-1])
        unit_s = 60 if span_s >= 3600 else 1
        ticks = [
            (t / span_s, f"{t // unit_s // 60}:{t // unit_s % 60:02d}")
            for t in range(0, span_s + 1, step_s)
        ]
        name = "time (h:min)" if unit_s == 60 else "time (min:s)"
    axes = sheet.add_axes(left_in, bottom_in - 0.05, width_in, 0.05)
    axes.set_xlim(0, 1)
    for share, label in ticks:
        axes.axvline(share, color=FAINT, linewidth=1.0)
        x_in = left_in + share * width_in
        sheet.write(label, x_in, bottom_in - 0.15, size=8.5, colour=INK, align="center")
    sheet.write(name, left_in, bottom_in - 0.40, size=8.5, colour=QUIET)


def _draw_words(
    sheet: Sheet, title: str, left_in: float, n: int, n_shown: int, *, normalised: bool
) -> None:
    top_in = sheet.height_in
    heading = fitted(title, size=13, width_in=_WIDTH_IN - left_in - _MARGIN_IN)
    sheet.write(heading, left_in, top_in - 0.30, size=13, colour=INK, weight="bold")
    parts = [f"{n} recording{'s' if n != 1 else ''}"]
    if n_shown < n:
        parts.append(f"the first {n_shown} are shown")
    parts.append("each stretched to the whole width" if normalised else "to one scale")
    sheet.write(" · ".join(parts), left_in, top_in - 0.56, size=9, colour=QUIET)
