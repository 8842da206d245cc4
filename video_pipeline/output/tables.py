r"""Our own tables as CSV: ``timeline.csv``, ``segments.csv``, ``statistics.csv``.

UTF-8, ``\n`` at every line's end, decimal points, probabilities, shares and rates with 4 decimals,
times with at most 3 and no trailing zeros; what is missing is an empty cell.

Tool names come from users, and people open these files in spreadsheets, which run a cell that
begins like a formula. Such a name (``=cmd``, ``+1``, ``@x``, ``-y``, or beginning with a tab or
return) is written with an apostrophe before it; reading takes it away again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from os import PathLike

import numpy as np
from numpy.typing import NDArray

from video_pipeline.output.files import write_text
from video_pipeline.records import ToolSegment, ToolTimeline
from video_pipeline.timeline.statistics import ToolStatistics

__all__ = [
    "PROBABILITY_SUFFIX",
    "armoured_cell",
    "bare_cell",
    "quoted_cell",
    "segments_csv",
    "statistics_csv",
    "timeline_csv",
    "write_segments",
    "write_statistics",
    "write_timeline",
]

PROBABILITY_SUFFIX = "_probability"
_SEGMENT_HEADER = (
    "tool",
    "start_s",
    "end_s",
    "duration_s",
    "mean_probability",
    "peak_probability",
)
_STATISTICS_HEADER = (
    "tool",
    "presence_s",
    "share",
    "n_uses",
    "median_use_s",
    "longest_use_s",
    "first_second",
    "last_second",
    "n_gaps",
    "median_gap_s",
    "changes_per_minute",
)
# A name that already has apostrophes before its formula gets one more, so that none is lost.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_ARMOURED = re.compile(r"'+[=+\-@\t\r]")


def write_timeline(
    path: str | PathLike[str], timeline: ToolTimeline, *, flags: Sequence[str] | None = None
) -> None:
    """Write ``timeline.csv``, whole or not at all; raises ``OutputError``."""
    write_text(path, timeline_csv(timeline, flags=flags))


def write_segments(path: str | PathLike[str], segments: Iterable[ToolSegment]) -> None:
    """Write ``segments.csv``, whole or not at all; raises ``OutputError``."""
    write_text(path, segments_csv(segments))


def write_statistics(path: str | PathLike[str], statistics: Iterable[ToolStatistics]) -> None:
    """Write ``statistics.csv``, whole or not at all; raises ``OutputError``."""
    write_text(path, statistics_csv(statistics))


def timeline_csv(timeline: ToolTimeline, *, flags: Sequence[str] | None = None) -> str:
    """Format a timeline: second, 0/1 per tool, probability per tool, n_frames, flag.

    ``flags`` says for each second why it is doubtful, or is empty; (n_seconds,).
    """
    if flags is None:
        flags = [""] * timeline.n_seconds
    if len(flags) != timeline.n_seconds:
        raise ValueError(f"a flag for each of {timeline.n_seconds} s, got {len(flags)}")
    header = [
        "second",
        *timeline.tools,
        *(tool + PROBABILITY_SUFFIX for tool in timeline.tools),
        "n_frames",
        "flag",
    ]
    columns = [
        map(str, range(timeline.n_seconds)),
        *(np.where(column, "1", "0").tolist() for column in timeline.present.T),
        *(_probability_cells(column) for column in timeline.probabilities.T),
        map(str, timeline.n_frames.tolist()),
        flags,
    ]
    return _csv(header, zip(*columns, strict=True))


def segments_csv(segments: Iterable[ToolSegment]) -> str:
    """Format segments, a row each, in the order given."""
    return _csv(
        _SEGMENT_HEADER,
        (
            (
                segment.tool,
                _time_cell(segment.start_s),
                _time_cell(segment.end_s),
                _time_cell(segment.duration_s),
                _probability_cell(segment.mean_probability),
                _probability_cell(segment.peak_probability),
            )
            for segment in segments
        ),
    )


def statistics_csv(statistics: Iterable[ToolStatistics]) -> str:
    """Format statistics, a row per tool, in the order given."""
    return _csv(
        _STATISTICS_HEADER,
        (
            (
                tool.tool,
                _time_cell(tool.presence_s),
                _probability_cell(tool.share),
                str(tool.n_uses),
                _time_cell(tool.median_use_s),
                _time_cell(tool.longest_use_s),
                _time_cell(tool.first_second),
                _time_cell(tool.last_second),
                str(tool.n_gaps),
                _time_cell(tool.median_gap_s),
                _probability_cell(tool.changes_per_minute),
            )
            for tool in statistics
        ),
    )


def armoured_cell(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet would run as a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def bare_cell(text: str) -> str:
    """Undo ``armoured_cell``."""
    return text[1:] if _ARMOURED.match(text) else text


def quoted_cell(text: str) -> str:
    """A cell that no spreadsheet runs, in quotes where it needs them.

    The csv module leaves a bare return, which ends a line for readers, without quotes.
    """
    cell = armoured_cell(text)
    needs_quotes = not set(cell).isdisjoint(',"\r\n')
    return '"' + cell.replace('"', '""') + '"' if needs_quotes else cell


def _csv(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    # Every text cell passes through here; numbers of ours never begin like a formula, but for a
    # minus sign, and none of ours is negative.
    return "".join(f"{','.join(map(quoted_cell, row))}\n" for row in (header, *rows))


def _probability_cells(column: NDArray[np.float64]) -> list[str]:
    # Adding 0 makes -0.0, which is a probability too, print as 0.0000.
    cells = [f"{value:.4f}" for value in (column + 0.0).tolist()]
    for row in np.flatnonzero(np.isnan(column)):
        cells[row] = ""
    return cells


def _probability_cell(value: float | None) -> str:
    return "" if value is None or np.isnan(value) else f"{value + 0.0:.4f}"


def _time_cell(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.3f}".rstrip("0").rstrip(".")
