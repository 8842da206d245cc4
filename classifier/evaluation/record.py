"""What a judgement is: figures of all tools and of each, their intervals, what to be careful of."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from classifier.config import ModelConfig
from classifier.dataset.record import Dataset, ImageProblem
from classifier.evaluation.reliability import Reliability
from classifier.evaluation.resampling import Resampling

__all__ = ["OVERALL_FIGURES", "TOOL_FIGURES", "Evaluation", "Interval", "ToolScores"]

OVERALL_FIGURES = (
    "accuracy",
    "micro_f1",
    "macro_f1",
    "mean_average_precision",
    "mean_average_precision_per_recording",
    "brier_score",
    "expected_calibration_error",
)
"""Fields of ``Evaluation`` that are figures, and have an interval."""

TOOL_FIGURES = (
    "precision",
    "recall",
    "f1",
    "average_precision",
    "average_precision_per_recording",
    "brier_score",
    "expected_calibration_error",
)
"""Fields of ``ToolScores`` that are figures, and have an interval."""


@dataclass(frozen=True)
class Interval:
    """A figure's 95 % interval; None where too few replicates define it."""

    low: float | None
    high: float | None
    n_undefined: int
    """Replicates in which the figure has no value."""


@dataclass(frozen=True)
class ToolScores:
    """One tool's figures; None where the definition gives no value."""

    tool: str
    n_images: int
    """Images that are known to show it."""
    precision: float | None
    recall: float | None
    f1: float | None
    average_precision: float | None
    average_precision_per_recording: float | None
    brier_score: float | None
    expected_calibration_error: float | None
    n_known: int
    """Images of which it is known whether they show it."""
    n_recordings: int | None
    """Recordings that show it; None where no recordings are known."""
    threshold: float
    true_positives: int
    false_positives: int
    false_negatives: int
    true_negatives: int
    reliability: Reliability | None
    """None where no image of which the label is known shows the tool."""
    intervals: Mapping[str, Interval] = field(default_factory=dict)
    """By the name of the figure, one of ``TOOL_FIGURES``."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a model came to on one set of labelled images."""

    config: ModelConfig
    images: Dataset
    """Those that could be read."""
    probabilities: NDArray[np.float32]
    """(n_images, n_tools)."""
    accuracy: float | None
    micro_f1: float | None
    macro_f1: float | None
    mean_average_precision: float | None
    mean_average_precision_per_recording: float | None
    brier_score: float | None
    expected_calibration_error: float | None
    tools: tuple[ToolScores, ...]
    classes: tuple[str, ...]
    """Of the confusion matrix: the tools, and ``no_tool`` where it counts any."""
    confusion: NDArray[np.int64]
    """(n_classes, n_classes) images: rows true, columns predicted."""
    reliability: Reliability
    """Of all known image-tool pairs together."""
    resampling: Resampling
    """How the intervals were made."""
    intervals: Mapping[str, Interval]
    """By the name of the figure, one of ``OVERALL_FIGURES``."""
    n_learned: int | None = None
    """Images that the model learned from; None where nobody looked."""
    problems: tuple[ImageProblem, ...] = ()

    @property
    def recordings(self) -> tuple[str, ...]:
        """Names of the recordings that the images are from, those without a name left out."""
        return tuple(sorted(set(self.images.videos or ()) - {""}))

    def name_of(self, row: int) -> str:
        """The image's path, seen from where the test images' folder or table lies."""
        path = self.images.paths[row]
        try:
            return os.path.relpath(path, self.images.source.parent)
        except ValueError:
            # On another drive of Windows.
            return str(path)
