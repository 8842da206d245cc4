"""How sure a figure is: its 95 % interval over test sets that might have been."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from classifier.evaluation.answers import Answers
from classifier.evaluation.record import OVERALL_FIGURES, TOOL_FIGURES, Interval, ToolScores
from classifier.evaluation.replicates import replicate_figures
from classifier.evaluation.resampling import Resampling

__all__ = ["LEVEL", "interval_of", "with_intervals"]

LEVEL = 0.95

_FEWEST_DEFINED = 0.5
"""Share of the replicates that must define a figure for it to have an interval."""


def with_intervals(
    answers: Answers,
    per_recording: NDArray[np.float64],
    resampling: Resampling,
    *,
    overall: Mapping[str, float | None],
    tools: tuple[ToolScores, ...],
) -> tuple[dict[str, Interval], tuple[ToolScores, ...]]:
    """Intervals of the figures ``overall``, and the tools with those of their own."""
    of_all, of_tools = replicate_figures(answers, per_recording, resampling)
    return (
        {name: interval_of(name, overall[name], of_all[name]) for name in OVERALL_FIGURES},
        tuple(
            replace(
                scores,
                intervals={
                    name: interval_of(name, getattr(scores, name), of_tools[name][:, k])
                    for name in TOOL_FIGURES
                },
            )
            for k, scores in enumerate(tools)
        ),
    )


def interval_of(name: str, value: float | None, replicates: NDArray[np.float64]) -> Interval:
    """The percentiles 2.5 and 97.5 of those (n_replicates,) that are defined.

    The calibration error is never negative, so drawing adds to it what it adds in noise; its
    replicates are moved so that their mean is the figure itself.
    """
    defined = replicates[~np.isnan(replicates)]
    n_undefined = len(replicates) - len(defined)
    if value is None or len(defined) < _FEWEST_DEFINED * len(replicates):
        return Interval(None, None, n_undefined)
    if name == "expected_calibration_error":
        defined = np.maximum(defined - (defined.mean() - value), 0)
    tail = 100 * (1 - LEVEL) / 2
    low, high = np.percentile(defined, [tail, 100 - tail])
    return Interval(float(low), float(high), n_undefined)
