"""What ``statistics`` shows: medians by tool, who lies outside, what was written, what is next."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from video_pipeline.cli.console import print_result, printable
from video_pipeline.cli.table import align

if TYPE_CHECKING:
    from video_pipeline.timeline.statistics.cohort import Cohort
    from video_pipeline.timeline.statistics.spread import Outlier, Spread

__all__ = ["print_cohort", "print_written"]

_SHOWN_OUTLIERS = 5
_WORDS = {
    "presence_s": "visible",
    "share": "share",
    "n_uses": "uses",
    "median_use_s": "median use",
    "longest_use_s": "longest use",
    "first_second": "first second",
    "last_second": "last second",
    "n_gaps": "gaps",
    "median_gap_s": "median gap",
    "changes_per_minute": "changes a minute",
    "n_seconds": "length",
    "seen_s": "seconds with a frame",
    "unseen_s": "seconds without a frame",
    "n_tools_used": "tools used",
    "idle_s": "idle",
    "idle_share": "idle share",
    "several_s": "seconds with two tools or more",
}


def print_cohort(cohort: Cohort, spreads: Sequence[Spread], outliers: Sequence[Outlier]) -> None:
    """The cohort in one table, and the recordings that stand out."""
    of = {(spread.tool, spread.figure): spread for spread in spreads}
    n = len(cohort.members)
    total_s = sum(member.recording.n_seconds for member in cohort.members)
    unseen_s = sum(member.recording.unseen_s for member in cohort.members)
    missing = f", {_clock(unseen_s)} of it without a frame" if unseen_s > 0 else ""
    print_result(f"{n} recording{'s' if n != 1 else ''}, {_clock(total_s)} of video{missing}")
    idle = of[None, "idle_share"]
    if idle.median is not None:
        print_result(f"no tool in view: {_with_interval(idle, _percent)} of the time")
    print_result()
    rows = [["tool", "used in", "visible", "share", "uses", "use (s)", "gap (s)"]]
    rows += [_row(tool, of) for tool in cohort.tools]
    for line in align(rows):
        print_result(f"  {line}")
    print_result()
    print_result(
        "  Medians over recordings, in brackets their 95 % intervals (bootstrap over these,"
    )
    print_result("  from 3 on). use and gap: over each recording's own median. - is undefined.")
    _print_outliers(outliers)


def print_written(out: Path, written: Sequence[str]) -> None:
    """Which files there are now, and what may be done with them."""
    tables = [name for name in written if name.endswith(".csv")]
    pictures = [name for name in written if name.endswith(".png")]
    twice = " (each as .parquet too)" if len(written) > len(tables) + len(pictures) else ""
    print_result()
    print_result(f"written to {printable(str(out))}:")
    print_result(f"  {', '.join(tables)}{twice}")
    if pictures:
        print_result(f"  {', '.join(pictures)}")
        print_result(f"next: look at {printable(str(out / pictures[-1]))}")
    if "usage_per_phase.csv" not in written:
        print_result("with --phases DIR, where the phases lie: usage per phase too")


def _row(tool: str, of: Mapping[tuple[str | None, str], Spread]) -> list[str]:
    visible = of[tool, "presence_s"]
    n_used = int((visible.values > 0).sum())
    return [
        printable(tool),
        f"{n_used} of {len(visible.values)}",
        "-" if visible.median is None else _clock(visible.median),
        _with_interval(of[tool, "share"], _percent),
        _with_interval(of[tool, "n_uses"], _number),
        _with_interval(of[tool, "median_use_s"], _number),
        _with_interval(of[tool, "median_gap_s"], _number),
    ]


def _print_outliers(outliers: Sequence[Outlier]) -> None:
    if not outliers:
        return
    print_result()
    n = len({outlier.video_id for outlier in outliers})
    print_result(
        f"outside of 1.5 interquartile ranges: {len(outliers)} figures of {n} "
        f"recording{'s' if n != 1 else ''}, the farthest:"
    )
    rows = [["recording", "tool", "figure", "value", "fences"]]
    rows += [
        [
            printable(o.video_id),
            "-" if o.tool is None else printable(o.tool),
            _WORDS[o.figure],
            _value(o.value, o.figure),
            f"{_value(max(o.lower_fence, 0.0), o.figure)} to {_value(o.upper_fence, o.figure)}",
        ]
        for o in outliers[:_SHOWN_OUTLIERS]
    ]
    for line in align(rows):
        print_result(f"  {line}")


def _with_interval(spread: Spread, form: Callable[[float], str]) -> str:
    if spread.median is None:
        return "-"
    if spread.low is None or spread.high is None:
        return form(spread.median)
    return f"{form(spread.median)} ({form(spread.low)} to {form(spread.high)})"


def _value(value: float, figure: str) -> str:
    if figure.endswith("share"):
        return _percent(value)
    return f"{value:.4g} s" if figure.endswith("_s") else f"{value:.4g}"


def _percent(value: float) -> str:
    return f"{value:.1%}" if value < 0.1 else f"{value:.0%}"


def _number(value: float) -> str:
    return f"{value:.4g}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours > 0 else f"{minutes}:{rest:02}"
