"""A comparison as a person reads it: a few aligned tables, and beneath them what they mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from video_pipeline.cli.compare_cells import cell_of, figure, print_table, print_text
from video_pipeline.cli.compare_spread_screen import print_spread
from video_pipeline.cli.console import print_result, printable
from video_pipeline.timeline.metrics.cohort import CohortComparison
from video_pipeline.timeline.metrics.phases import PhaseComparison, PhaseScores
from video_pipeline.timeline.metrics.seconds import FrameScores, SegmentScores
from video_pipeline.timeline.metrics.tools import TimelineComparison
from video_pipeline.timeline.metrics.uses import EventScores

__all__ = ["print_comparison"]

_SHOWN_NAMES = 5
"""Of the recordings that a note is about."""


def print_comparison(cohort: CohortComparison, *, notes: Sequence[str]) -> None:
    """One recording: its tables. Many: tools and phases over all, a row each, the summary."""
    many = len(cohort.recordings) > 1
    if cohort.tools is not None:
        n_recordings = sum(one.tools is not None for one in cohort.recordings)
        _print_tools(cohort.tools, n_recordings=n_recordings)
    if cohort.phases:
        _print_phases(cohort)
    if many:
        print_spread(cohort)
    for text in (*notes, *_notes(cohort)):
        print_result(f"  note: {printable(text)}")


def _print_tools(comparison: TimelineComparison, *, n_recordings: int) -> None:
    many = n_recordings > 1
    heads = ["tool", "precision", "recall", "F1", "AP", "uses", "true uses", "event F1"]
    rows = [[*heads, "AP by video"] if many else heads]
    more = [["tool", "F1@25", "F1@75", "ends 2 s", "covered", "uses / true", "error rate"]]
    for tool in comparison.tools:
        row = _tool_row(tool.tool, tool.frames, tool.average_precision, tool.events)
        rows.append([*row, figure(tool.average_precision_videowise)] if many else row)
        more.append(_use_row(tool.tool, tool.events, tool.segments))
    all_of = comparison.events
    row = _tool_row("all", comparison.micro, comparison.mean_average_precision, all_of)
    rows.append([*row, figure(comparison.mean_average_precision_videowise)] if many else row)
    more.append(_use_row("all", all_of, comparison.segments))
    print_table(rows)
    of_many = f" of {n_recordings} recordings together" if many else ""
    print_text(
        f"{comparison.n_seconds} seconds{of_many}; accuracy {figure(comparison.micro.accuracy)}. "
        "Frame figures are per second, `all` pools the tools (micro), the mean of the tools' F1 "
        f"(macro) is {figure(comparison.macro.f1)}. AP is scikit-learn's, its `all` the mean over "
        "tools that occur"
        + ("; by video: the mean over videos with the tool. " if many else ". ")
        + f"A use counts as found at an overlap (IoU) of {comparison.min_overlap:g} or more; - is "
        "undefined."
    )
    print_table(more)
    print_text(
        "F1 of uses at an overlap of 0.25 and 0.75 (Lea et al. 2017); with both ends within 2 s "
        "(sed_eval); covered: pieces may find a use together (PSDS). Error rate: seconds missed, "
        "invented or taken for another tool, over true ones (sed_eval, 1 s). The mean of the "
        f"tools' event F1 (macro) is {figure(comparison.macro_event_f1)}."
    )


def _tool_row(
    name: str, frames: FrameScores, average_precision: float | None, events: EventScores
) -> list[str]:
    return [
        printable(name),
        *map(figure, (frames.precision, frames.recall, frames.f1, average_precision)),
        str(events.n_predicted),
        str(events.n_reference),
        figure(events.f1),
    ]


def _use_row(name: str, events: EventScores, segments: SegmentScores) -> list[str]:
    at_25, _, at_75 = events.f1_at
    figures = (at_25, at_75, events.collar_f1, events.intersection_f1, events.segment_ratio)
    return [printable(name), *map(figure, (*figures, segments.error_rate))]


def _print_phases(cohort: CohortComparison) -> None:
    compared = [one.phases for one in cohort.recordings if one.phases is not None]
    rows = [["phase", "true s", "precision", "recall", "Jaccard", "F1", "relaxed F1"]]
    rows += [_phase_row(phase) for phase in cohort.phases]
    print_table(rows)
    if len(cohort.recordings) == 1:
        print_table(_strict_and_relaxed(compared[0]))
    n_seconds = sum(one.n_seconds for one in compared)
    of_many = f" of {len(compared)} recordings; each figure is the mean over those that define it"
    workflow = " and ".join(dict.fromkeys(one.workflow for one in compared))
    print_text(
        f"{n_seconds} seconds{of_many if len(compared) > 1 else ''}. Means over "
        "phases are over those that define the figure. Relaxed: a neighbouring phase within 10 s "
        "of a boundary is forgiven (m2cai16; Funke et al., arXiv 2305.13961) in the order of "
        f"{workflow}. Edit score out of 100, F1 of segments at IoU 0.1, 0.25 and 0.5: Lea et al. "
        "2017. - is undefined."
    )


def _phase_row(phase: PhaseScores) -> list[str]:
    strict = phase.strict
    return [
        printable(phase.phase),
        str(phase.n_reference),
        *map(figure, (strict.precision, strict.recall, strict.jaccard, strict.f1)),
        figure(phase.relaxed.f1),
    ]


def _strict_and_relaxed(comparison: PhaseComparison) -> list[list[str]]:
    heads = ["", "accuracy", "precision", "recall", "Jaccard", "F1"]
    rows = [[*heads, "edit", "F1@10", "F1@25", "F1@50"]]
    for name, accuracy, mean in (
        ("strict", comparison.accuracy, comparison.strict),
        ("relaxed", comparison.relaxed_accuracy, comparison.relaxed),
    ):
        figures = (accuracy, mean.precision, mean.recall, mean.jaccard, mean.f1)
        rows.append([name, *map(figure, figures), "", "", "", ""])
    rows[1][6:] = [
        cell_of("edit_score", comparison.edit_score),
        *map(figure, comparison.segment_f1_at),
    ]
    return rows


def _notes(cohort: CohortComparison) -> Iterator[str]:
    """What was left out, once, with the recordings that it is true of."""
    said: dict[str, list[str]] = {}
    for one in cohort.recordings:
        texts = [text for c in (one.tools, one.phases) if c is not None for text in c.notes]
        for text in dict.fromkeys(texts):
            said.setdefault(text, []).append(one.video_id)
    for text, names in said.items():
        if len(cohort.recordings) == 1:
            yield text
        else:
            rest = len(names) - _SHOWN_NAMES
            more = f" and {rest} more" if rest > 0 else ""
            yield f"{text} ({', '.join(names[:_SHOWN_NAMES])}{more})"
