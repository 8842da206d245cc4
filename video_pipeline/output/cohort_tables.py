"""The tables of a cohort: each recording's figures, their spread, and what belongs together."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import numpy as np

from video_pipeline.output.typed_table import Kind, Table, Value
from video_pipeline.timeline.statistics.cohort import Cohort
from video_pipeline.timeline.statistics.phase_usage import PhaseUsage
from video_pipeline.timeline.statistics.spread import (
    RECORDING_FIGURES,
    TOOL_FIGURES,
    Outlier,
    Spread,
)

__all__ = ["TABLE_NAMES", "cohort_tables", "combination_name"]

_COUNTS = frozenset(
    {"n_seconds", "n_tools_used", "n_uses", "first_second", "last_second", "n_gaps"}
)
_SHARES = frozenset({"share", "idle_share", "changes_per_minute"})

TABLE_NAMES = (
    "tools_per_recording",
    "recordings",
    "cohort",
    "outliers",
    "co_use",
    "transitions",
    "combination_changes",
    "phases_per_recording",
    "usage_per_phase",
)
"""Without suffix; the last two only where phases are known."""


def cohort_tables(
    cohort: Cohort, spreads: Sequence[Spread], outliers: Sequence[Outlier]
) -> tuple[Table, ...]:
    """Every table of a cohort, in the order of ``TABLE_NAMES``."""
    tables = [
        _tools_per_recording(cohort),
        _recordings(cohort),
        _cohort(cohort, spreads),
        _outliers(outliers),
        _co_use(cohort),
        _transitions(cohort),
        _combination_changes(cohort),
    ]
    if cohort.phase_usage is not None:
        tables += [_phases_per_recording(cohort), _usage_per_phase(cohort, cohort.phase_usage)]
    return tuple(tables)


def combination_name(combination: Collection[str], tools: Sequence[str]) -> str:
    """``hook + grasper``, in the order of ``tools``; empty where nothing is visible."""
    return " + ".join(tool for tool in tools if tool in combination)


def _kind_of(figure: str) -> Kind:
    return "count" if figure in _COUNTS else "share" if figure in _SHARES else "seconds"


def _with_kinds(figures: Iterable[str]) -> list[tuple[str, Kind]]:
    return [(figure, _kind_of(figure)) for figure in figures]


def _tools_per_recording(cohort: Cohort) -> Table:
    return Table.of_rows(
        "tools_per_recording",
        [("video_id", "text"), ("tool", "text"), *_with_kinds(TOOL_FIGURES)],
        [
            (member.video_id, tool.tool, *(getattr(tool, figure) for figure in TOOL_FIGURES))
            for member in cohort.members
            for tool in member.tools
        ],
    )


def _recordings(cohort: Cohort) -> Table:
    return Table.of_rows(
        "recordings",
        [("video_id", "text"), *_with_kinds(RECORDING_FIGURES)],
        [
            (member.video_id, *(getattr(member.recording, figure) for figure in RECORDING_FIGURES))
            for member in cohort.members
        ],
    )


def _cohort(cohort: Cohort, spreads: Sequence[Spread]) -> Table:
    layout: list[tuple[str, Kind]] = [("tool", "text"), ("figure", "text"), ("n", "count")]
    names = ("median", "low", "high", "first_quartile", "third_quartile")
    return Table.of_rows(
        "cohort",
        [*layout, ("n_recordings", "count"), *((name, "figure") for name in names)],
        [
            (
                spread.tool,
                spread.figure,
                len(spread.values),
                len(cohort.members),
                *(getattr(spread, name) for name in names),
            )
            for spread in spreads
        ],
    )


def _outliers(outliers: Sequence[Outlier]) -> Table:
    return Table.of_rows(
        "outliers",
        [
            ("video_id", "text"),
            ("tool", "text"),
            ("figure", "text"),
            ("value", "figure"),
            ("lower_fence", "figure"),
            ("upper_fence", "figure"),
            ("n_iqr", "figure"),
        ],
        [
            (o.video_id, o.tool, o.figure, o.value, o.lower_fence, o.upper_fence, o.n_iqr)
            for o in outliers
        ],
    )


def _co_use(cohort: Cohort) -> Table:
    pairs, tools = cohort.co_use, cohort.tools
    rows: list[Sequence[Value]] = []
    for i, j in zip(*np.triu_indices(len(tools), k=1), strict=True):
        share = float(pairs.jaccard[i, j])
        rows.append(
            (
                tools[i],
                tools[j],
                float(pairs.both_s[i, j]),
                float(pairs.either_s[i, j]),
                None if np.isnan(share) else share,
            )
        )
    layout: list[tuple[str, Kind]] = [("tool", "text"), ("other_tool", "text")]
    seconds: list[tuple[str, Kind]] = [("both_s", "seconds"), ("either_s", "seconds")]
    return Table.of_rows("co_use", [*layout, *seconds, ("jaccard", "share")], rows)


def _transitions(cohort: Cohort) -> Table:
    found = cohort.next_tools
    rows: list[Sequence[Value]] = []
    for i, tool in enumerate(cohort.tools):
        n_known = int(found.n_went[i] - found.n_unknown[i])
        for j, other in enumerate(cohort.tools):
            n_times = int(found.n_times[i, j])
            rows.append((tool, other, n_times, n_times / n_known if n_known > 0 else None))
        # What followed is unknown: no name, and no share of what is known.
        rows.append((tool, None, int(found.n_unknown[i]), None))
    layout: list[tuple[str, Kind]] = [("tool", "text"), ("next_tool", "text")]
    return Table.of_rows("transitions", [*layout, ("n_times", "count"), ("share", "share")], rows)


def _combination_changes(cohort: Cohort) -> Table:
    named: list[tuple[str, str, int]] = [
        (combination_name(before, cohort.tools), combination_name(after, cohort.tools), n)
        for (before, after), n in cohort.changes.items()
    ]
    named.sort(key=lambda row: (-row[2], row[:2]))
    layout: list[tuple[str, Kind]] = [("before", "text"), ("after", "text"), ("n_times", "count")]
    return Table.of_rows("combination_changes", layout, named)


def _usage_rows(usage: PhaseUsage) -> list[tuple[str, str, float, float, float | None]]:
    return [
        (
            phase,
            tool,
            float(usage.phase_s[i, j]),
            float(usage.presence_s[i, j]),
            float(usage.share[i, j]) if usage.phase_s[i, j] > 0 else None,
        )
        for i, phase in enumerate(usage.phases)
        for j, tool in enumerate(usage.tools)
    ]


_PHASE_LAYOUT: tuple[tuple[str, Kind], ...] = (
    ("phase", "text"),
    ("tool", "text"),
    ("phase_s", "seconds"),
    ("presence_s", "seconds"),
    ("share", "share"),
)


def _phases_per_recording(cohort: Cohort) -> Table:
    return Table.of_rows(
        "phases_per_recording",
        [("video_id", "text"), *_PHASE_LAYOUT],
        [(video_id, *row) for video_id, usage in cohort.phase_usages for row in _usage_rows(usage)],
    )


def _usage_per_phase(cohort: Cohort, total: PhaseUsage) -> Table:
    shares: dict[tuple[str, str], list[float]] = {}
    for _, usage in cohort.phase_usages:
        for phase, tool, _, _, share in _usage_rows(usage):
            if share is not None:
                shares.setdefault((phase, tool), []).append(share)
    rows: list[Sequence[Value]] = []
    for row in _usage_rows(total):
        of_pair = shares.get(row[:2], [])
        rows.append((*row, len(of_pair), float(np.median(of_pair)) if of_pair else None))
    return Table.of_rows(
        "usage_per_phase",
        [*_PHASE_LAYOUT, ("n_recordings", "count"), ("median_share", "share")],
        rows,
    )
