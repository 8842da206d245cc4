"""The page's tables: uses, statistics, phases, and the seconds that are doubtful."""

from __future__ import annotations

from collections.abc import Sequence

from video_pipeline.output.report.colours import phase_class, tool_class
from video_pipeline.output.report.definitions import FLAGS, PHASES, SEGMENTS, STATISTICS
from video_pipeline.output.report.markup import (
    MISSING,
    Cell,
    clock,
    plain_number,
    probability,
    table,
    text,
    time_cell,
)
from video_pipeline.output.report.record import RecordingReport, Stretch
from video_pipeline.timeline.statistics import summarise_tools

__all__ = ["doubt_section", "phases_section", "segments_section", "statistics_section"]

_SHOWN_STRETCHES = 6
_LONGEST_SHOWN = 24
"""Characters of a name; a longer one may be cut on the screen and is shown under the pointer."""


def statistics_section(report: RecordingReport) -> str:
    """A row a tool: how long, how often and when."""
    if report.timeline is None:
        return ""
    rows = [
        (
            _named_cell(tool.tool, tool_class(k)),
            [
                Cell(_duration(tool.presence_s), tool.presence_s),
                _percent(tool.share),
                Cell(str(tool.n_uses), tool.n_uses),
                _duration_cell(tool.median_use_s),
                _duration_cell(tool.longest_use_s),
                time_cell(tool.first_second, seeks=True),
                time_cell(tool.last_second, seeks=True),
                Cell(str(tool.n_gaps), tool.n_gaps),
                _duration_cell(tool.median_gap_s),
                _rate_cell(tool.changes_per_minute),
            ],
        )
        for k, tool in enumerate(summarise_tools(report.timeline))
    ]
    columns = (
        *("tool", "visible", "share", "uses", "median use", "longest use", "first", "last"),
        *("gaps", "median gap", "changes per minute"),
    )
    content = table(columns, rows, caption="Statistics of each tool", kind="tools")
    return _section("statistics", "Tools", content, STATISTICS)


def segments_section(report: RecordingReport) -> str:
    """A row for each use of a tool, in order of time."""
    if report.timeline is None:
        return ""
    row_of = {tool: k for k, tool in enumerate(report.tools)}
    rows = [
        (
            _named_cell(segment.tool, tool_class(row_of[segment.tool])),
            [
                time_cell(segment.start_s, seeks=True),
                time_cell(segment.end_s),
                _duration_cell(segment.duration_s),
                probability(segment.mean_probability),
                probability(segment.peak_probability),
            ],
        )
        for segment in report.segments
    ]
    columns = ("tool", "from", "to", "lasts", "mean probability", "peak probability")
    content = (
        table(columns, rows, caption="Uses of tools", kind="seeks uses")
        if rows
        else "<p>No tool was seen.</p>\n"
    )
    return _section("segments", "Uses", content, SEGMENTS)


def phases_section(report: RecordingReport) -> str:
    """A row for each stretch of a phase; nothing where phases are not known."""
    if report.phases is None:
        return ""
    rows = [
        (
            _named_cell(report.phases.phases[stretch.phase], phase_class(stretch.phase)),
            [
                time_cell(stretch.start, seeks=True),
                time_cell(stretch.stop),
                _duration_cell(stretch.stop - stretch.start),
            ],
        )
        for stretch in report.phase_stretches()
    ]
    content = table(("phase", "from", "to", "lasts"), rows, caption="Phases", kind="seeks")
    return _section("phases", "Phases", content, PHASES)


def doubt_section(report: RecordingReport) -> str:
    """Why seconds are hatched, and which; in words where none is."""
    reasons = report.doubtful()
    if not reasons:
        told = "No second is flagged." if report.flags is not None else "Flags were not recorded."
        return _section("doubt", "Doubtful seconds", f"<p>{told}</p>\n", {})
    rows = [
        (
            Cell(text(reason)),
            [
                Cell(str(_seconds(stretches)), _seconds(stretches)),
                Cell(_listed(stretches)),
            ],
        )
        for reason, stretches in reasons.items()
    ]
    content = table(
        ("reason", "seconds", "where"),
        rows,
        caption="Doubtful seconds",
        kind="doubt",
        numeric=(False, True, False),
    )
    known = {reason: FLAGS[reason] for reason in reasons if reason in FLAGS}
    return _section("doubt", "Doubtful seconds", content, known)


def _section(name: str, title: str, content: str, terms: dict[str, str]) -> str:
    """A heading, a table, and what its words mean."""
    meaning = "".join(f"<dt>{text(term)}</dt><dd>{text(of)}</dd>" for term, of in terms.items())
    told = f'<dl class="terms">{meaning}</dl>\n' if meaning else ""
    return (
        f'<section aria-labelledby="{name}-title">\n<h2 id="{name}-title">{title}</h2>\n'
        f"{content}{told}</section>\n"
    )


def _named_cell(name: str, colour: str) -> Cell:
    shown = text(name)
    title = f' title="{shown}"' if len(shown) > _LONGEST_SHOWN else ""
    return Cell(f'<i class="swatch {colour}"></i><span{title}>{shown}</span>')


def _duration_cell(value: float | None) -> Cell:
    return Cell(MISSING) if value is None else Cell(_duration(value), value)


def _rate_cell(value: float | None) -> Cell:
    return Cell(MISSING) if value is None else Cell(f"{value:.2f}", value)


def _duration(value: float) -> str:
    """Seconds as they are below a minute, like a clock from there on."""
    return f"{plain_number(value)} s" if value < 60 else clock(value)


def _percent(share: float | None) -> Cell:
    return Cell(MISSING) if share is None else Cell(f"{100 * share:.1f} %", share)


def _seconds(stretches: Sequence[Stretch]) -> int:
    return sum(stop - start for start, stop in stretches)


def _listed(stretches: Sequence[Stretch]) -> str:
    shown = [
        clock(start) if stop == start + 1 else f"{clock(start)}–{clock(stop)}"
        for start, stop in stretches[:_SHOWN_STRETCHES]
    ]
    more = len(stretches) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")
