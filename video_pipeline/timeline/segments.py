"""Seconds into segments and back: the uninterrupted uses of each tool.

Row k of a timeline speaks for [k, k + 1) s, so segments begin and end at whole seconds, and seconds
-> segments -> seconds is the identity. The last segment is not cut at the recording's last frame: a
recording of 74.6 s has 75 rows, and a use up to its end lasts to 75.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from video_pipeline.records import ToolSegment, ToolTimeline
from video_pipeline.timeline.runs import Runs, fill_runs, find_runs

__all__ = ["find_segments", "presence_from_segments"]


def find_segments(timeline: ToolTimeline) -> list[ToolSegment]:
    """Cut a timeline into segments, ordered by start and then by the timeline's order of tools."""
    runs = find_runs(timeline.present)
    mean, peak = _mean_and_peak(timeline.probabilities, runs)
    return [
        ToolSegment(
            tool=timeline.tools[runs.column[i]],
            start_s=float(runs.start[i]),
            end_s=float(runs.stop[i]),
            mean_probability=float(mean[i]),
            peak_probability=float(peak[i]),
        )
        for i in np.lexsort((runs.column, runs.start))
    ]


def presence_from_segments(
    segments: Iterable[ToolSegment], *, tools: Sequence[str], n_seconds: int
) -> NDArray[np.bool_]:
    """Return present, (n_seconds, n_tools), true in the seconds that ``segments`` cover."""
    column_of = {tool: k for k, tool in enumerate(tools)}
    cells = [_checked_cells(segment, column_of, n_seconds) for segment in segments]
    column, start, stop = np.array(cells, dtype=np.intp).reshape(-1, 3).T
    return fill_runs(Runs(column, start, stop), (n_seconds, len(tools)))


def _checked_cells(
    segment: ToolSegment, column_of: dict[str, int], n_seconds: int
) -> tuple[int, int, int]:
    if segment.tool not in column_of:
        raise ValueError(f"{segment.tool!r} is none of the tools {tuple(column_of)}")
    start, stop = int(segment.start_s), int(segment.end_s)
    if (start, stop) != (segment.start_s, segment.end_s) or not 0 <= start < stop <= n_seconds:
        raise ValueError(
            f"segments lie at whole seconds from 0 to {n_seconds}, "
            f"got [{segment.start_s}, {segment.end_s}) of {segment.tool!r}"
        )
    return column_of[segment.tool], start, stop


def _mean_and_peak(
    probabilities: NDArray[np.float64], runs: Runs
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return each run's mean and highest probability; NaN where a probability is missing."""
    if len(runs.start) == 0:
        return np.empty(0), np.empty(0)
    # One long column with a cell of padding after each tool: runs are then pairs of cut points.
    n_rows, _ = probabilities.shape
    column = np.pad(probabilities, ((0, 1), (0, 0))).T.ravel()
    offset = runs.column * (n_rows + 1)
    cuts = np.stack([offset + runs.start, offset + runs.stop], axis=1).ravel()
    total = np.add.reduceat(column, cuts)[::2]
    peak = np.maximum.reduceat(column, cuts)[::2]
    # Rounding may lift a mean of equal values above every one of them.
    return np.minimum(total / runs.length, peak), peak
