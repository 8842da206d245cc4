"""Many recordings together: each one's figures, the tools' sums, medians and outliers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from video_pipeline.records import PhaseTimeline, ToolTimeline
from video_pipeline.timeline.statistics.co_use import CoUse, add_up_co_use, count_co_use
from video_pipeline.timeline.statistics.phase_usage import (
    PhaseUsage,
    add_up_phase_usage,
    count_phase_usage,
)
from video_pipeline.timeline.statistics.recording import RecordingStatistics, summarise_recording
from video_pipeline.timeline.statistics.tools import ToolStatistics, summarise_tools
from video_pipeline.timeline.statistics.transitions import (
    Changes,
    NextTools,
    add_up_next_tools,
    count_changes,
    count_next_tools,
)

__all__ = ["Cohort", "CohortMember", "MemberStatistics", "summarise_cohort"]


@dataclass(frozen=True, eq=False)
class CohortMember:
    """One recording of a cohort."""

    video_id: str
    timeline: ToolTimeline
    phases: PhaseTimeline | None = None
    """As long as the timeline; None where they are not known."""


@dataclass(frozen=True)
class MemberStatistics:
    """The figures of one recording and of its tools."""

    video_id: str
    recording: RecordingStatistics
    tools: tuple[ToolStatistics, ...]
    """Those that the recording's timeline has: of others nothing is known."""


@dataclass(frozen=True, eq=False)
class Cohort:
    """What many recordings say together."""

    tools: tuple[str, ...]
    """Of all recordings, in the order in which they are first met."""
    members: tuple[MemberStatistics, ...]
    co_use: CoUse
    next_tools: NextTools
    changes: Changes
    phase_usage: PhaseUsage | None
    """Of the recordings whose phases are known; None where there are none."""
    phase_usages: tuple[tuple[str, PhaseUsage], ...]
    """(video_id, usage) of each of them."""


def summarise_cohort(members: Sequence[CohortMember]) -> Cohort:
    """Sum up recordings; a sum over none is a ``ValueError``."""
    if not members:
        raise ValueError("a cohort has at least one recording")
    tools = _in_order(member.timeline.tools for member in members)
    usages = [
        (member.video_id, count_phase_usage(member.timeline, member.phases))
        for member in members
        if member.phases is not None
    ]
    phases = _in_order(usage.phases for _, usage in usages)
    changes: Changes = Counter()
    for member in members:
        changes.update(count_changes(member.timeline))
    return Cohort(
        tools=tools,
        members=tuple(
            MemberStatistics(
                member.video_id,
                summarise_recording(member.timeline),
                tuple(summarise_tools(member.timeline)),
            )
            for member in members
        ),
        co_use=add_up_co_use([count_co_use(m.timeline) for m in members], tools=tools),
        next_tools=add_up_next_tools([count_next_tools(m.timeline) for m in members], tools=tools),
        changes=changes,
        phase_usage=add_up_phase_usage([u for _, u in usages], phases=phases, tools=tools)
        if usages
        else None,
        phase_usages=tuple(usages),
    )


def _in_order(groups: Iterable[Sequence[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for group in groups for name in group))
