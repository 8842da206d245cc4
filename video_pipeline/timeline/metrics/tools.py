"""How well a predicted timeline agrees with a reference, by the second and by the use.

Seconds without a frame, in either timeline, are cut out of both before anything is compared. What
is undefined is None and left out of means: a tool absent from a video has no average precision, and
counting it as 0 would give a perfect detector 0.33.

Frame level: with TP, FP, FN counted over seconds, precision TP / (TP + FP), recall TP / (TP + FN),
F1 = 2 TP / (2 TP + FP + FN); *micro* pools the counts of all tools, *macro* is the mean over tools
(scikit-learn's definitions, with ``zero_division=nan``). Average precision is scikit-learn's step
sum over this one recording, mAP its mean over the tools that occur in it: the video-wise definition
recommended for CholecT50 (Nwoye & Padoy, "Data splits and metrics for method benchmarking on
surgical action triplet datasets", arXiv 2204.05235).

Event level: uses are matched one to one at an intersection over union of ``min_overlap`` or more;
event F1 = 2 matched / (predicted + reference), which at 0.5 is the F1@50 of Lea et al., "Temporal
convolutional networks for action segmentation and detection", CVPR 2017, for each tool by itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from video_pipeline.records import ToolTimeline
from video_pipeline.timeline.events import Interval, count_matches
from video_pipeline.timeline.runs import find_runs

__all__ = [
    "EventScores",
    "FrameScores",
    "IncomparableError",
    "TimelineComparison",
    "ToolComparison",
    "compare_timelines",
]


class IncomparableError(ValueError):
    """The two timelines are not of the same recording, or have no tool in common."""


@dataclass(frozen=True)
class FrameScores:
    """Agreement by the second, from 0 to 1."""

    precision: float | None
    """None where nothing was predicted."""
    recall: float | None
    """None where nothing is there to be found."""
    f1: float | None
    """None where neither is."""


@dataclass(frozen=True)
class EventScores:
    """Agreement by the use."""

    n_predicted: int
    n_reference: int
    n_matched: int

    @property
    def f1(self) -> float | None:
        """2 matched / (predicted + reference); None where there is neither."""
        return _ratio(2 * self.n_matched, self.n_predicted + self.n_reference)

    @property
    def segment_ratio(self) -> float | None:
        """Predicted uses over true ones: above 1 is over-segmentation; None without true ones."""
        return _ratio(self.n_predicted, self.n_reference)


@dataclass(frozen=True)
class ToolComparison:
    """One tool's agreement."""

    tool: str
    frames: FrameScores
    average_precision: float | None
    """None where the tool is absent from the reference, or probabilities are not known."""
    events: EventScores


@dataclass(frozen=True)
class TimelineComparison:
    """One recording's agreement, over the tools that both timelines have."""

    tools: tuple[ToolComparison, ...]
    """In the reference's order."""
    micro: FrameScores
    macro: FrameScores
    """Means over the tools for which the value is defined."""
    mean_average_precision: float | None
    events: EventScores
    """All tools together."""
    macro_event_f1: float | None
    min_overlap: float
    n_seconds: int
    """Seconds compared."""
    notes: tuple[str, ...]
    """What was left out, in words for the person who reads the numbers."""


def compare_timelines(
    predicted: ToolTimeline, reference: ToolTimeline, *, min_overlap: float = 0.5
) -> TimelineComparison:
    """Compare a prediction with the truth; tools are matched by name, whatever their order.

    Lengths that differ by one second are cut to the shorter, and the notes say so (loaders of this
    field disagree on the last second); a larger difference is an ``IncomparableError``.
    """
    if not 0 < min_overlap <= 1:
        raise ValueError(f"min_overlap must lie in (0, 1], got {min_overlap}")
    tools = tuple(tool for tool in reference.tools if tool in predicted.tools)
    rows = _comparable_rows(predicted, reference)
    if not tools:
        raise IncomparableError(
            f"no tool in common: predicted {', '.join(predicted.tools)}; "
            f"reference {', '.join(reference.tools)}"
        )
    predicted_columns = [predicted.tools.index(tool) for tool in tools]
    said = predicted.present[rows][:, predicted_columns]
    true = reference.present[rows][:, [reference.tools.index(tool) for tool in tools]]
    compared = _compare_tools(
        tools,
        said=said,
        true=true,
        probabilities=predicted.probabilities[rows][:, predicted_columns],
        min_overlap=min_overlap,
    )
    return TimelineComparison(
        tools=compared,
        micro=_frame_scores(said, true),
        macro=FrameScores(
            precision=_mean(tool.frames.precision for tool in compared),
            recall=_mean(tool.frames.recall for tool in compared),
            f1=_mean(tool.frames.f1 for tool in compared),
        ),
        mean_average_precision=_mean(tool.average_precision for tool in compared),
        events=EventScores(
            n_predicted=sum(tool.events.n_predicted for tool in compared),
            n_reference=sum(tool.events.n_reference for tool in compared),
            n_matched=sum(tool.events.n_matched for tool in compared),
        ),
        macro_event_f1=_mean(tool.events.f1 for tool in compared),
        min_overlap=min_overlap,
        n_seconds=len(rows),
        notes=tuple(_notes(predicted, reference, n_compared=len(rows))),
    )


def _comparable_rows(predicted: ToolTimeline, reference: ToolTimeline) -> NDArray[np.intp]:
    """Return the seconds in which both timelines have a frame."""
    if abs(predicted.n_seconds - reference.n_seconds) > 1:
        raise IncomparableError(
            f"lengths differ by more than one second: predicted {predicted.n_seconds} s, "
            f"reference {reference.n_seconds} s"
        )
    n_seconds = min(predicted.n_seconds, reference.n_seconds)
    seen = (predicted.n_frames[:n_seconds] > 0) & (reference.n_frames[:n_seconds] > 0)
    return np.flatnonzero(seen)


def _compare_tools(
    tools: tuple[str, ...],
    *,
    said: NDArray[np.bool_],
    true: NDArray[np.bool_],
    probabilities: NDArray[np.float64],
    min_overlap: float,
) -> tuple[ToolComparison, ...]:
    said_uses, true_uses = _uses_per_tool(said), _uses_per_tool(true)
    return tuple(
        ToolComparison(
            tool=tool,
            frames=_frame_scores(said[:, k], true[:, k]),
            average_precision=_average_precision(probabilities[:, k], true[:, k]),
            events=EventScores(
                n_predicted=len(said_uses[k]),
                n_reference=len(true_uses[k]),
                n_matched=count_matches(said_uses[k], true_uses[k], min_overlap=min_overlap),
            ),
        )
        for k, tool in enumerate(tools)
    )


def _uses_per_tool(present: NDArray[np.bool_]) -> list[list[Interval]]:
    runs = find_runs(present)
    uses: list[list[Interval]] = [[] for _ in range(present.shape[1])]
    for k, start, stop in zip(
        runs.column.tolist(), runs.start.tolist(), runs.stop.tolist(), strict=True
    ):
        uses[k].append((start, stop))
    return uses


def _frame_scores(said: NDArray[np.bool_], true: NDArray[np.bool_]) -> FrameScores:
    hits, n_said, n_true = int((said & true).sum()), int(said.sum()), int(true.sum())
    return FrameScores(
        precision=_ratio(hits, n_said),
        recall=_ratio(hits, n_true),
        f1=_ratio(2 * hits, n_said + n_true),
    )


def _average_precision(probabilities: NDArray[np.float64], true: NDArray[np.bool_]) -> float | None:
    if not true.any() or np.isnan(probabilities).any():
        return None
    # Here, not above: scikit-learn takes a second to import, which `--help` need not wait for.
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(true, probabilities))


def _notes(predicted: ToolTimeline, reference: ToolTimeline, *, n_compared: int) -> Iterable[str]:
    if predicted.n_seconds != reference.n_seconds:
        longer = "predicted" if predicted.n_seconds > reference.n_seconds else "reference"
        yield f"the {longer} timeline is one second longer; its last second was left out"
    n_missing = min(predicted.n_seconds, reference.n_seconds) - n_compared
    if n_missing > 0:
        yield f"{n_missing} s without a frame were left out"
    for name, one, other in (
        ("predicted", predicted.tools, reference.tools),
        ("reference", reference.tools, predicted.tools),
    ):
        alone = [tool for tool in one if tool not in other]
        if alone:
            yield f"only in the {name} timeline, left out: {', '.join(alone)}"


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole > 0 else None


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None
