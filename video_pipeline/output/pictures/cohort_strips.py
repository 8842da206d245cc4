"""The strips of a cohort's overview: each recording painted pixel by pixel, a thin row a tool.

Painted, not drawn, so that thousands of uses cost no more than a few; and a pixel has a tool's
colour where any of its seconds shows the tool, so that a use of one second is not lost.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.colors import to_rgb
from numpy.typing import NDArray

from video_pipeline.output.pictures.palette import GROUND, HATCH, phase_colour, tool_colour
from video_pipeline.timeline.statistics.cohort import CohortMember

__all__ = ["GAP_PX", "height_of_strip", "paint_strips"]

GAP_PX = 10
"""Of paper below each recording."""
_FEW, _THICK_PX, _THIN_PX = 20, 6, 4
_PHASE_PX, _BELOW_PHASE_PX = 6, 2


def height_of_strip(n_recordings: int, n_tools: int, n_phases: int) -> int:
    """Pixels that each of so many recordings takes."""
    ribbon_px = _PHASE_PX + _BELOW_PHASE_PX if n_phases > 0 else 0
    return ribbon_px + n_tools * _row_px(n_recordings) + GAP_PX


def paint_strips(
    members: Sequence[CohortMember],
    tools: Sequence[str],
    phases: Sequence[str],
    *,
    width_px: int,
    span_s: int | None,
) -> list[NDArray[np.uint8]]:
    """(height, width_px, 3) of each recording; the width is ``span_s``, or None: its own length."""
    row_px = _row_px(len(members))
    strips = []
    for member in members:
        own_s = max(member.timeline.n_seconds, 1)
        first, last = _seconds_of_pixels(width_px, own_s if span_s is None else span_s)
        rows = _paint(member, tools, first, last, row_px=row_px)
        if phases:
            ribbon = _phase_row(member, phases, first)
            rows = [
                np.repeat(ribbon[np.newaxis], _PHASE_PX, axis=0),
                _paper(_BELOW_PHASE_PX, width_px),
                *rows,
            ]
        strips.append(np.concatenate([*rows, _paper(GAP_PX, width_px)]))
    return strips


def _row_px(n_recordings: int) -> int:
    return _THICK_PX if n_recordings <= _FEW else _THIN_PX


def _paint(
    member: CohortMember,
    tools: Sequence[str],
    first: NDArray[np.intp],
    last: NDArray[np.intp],
    *,
    row_px: int,
) -> list[NDArray[np.uint8]]:
    """(row_px, width_px, 3) of each tool; on paper where the recording has ended."""
    timeline = member.timeline
    inside = first < timeline.n_seconds
    bed = _paper(len(first))
    bed[inside] = _rgb(GROUND)
    bed[_any_in(timeline.n_frames == 0, first, last)] = _rgb(HATCH)
    rows = []
    for k, tool in enumerate(tools):
        row = bed.copy()
        if tool in timeline.tools:
            present = timeline.present[:, timeline.tools.index(tool)]
            row[_any_in(present, first, last)] = _rgb(tool_colour(k))
        rows.append(np.repeat(row[np.newaxis], row_px, axis=0))
    return rows


def _phase_row(
    member: CohortMember, phases: Sequence[str], first: NDArray[np.intp]
) -> NDArray[np.uint8]:
    """(width_px, 3) the phase at the beginning of each pixel; paper where none is known."""
    row = _paper(len(first))
    if member.phases is not None:
        colours = np.stack([_rgb(phase_colour(phases.index(p))) for p in member.phases.phases])
        known = first < len(member.phases.phase)
        row[known] = colours[member.phases.phase[first[known]]]
    return row


def _paper(*shape: int) -> NDArray[np.uint8]:
    return np.full((*shape, 3), 255, dtype=np.uint8)


def _rgb(colour: str) -> NDArray[np.uint8]:
    return np.array([round(255 * part) for part in to_rgb(colour)], dtype=np.uint8)


def _seconds_of_pixels(width_px: int, span_s: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """(width_px,) the first second of each pixel, and the one after its last: at least one."""
    edges = np.arange(width_px + 1) * span_s / width_px
    first = np.floor(edges[:-1]).astype(np.intp)
    return first, np.maximum(np.ceil(edges[1:]).astype(np.intp), first + 1)


def _any_in(
    mask: NDArray[np.bool_], first: NDArray[np.intp], last: NDArray[np.intp]
) -> NDArray[np.bool_]:
    """(width_px,) whether ``mask`` (n_seconds,) holds in any of each pixel's seconds."""
    n_before = np.concatenate([[0], np.cumsum(mask)])
    n = len(mask)
    found: NDArray[np.bool_] = n_before[np.minimum(last, n)] > n_before[np.minimum(first, n)]
    return found
