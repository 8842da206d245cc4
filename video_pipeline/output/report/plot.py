"""The timeline as inline SVG: a row a tool, bars over a strip of its probability, phases on top.

Lengths along the axis of time are shares of the width, so the plot fills any screen and any sheet
of paper without stretching its letters; what has a shape in seconds lies in small drawings of its
own that are stretched. One path a tool: thousands of uses are one element.
"""

from __future__ import annotations

from collections.abc import Iterable

from video_pipeline.output.pictures.palette import TICK_STEPS_S
from video_pipeline.output.report.colours import TOOL_COLOURS, phase_class, tool_class
from video_pipeline.output.report.markup import clock, plain_number, text
from video_pipeline.output.report.probability_bytes import strip_png
from video_pipeline.output.report.record import RecordingReport

__all__ = ["plot_section", "tick_step_s"]

_ROW_PX, _RIBBON_PX, _RIBBON_GAP_PX, _AXIS_PX = 40, 24, 8, 26
_GROUND_PX = (2, 37)
_BAR_PX = (7, 15)
_STRIP_PX = (25, 7)
"""(top, height) within a row."""

_MOST_TICKS = 12
_SMOOTH_FROM_S = 400
_LETTER_SHARE = 0.95
"""Of the plot's width in per cent, at most: a letter of a phase's name on a narrow screen."""


def plot_section(report: RecordingReport) -> str:
    """The plot with the names of its rows on the left and its key below."""
    return f"""\
<section aria-labelledby="plot-title">
<h2 id="plot-title">Timeline</h2>
<div class="plot">
<div class="names">{_names(report)}</div>
<div class="view"><div class="canvas" id="canvas">{_svg(report)}</div></div>
</div>
{_key(report)}</section>
"""


def tick_step_s(n_seconds: int) -> int:
    """Seconds between two ticks, so that there are thirteen at most."""
    fitting = (step for step in TICK_STEPS_S if n_seconds <= _MOST_TICKS * step)
    return next(fitting, TICK_STEPS_S[-1] * -(-n_seconds // (_MOST_TICKS * TICK_STEPS_S[-1])))


def _svg(report: RecordingReport) -> str:
    top, bottom = _rows_top(report), _rows_top(report) + _ROW_PX * len(report.tools)
    rows = "".join(_row(report, k, top + _ROW_PX * k) for k in range(len(report.tools)))
    grounds = "".join(
        f'<rect class="ground" y="{top + _ROW_PX * k + _GROUND_PX[0]}" width="100%" '
        f'height="{_GROUND_PX[1]}"/>'
        for k in range(len(report.tools))
    )
    described = f"{len(report.tools)} tools over {clock(report.n_seconds)}"
    return (
        f'<svg id="timeline" role="img" width="100%" height="{bottom + _AXIS_PX}" '
        f'aria-label="Timeline of {text(report.video_id)}: {described}; the tables below say '
        f'the same">'
        f"{_definitions(report, top, bottom)}{grounds}{_doubt(report, top, bottom)}"
        f"{_axis(report, bottom)}{_ribbon(report)}{rows}"
        f'<g id="marks" data-bottom="{bottom}"></g></svg>'
    )


def _rows_top(report: RecordingReport) -> int:
    return _RIBBON_PX + _RIBBON_GAP_PX if report.phases is not None else 0


def _definitions(report: RecordingReport, top: int, bottom: int) -> str:
    stretches = [s for of_reason in report.doubtful().values() for s in of_reason]
    if not stretches:
        return ""
    shape = _stretched(
        report, _path("doubtful", sorted(set(stretches))), top=top, height=bottom - top
    )
    return (
        '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><path class="hatch" d="M0 0v6"/></pattern>'
        f'<mask id="doubt" maskUnits="userSpaceOnUse" x="0" y="{top}" width="100%" '
        f'height="{bottom - top}">{shape}</mask></defs>'
    )


def _doubt(report: RecordingReport, top: int, bottom: int) -> str:
    """The seconds that are not to be relied on, across all rows."""
    if not report.is_doubtful().any():
        return ""
    place = f'y="{top}" width="100%" height="{bottom - top}" mask="url(#doubt)"'
    return f'<rect class="veil" {place}/><rect fill="url(#hatch)" {place}/>'


def _axis(report: RecordingReport, bottom: int) -> str:
    n, step_s = report.n_seconds, tick_step_s(report.n_seconds)
    ticks = []
    for k, tick_s in enumerate(range(0, n + 1, step_s)):
        x = _share(tick_s, n)
        side = "start" if tick_s == 0 else "end" if tick_s == n else "middle"
        odd = " odd" if k % 2 == 1 else ""
        ticks.append(
            f'<g class="tick{odd}"><line x1="{x}" x2="{x}" y2="{bottom + 4}"/>'
            f'<text x="{x}" y="{bottom + 18}" text-anchor="{side}">{clock(tick_s)}</text></g>'
        )
    return f'<g id="ticks">{"".join(ticks)}</g>'


def _ribbon(report: RecordingReport) -> str:
    if report.phases is None:
        return ""
    parts = []
    for stretch in report.phase_stretches():
        name = report.phases.phases[stretch.phase]
        seconds = stretch.stop - stretch.start
        has_room = 100 * seconds / report.n_seconds > _LETTER_SHARE * len(name) + 1
        label = f'<text x="6" y="16">{text(name)}</text>' if has_room else ""
        parts.append(
            f'<svg x="{_share(stretch.start, report.n_seconds)}" height="{_RIBBON_PX}" '
            f'width="{_share(seconds, report.n_seconds)}"><title>{text(name)}, '
            f"{clock(stretch.start)} to {clock(stretch.stop)}</title>"
            f'<rect class="phase {phase_class(stretch.phase)}" width="100%" height="100%"/>'
            f"{label}</svg>"
        )
    return f'<g class="ribbon">{"".join(parts)}</g>'


def _row(report: RecordingReport, k: int, top: int) -> str:
    tool = report.tools[k]
    bars = _path("bar", [(s.start_s, s.end_s) for s in report.segments_of(tool)])
    shape = _stretched(report, bars, top=top + _BAR_PX[0], height=_BAR_PX[1])
    return f'<g class="{tool_class(k)}">{shape}{_strip(report, k, top)}</g>'


def _strip(report: RecordingReport, k: int, top: int) -> str:
    if report.timeline is None or not report.has_probabilities:
        return ""
    colour = TOOL_COLOURS[k % len(TOOL_COLOURS)]
    address, spanned_s = strip_png(report.timeline.probabilities[:, k], colour)
    kind = "strip" if report.n_seconds > _SMOOTH_FROM_S else "strip sharp"
    return (
        f'<image class="{kind}" y="{top + _STRIP_PX[0]}" height="{_STRIP_PX[1]}" '
        f'width="{_share(spanned_s, report.n_seconds)}" preserveAspectRatio="none" '
        f'href="{address}"/>'
    )


def _stretched(report: RecordingReport, shape: str, *, top: int, height: int) -> str:
    """A shape whose unit is a second along, and its whole height across."""
    return (
        f'<svg y="{top}" width="100%" height="{height}" viewBox="0 0 {report.n_seconds} 1" '
        f'preserveAspectRatio="none">{shape}</svg>'
    )


def _path(kind: str, intervals: Iterable[tuple[float, float]]) -> str:
    boxes = []
    for start, end in intervals:
        long = plain_number(end - start)
        boxes.append(f"M{plain_number(start)} 0h{long}v1h-{long}z")
    return f'<path class="{kind}" d="{"".join(boxes)}"/>' if boxes else ""


def _share(seconds: float, n_seconds: int) -> str:
    return f"{100 * seconds / n_seconds:.4f}".rstrip("0").rstrip(".") + "%"


def _names(report: RecordingReport) -> str:
    ribbon = '<div class="name ribbon">phase</div>' if report.phases is not None else ""
    names = []
    for k, tool in enumerate(report.tools):
        uses = report.segments_of(tool)
        seconds = clock(sum(use.duration_s for use in uses))
        told = f"{seconds} · {len(uses)} use{'s' if len(uses) != 1 else ''}" if uses else "not seen"
        names.append(
            f'<div class="name {tool_class(k)}{"" if uses else " unused"}" title="{text(tool)}">'
            f"<b>{text(tool)}</b><small>{told}</small></div>"
        )
    return ribbon + "".join(names)


def _key(report: RecordingReport) -> str:
    entries = []
    if report.timeline is not None:
        entries.append('<span><i class="swatch c0"></i>visible</span>')
    if report.has_probabilities:
        entries.append('<span><i class="swatch fade"></i>probability, 0 to 1</span>')
    if report.is_doubtful().any():
        entries.append('<span><i class="swatch hatched"></i>no frame or flagged</span>')
    if report.phases is not None:
        entries.extend(
            f'<span><i class="swatch {phase_class(k)}"></i>{text(name)}</span>'
            for k, name in enumerate(report.phases.phases)
        )
    return f'<div class="key"><p>{"".join(entries)}</p><p id="hint"></p></div>\n'
