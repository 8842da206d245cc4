"""What a model folder says of the training that it came from: on what, how, and how good it got."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from classifier.training.preparing import PreparedImages
from classifier.training.progress import EpochRecord
from classifier.training.settings import TrainingSettings
from classifier.training.validation import Validation

__all__ = ["account_of_best", "account_of_training"]


def account_of_training(
    settings: TrainingSettings, images: PreparedImages, *, starting_weights: str
) -> dict[str, Any]:
    """Settings, images and versions, for ``ModelConfig.training``."""
    chosen = dataclasses.asdict(settings)
    # Where the weights lay on this machine is nobody's business.
    chosen["weights"] = Path(settings.weights).name
    by = images.split_by
    return {
        "settings": chosen,
        "starting_weights": starting_weights,
        "dataset_sha256": images.fingerprint,
        "n_train_images": len(images.train),
        "n_validation_images": len(images.validation),
        "n_train": images.train.counts,
        "n_validation": images.validation.counts,
        "n_recordings": images.lock.n_recordings,
        "n_patients": images.lock.n_patients,
        "validation_split": f"by {by}" if by in {"recording", "patient"} else by,
        "versions": {
            "python": platform.python_version(),
            **{name: importlib.metadata.version(name) for name in ("tensorflow", "keras", "numpy")},
        },
    }


def account_of_best(history: Sequence[EpochRecord], settings: TrainingSettings) -> dict[str, Any]:
    """Figures of the epoch whose weights are kept, for ``ModelConfig.metrics``."""
    best = max(history, key=_rank)
    precision = best.validation_map
    return {
        "validation_mean_average_precision": round(precision, 6) if precision is not None else None,
        "validation_loss": round(best.validation_loss, 6),
        "validation_accuracy": round(best.validation_accuracy, 6),
        "definition": "of the epoch whose weights are kept: the greatest mean average precision "
        "(scikit-learn's, pooled over the validation images, mean over the tools that these show "
        "and miss; null if none), then the smallest loss; accuracy is over images (softmax) or "
        "image-tool pairs at 0.5 (sigmoid)"
        + (
            f"; a share of {settings.pair_share:g} of the images that show a tool is judged as "
            "pairs made of two"
            if settings.pairs != "none"
            else ""
        ),
    }


def _rank(record: EpochRecord) -> tuple[float, float]:
    return Validation(
        record.validation_loss, record.validation_accuracy, record.validation_map
    ).rank
