"""A judgement as the content of metrics.json."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.evaluation.cautions import cautions
from classifier.evaluation.definitions import DEFINITIONS
from classifier.evaluation.intervals import LEVEL
from classifier.evaluation.record import (
    OVERALL_FIGURES,
    TOOL_FIGURES,
    Evaluation,
    Interval,
    ToolScores,
)
from classifier.evaluation.reliability import Reliability

__all__ = ["metrics_of"]


def metrics_of(evaluation: Evaluation) -> dict[str, Any]:
    """Every figure, its interval and its definition, as JSON can hold them; undefined is null."""
    config, images, resampling = evaluation.config, evaluation.images, evaluation.resampling
    known_recordings = images.videos is not None
    return {
        "n_images": len(images),
        "n_recordings": len(evaluation.recordings) if known_recordings else None,
        "n_images_also_in_training": evaluation.n_learned,
        "skipped_files": len(evaluation.problems),
        **{name: getattr(evaluation, name) for name in OVERALL_FIGURES},
        "intervals": _intervals(evaluation.intervals),
        "tools": [_tool(scores) for scores in evaluation.tools],
        "confusion": {
            "classes": list(evaluation.classes),
            "counts": evaluation.confusion.tolist(),
        },
        "reliability": _bins(evaluation.reliability),
        "resampling": {
            "method": "percentile bootstrap",
            "level": LEVEL,
            "unit": resampling.unit,
            "n_units": resampling.n_units,
            "n_replicates": resampling.n_replicates,
            "seed": resampling.seed,
        },
        "cautions": list(cautions(evaluation)),
        "definitions": DEFINITIONS,
        "model": {"head": config.head, "weights_sha256": config.weights_sha256},
        "versions": {name: importlib.metadata.version(name) for name in ("numpy", "scikit-learn")},
    }


def _tool(scores: ToolScores) -> dict[str, Any]:
    return {
        "tool": scores.tool,
        "n_images": scores.n_images,
        "n_known": scores.n_known,
        "n_recordings": scores.n_recordings,
        "threshold": scores.threshold,
        **{name: getattr(scores, name) for name in TOOL_FIGURES},
        "intervals": _intervals(scores.intervals),
        "counts": {
            "true_positives": scores.true_positives,
            "false_positives": scores.false_positives,
            "false_negatives": scores.false_negatives,
            "true_negatives": scores.true_negatives,
        },
        "reliability": _bins(scores.reliability) if scores.reliability is not None else None,
    }


def _intervals(intervals: Mapping[str, Interval]) -> dict[str, Any]:
    return {
        name: {
            "low": interval.low,
            "high": interval.high,
            "undefined_replicates": interval.n_undefined,
        }
        for name, interval in intervals.items()
    }


def _bins(reliability: Reliability) -> dict[str, Any]:
    return {
        "counts": reliability.counts.tolist(),
        "mean_probability": _with_null(reliability.mean_probability),
        "share_shown": _with_null(reliability.share_shown),
    }


def _with_null(values: NDArray[np.float64]) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in values]
