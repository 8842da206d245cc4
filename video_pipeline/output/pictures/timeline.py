"""Drawing a timeline: a row per tool, bars where it is visible over a strip of its probability.

Importing this file imports matplotlib; ``plots`` does so only when a picture is wanted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from video_pipeline.output.pictures.palette import GROUND, INK, QUIET, clock, tool_colour
from video_pipeline.output.pictures.phase_ribbon import draw_ribbon, plan_ribbon
from video_pipeline.output.pictures.sheet import drawable, fitted
from video_pipeline.output.pictures.timeline_key import draw_key
from video_pipeline.output.pictures.timeline_sheet import (
    ALONE,
    BESIDE_IN,
    USES_IN,
    VISIBLE_IN,
    WITH_REFERENCE,
    TimelineSheet,
    Window,
    hatched,
)
from video_pipeline.records import PhaseTimeline, ToolTimeline
from video_pipeline.timeline.runs import find_runs

__all__ = ["PAGE_S", "Shown", "draw_pages", "draw_timeline"]

PAGE_S = 1800
"""What a page shows of a recording that is longer than ``_LONGEST_PAGE_S``."""
_LONGEST_PAGE_S = 2700


@dataclass(frozen=True, eq=False)
class Shown:
    """What a picture shows of one recording."""

    timeline: ToolTimeline
    title: str
    flags: Sequence[str] | None = None
    """(n_seconds,) why a second is doubtful, or empty: hatched, as are seconds without a frame."""
    reference: ToolTimeline | None = None
    """Of any length and tools; compared where both have a frame."""
    phases: PhaseTimeline | None = None
    """Of any length."""
    ribbon_name: str = "phase"
    """What is written beside the phases."""


def draw_timeline(shown: Shown) -> Figure:
    """Draw a whole timeline on a new figure of its own."""
    n_seconds = shown.timeline.n_seconds
    return _draw(shown, Window(0, n_seconds, max(n_seconds, 1), n_seconds), heading="")


def draw_pages(shown: Shown) -> list[Figure]:
    """Draw a timeline on pages of half an hour if it is longer than 45 minutes, else on one."""
    n_seconds = shown.timeline.n_seconds
    if n_seconds <= _LONGEST_PAGE_S:
        return [draw_timeline(shown)]
    starts = range(0, n_seconds, PAGE_S)
    return [
        _draw(
            shown,
            Window(start_s, min(start_s + PAGE_S, n_seconds), PAGE_S, n_seconds),
            heading=f" · page {k} of {len(starts)} · figures at the right are of all pages",
        )
        for k, start_s in enumerate(starts, start=1)
    ]


def _draw(shown: Shown, window: Window, *, heading: str) -> Figure:
    timeline, reference = shown.timeline, shown.reference
    doubtful = _doubtful_seconds(timeline, shown.flags)
    names = [drawable(tool, longest=28) for tool in timeline.tools]
    places = ALONE if reference is None else WITH_REFERENCE
    n_key_lines = 1 if reference is None else 2
    sheet = TimelineSheet(names, window, places, n_key_lines=n_key_lines)
    if shown.phases is not None:
        ribbon = plan_ribbon(shown.phases, window, width_in=sheet.right_in - sheet.left_in)
        sheet = TimelineSheet(
            names, window, places, ribbon_in=ribbon.height_in, n_key_lines=n_key_lines
        )
        draw_ribbon(sheet, ribbon, name=shown.ribbon_name)
    _draw_ground(sheet, doubtful)
    sheet.draw_time()
    for row, tool in enumerate(timeline.tools):
        sheet.draw_strip(row, _as_tabled(timeline.probabilities[:, row]), tool_colour(row))
        sheet.draw_bars(row, timeline.present[:, row], places.bar, tool_colour(row))
        if reference is not None and tool in reference.tools:
            _draw_comparison(sheet, row, timeline, reference)
        _label_row(sheet, row, timeline.present[:, row])
    _draw_headings(sheet, shown, heading)
    draw_key(
        sheet,
        with_reference=reference is not None,
        with_doubt=bool(doubtful.any()),
        # Labels that people made have no probabilities.
        with_strip=not bool(np.isnan(timeline.probabilities).all()),
    )
    return sheet.figure


def _as_tabled(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n_seconds,) as ``timeline.csv`` has them, so that its picture can be drawn from it again.

    ``np.round`` goes another way for a few, and a shade of grey would tell.
    """
    return np.array([float(f"{p:.4f}") for p in probabilities.tolist()], dtype=np.float64)


def _doubtful_seconds(timeline: ToolTimeline, flags: Sequence[str] | None) -> NDArray[np.bool_]:
    if flags is None:
        flags = [""] * timeline.n_seconds
    if len(flags) != timeline.n_seconds:
        raise ValueError(f"a flag for each of {timeline.n_seconds} s, got {len(flags)}")
    flagged = np.array([flag != "" for flag in flags], dtype=np.bool_)
    doubtful: NDArray[np.bool_] = flagged | (timeline.n_frames == 0)
    return doubtful


def _draw_ground(sheet: TimelineSheet, doubtful: NDArray[np.bool_]) -> None:
    """Draw the bed of each row, and over it what cannot be trusted."""
    window = sheet.window
    shown = max(window.stop_s - window.start_s, 1) / window.span_s
    for row in range(len(sheet.names)):
        sheet.axes.axhspan(row - 0.44, row + 0.40, xmax=shown, color=GROUND, linewidth=0, zorder=0)
    bottom, top = len(sheet.names) - 0.6, -0.44
    sheet.axes.add_collection(hatched(sheet.bars(doubtful, bottom=bottom, top=top)), autolim=False)


def _draw_comparison(
    sheet: TimelineSheet, row: int, timeline: ToolTimeline, reference: ToolTimeline
) -> None:
    """Draw where the tool really is visible, and what differs: too much above, missed below.

    Where one of them has no frame, or has ended, nobody can say that they differ.
    """
    column = reference.tools.index(timeline.tools[row])
    n = min(timeline.n_seconds, reference.n_seconds)
    true = reference.present[:n, column]
    said = timeline.present[:n, row]
    known = (timeline.n_frames[:n] > 0) & (reference.n_frames[:n] > 0)
    places = sheet.places
    for mask, place, colour in (
        (true, places.reference, INK),
        (said & ~true & known, places.only_predicted, tool_colour(row)),
        (true & ~said & known, places.only_reference, INK),
    ):
        if place is not None:
            sheet.draw_bars(row, mask, place, colour)
    if places.reference is not None:
        _write_figures(sheet, row, true, place=sum(places.reference) / 2, colour=QUIET, size=8)


def _label_row(sheet: TimelineSheet, row: int, present: NDArray[np.bool_]) -> None:
    used = bool(present.any())
    colour = INK if used else QUIET
    beside_in, places = sheet.left_in - BESIDE_IN, sheet.places
    # Beside a comparison the name and the figures belong to the bar, not to the row's middle.
    place = 0.0 if places.reference is None else places.bar[0] - 0.06
    y_in = sheet.row_in(row, place)
    sheet.write(sheet.names[row], beside_in, y_in, size=10, colour=colour, align="right")
    _write_figures(sheet, row, present, place=place, colour=colour, size=9)


def _write_figures(
    sheet: TimelineSheet,
    row: int,
    present: NDArray[np.bool_],
    *,
    place: float,
    colour: str,
    size: float,
) -> None:
    n_uses = len(find_runs(present[:, np.newaxis]).start)
    y_in = sheet.row_in(row, place)
    for text, right_in in (
        (clock(int(present.sum())) if n_uses > 0 else "–", sheet.right_in + VISIBLE_IN),
        (str(n_uses) if n_uses > 0 else "–", sheet.right_in + USES_IN),
    ):
        sheet.write(text, right_in, y_in, size=size, colour=colour, align="right")


def _draw_headings(sheet: TimelineSheet, shown: Shown, heading: str) -> None:
    top_in, timeline = sheet.height_in, shown.timeline
    title = fitted(shown.title, size=13, width_in=sheet.width_in - sheet.left_in - 0.3)
    sheet.write(title, sheet.left_in, top_in - 0.30, size=13, colour=INK, weight="bold")
    n_used = int(timeline.present.any(axis=0).sum())
    subtitle = f"{clock(timeline.n_seconds)} · {n_used} of {len(sheet.names)} tools seen{heading}"
    sheet.write(subtitle, sheet.left_in, top_in - 0.58, size=9, colour=QUIET)
    for text, right_in in (("visible", VISIBLE_IN), ("uses", USES_IN)):
        x_in, y_in = sheet.right_in + right_in, sheet.rows_top_in + 0.12
        sheet.write(text, x_in, y_in, size=8, colour=QUIET, align="right")
