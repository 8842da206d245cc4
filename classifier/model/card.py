"""What is known of a model, in groups that a person or a program can read; nothing is made up.

Descriptions differ in what they record: older ones less, ones that were written by hand anything.
What is not recorded is None, and what is recorded but not known here is passed on as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from classifier.model.bundle import ModelFolder
from classifier.model.layout import N_FEATURES

__all__ = ["Card", "model_card"]

Card = dict[str, dict[str, Any]]
"""Values by name, by group; each value is one that JSON has."""

_DEFAULT_THRESHOLD = 0.5


def model_card(folder: ModelFolder) -> Card:
    """Describe a model folder; neither Keras nor TensorFlow is loaded."""
    config = folder.config
    training = config.training
    return {
        "model": {
            "name": folder.path.resolve().name,
            "sha256": folder.digest,
            "weights_sha256": config.weights_sha256,
            "weights_bytes": folder.weights_path.stat().st_size,
            "network": "ResNet50",
            "n_features": N_FEATURES,
        },
        "answers": {
            "head": config.head,
            "tools": _tools(folder),
            "background": list(config.background),
            "calibration": _calibration(config.calibration),
            "smoothing": config.smoothing,
        },
        "images": {
            "input_size_px": list(config.input_size_px),
            "resize_rule": config.resize_rule,
            "crops_field_of_view": config.crops_field_of_view,
        },
        "training": {
            "starting_weights": training.get("starting_weights"),
            "dataset_sha256": training.get("dataset_sha256"),
            "validation_split": training.get("validation_split"),
            "recordings": _recordings(training),
            **_background_counts(folder),
            "settings": training.get("settings"),
            **_others(training),
        },
        "quality": dict(config.metrics),
        "versions": dict(_mapping(training.get("versions"))),
        "self_test": {
            "images": config.self_test["images"] if config.self_test is not None else None,
            "n_images": len(config.self_test["logits"]) if config.self_test is not None else None,
        },
    }


def _tools(folder: ModelFolder) -> list[dict[str, Any]]:
    config = folder.config
    seen = {name: _mapping(config.training.get(name)) for name in ("n_train", "n_validation")}
    given = config.thresholds or (_DEFAULT_THRESHOLD,) * len(config.tools)
    return [
        {
            "tool": tool,
            "threshold": threshold,
            "calibration": _method(config.calibration, k),
            **{name: counts.get(tool) for name, counts in seen.items()},
        }
        for k, (tool, threshold) in enumerate(zip(config.tools, given, strict=True))
    ]


def _background_counts(folder: ModelFolder) -> dict[str, Any]:
    """Images without any tool, where the head had classes for them."""
    counts = _mapping(folder.config.training.get("n_train"))
    names = folder.config.background
    return {"images_without_tool": {name: counts.get(name) for name in names}} if names else {}


def _method(calibration: Mapping[str, Any] | None, k: int) -> str | None:
    """How the logit of tool ``k`` is calibrated, in a word."""
    if calibration is None:
        return None
    if "temperature" in calibration:
        return "temperature"
    tools = calibration.get("tools")
    entry = tools[k] if isinstance(tools, list) and k < len(tools) else None
    method = _mapping(entry).get("method")
    return method if isinstance(method, str) else None


def _calibration(calibration: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The calibration without its tables, which say nothing to a reader."""
    if calibration is None:
        return None
    known = ("temperature", "source_priors", "target_priors")
    return {name: calibration[name] for name in known if name in calibration}


def _recordings(training: Mapping[str, Any]) -> Any:
    """Which or how many recordings the images are from, under whichever name it was recorded."""
    for name in ("recordings", "n_recordings", "videos", "n_videos"):
        if name in training:
            return training[name]
    return None


_SHOWN = frozenset(
    {"starting_weights", "dataset_sha256", "validation_split", "settings", "versions"}
    | {"recordings", "n_recordings", "videos", "n_videos", "n_train", "n_validation"}
)


def _others(training: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in training.items() if name not in _SHOWN}


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
