"""How a comparison is spread over recordings, as a person reads it: each, all, and two runs."""

from __future__ import annotations

from collections.abc import Mapping

from video_pipeline.cli.compare_cells import (
    cell_of,
    interval_of,
    label_of,
    p_value_of,
    print_table,
    print_text,
)
from video_pipeline.cli.console import print_result, printable
from video_pipeline.timeline.metrics.cohort import CohortComparison, RecordingComparison
from video_pipeline.timeline.metrics.spread import Difference

__all__ = ["print_differences", "print_spread"]

# Of the figures those that a table of many recordings shows; --json has all.
_OF_A_RECORDING = {
    "micro_f1": "F1",
    "mean_average_precision": "mAP",
    "event_f1_50": "event F1",
    "segment_ratio": "uses / true",
    "phase_accuracy": "phase accuracy",
    "phase_f1": "phase F1",
    "edit_score": "edit",
    "segment_f1_50": "F1@50",
}
_IN_SUMMARY = (
    *("micro_f1", "macro_f1", "mean_average_precision", "event_f1_25", "event_f1_50"),
    *("event_f1_75", "macro_event_f1", "collar_f1", "segment_ratio", "error_rate"),
    *("phase_accuracy", "phase_precision", "phase_recall", "phase_jaccard", "phase_f1"),
    *("relaxed_phase_accuracy", "relaxed_phase_jaccard", "edit_score"),
    *("segment_f1_10", "segment_f1_25", "segment_f1_50"),
)


def print_spread(cohort: CohortComparison) -> None:
    """A row a recording, then a row a figure."""
    print_table([_heads(cohort), *(_row(cohort, one) for one in cohort.recordings)])
    _print_summary(cohort)


def print_differences(differences: Mapping[str, Difference], *, names: tuple[str, str]) -> None:
    """One run held against another, figure by figure; ``names`` are theirs."""
    rows = [["", "first", "second", "difference", "95 % interval", "p", "n"]]
    for figure in _IN_SUMMARY:
        difference = differences.get(figure)
        if difference is not None and difference.n > 0:
            rows.append(
                [
                    label_of(figure),
                    cell_of(figure, difference.first),
                    cell_of(figure, difference.second),
                    cell_of(figure, difference.mean, sign="+"),
                    interval_of(figure, difference.low, difference.high, sign="+"),
                    p_value_of(difference.p_value),
                    str(difference.n),
                ]
            )
    print_result(f"  first: {printable(names[0])}; second: {printable(names[1])}")
    print_result()
    print_table(rows)
    print_text(
        "Means over the n recordings that define the figure in both runs; the difference is first "
        "minus second, its interval bootstrapped over these recordings; p is Wilcoxon's "
        "signed-rank test, two-sided, not corrected for the number of figures. Below six "
        "recordings p cannot fall under 0.05."
    )


def _heads(cohort: CohortComparison) -> list[str]:
    return [
        "recording",
        *(head for name, head in _OF_A_RECORDING.items() if name in cohort.summary),
    ]


def _row(cohort: CohortComparison, recording: RecordingComparison) -> list[str]:
    figures = recording.figures
    shown = [name for name in _OF_A_RECORDING if name in cohort.summary]
    return [
        printable(recording.video_id),
        *(cell_of(name, figures.get(name)) for name in shown),
    ]


def _print_summary(cohort: CohortComparison) -> None:
    rows = [["over recordings", "mean", "sd", "95 % interval", "n"]]
    for name in _IN_SUMMARY:
        spread = cohort.summary.get(name)
        if spread is not None and spread.n > 0:
            rows.append(
                [
                    label_of(name),
                    cell_of(name, spread.mean),
                    cell_of(name, spread.standard_deviation),
                    interval_of(name, spread.low, spread.high),
                    str(spread.n),
                ]
            )
    print_table(rows)
    print_text(
        "n recordings define the figure; sd is the standard deviation with n - 1; the interval "
        "is that of the mean, bootstrapped over recordings, from 3 on. --json has every figure "
        "with its definition and source."
    )
