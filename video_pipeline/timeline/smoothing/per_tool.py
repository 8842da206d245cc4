"""Every tool by its own method: columns of one method are smoothed together, none knows another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from video_pipeline.timeline.smoothing.filter_settings import SmoothingSettings
from video_pipeline.timeline.smoothing.filtering import hysteresis, smooth
from video_pipeline.timeline.smoothing.inference import most_probable_path, presence_probabilities
from video_pipeline.timeline.smoothing.use_model import UseModel

__all__ = ["Smoothing", "ToolSmoothing", "decide", "smooth_tools"]

ToolSmoothing = SmoothingSettings | UseModel
"""How one tool is smoothed."""


@dataclass(frozen=True)
class Smoothing:
    """How every tool is smoothed."""

    others: ToolSmoothing = field(default_factory=SmoothingSettings)
    """For the tools that are not named."""
    by_tool: Mapping[str, ToolSmoothing] = field(default_factory=dict)

    def of(self, tool: str) -> ToolSmoothing:
        """How ``tool`` is smoothed."""
        return self.by_tool.get(tool, self.others)


def smooth_tools(
    probabilities: NDArray[np.floating],
    tools: Sequence[str],
    smoothing: Smoothing,
    *,
    rate_hz: float = 1.0,
) -> NDArray[np.bool_]:
    """Decide for each row and tool whether the tool is visible.

    ``probabilities`` is (n, n_tools), ``rate_hz`` rows a second; a row without a frame is NaN in
    every column, and shows nothing. Returns present, (n, n_tools).
    """
    present = np.zeros(probabilities.shape, dtype=np.bool_)
    for columns, alike in _groups([smoothing.of(tool) for tool in tools]):
        part = probabilities[:, columns]
        if isinstance(alike[0], SmoothingSettings):
            present[:, columns] = smooth(part, alike[0], rate_hz=rate_hz)
        else:
            models = [of for of in alike if isinstance(of, UseModel)]
            present[:, columns] = _by_models(part, models, rate_hz)
    return present


def _groups(ways: Sequence[ToolSmoothing]) -> list[tuple[list[int], list[ToolSmoothing]]]:
    """Columns that can be taken along together: equal filters, or models that decide alike."""
    groups: dict[object, list[int]] = {}
    for column, way in enumerate(ways):
        alike = way if isinstance(way, SmoothingSettings) else (way.decision, way.lag_s)
        groups.setdefault(alike, []).append(column)
    return [(columns, [ways[column] for column in columns]) for columns in groups.values()]


def _by_models(
    probabilities: NDArray[np.floating], models: Sequence[UseModel], rate_hz: float
) -> NDArray[np.bool_]:
    seen: NDArray[np.bool_] = ~np.isnan(probabilities)
    if models[0].decision == "path":
        present = most_probable_path(probabilities, models, rate_hz=rate_hz)
    else:
        believed = presence_probabilities(
            probabilities, models, lag_s=models[0].lag_s, rate_hz=rate_hz
        )
        present = decide(believed, models)
    return present & seen


def decide(believed: NDArray[np.float64], models: Sequence[UseModel]) -> NDArray[np.bool_]:
    """Cut each tool's beliefs, (n, n_tools), at the thresholds of its model."""
    return hysteresis(
        believed,
        on=np.array([model.on_threshold for model in models]),
        off=np.array([model.off_threshold for model in models]),
    )
