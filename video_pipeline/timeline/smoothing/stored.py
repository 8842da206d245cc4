"""Smoothing as JSON: in a settings file, in a model folder, and in the manifest of a run.

    {"median_s": null, "on_threshold": 0.7, ...}                    one filter for every tool
    {"tools": {"Hook": {"absent": ..., "evidence": ...}, ...},      a method for each tool,
     "others": {"on_threshold": 0.7, ...}}                          and one for those not named

Everything read is checked by the records themselves: what they refuse is a ``ValueError`` here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, TypeVar

from video_pipeline.timeline.smoothing.filter_settings import SmoothingSettings
from video_pipeline.timeline.smoothing.per_tool import Smoothing, ToolSmoothing
from video_pipeline.timeline.smoothing.use_model import (
    CalibratedEvidence,
    Durations,
    Errors,
    FittedEvidence,
    UseModel,
)

__all__ = ["smoothing_from_json", "smoothing_to_json"]

Record = TypeVar("Record")

_LATER_FIELDS = {"mean_s": None, "is_causal": False}
"""Not written where they say nothing: manifests of before they existed stay valid."""


def smoothing_to_json(smoothing: Smoothing) -> dict[str, Any]:
    """Plain values for ``json``; one filter for all tools stays one flat object."""
    if not smoothing.by_tool and isinstance(smoothing.others, SmoothingSettings):
        return _to_json(smoothing.others)
    return {
        "tools": {tool: _to_json(of) for tool, of in smoothing.by_tool.items()},
        "others": _to_json(smoothing.others),
    }


def smoothing_from_json(content: Any) -> Smoothing:
    """Undo ``smoothing_to_json``; raises ``ValueError`` saying what is wrong and where."""
    content = _object(content, "smoothing")
    if "tools" not in content:
        return Smoothing(_from_json(content, "smoothing"))
    unknown = set(content) - {"tools", "others"}
    if unknown:
        raise ValueError(f"smoothing: {', '.join(sorted(unknown))} is not known here")
    others = content.get("others", {})
    return Smoothing(
        others=_from_json(_object(others, "others"), "others"),
        by_tool={
            tool: _from_json(_object(of, tool), tool)
            for tool, of in _object(content["tools"], "tools").items()
        },
    )


def _to_json(of: ToolSmoothing) -> dict[str, Any]:
    content = dataclasses.asdict(of)
    return {
        name: value
        for name, value in content.items()
        if name not in _LATER_FIELDS or value != _LATER_FIELDS[name]
    }


def _from_json(content: Mapping[str, Any], where: str) -> ToolSmoothing:
    try:
        if "evidence" not in content:
            return _numbers(SmoothingSettings, content)
        return _use_model(content)
    except (TypeError, KeyError, AttributeError, OverflowError) as error:
        raise ValueError(f"{where}: holds settings that are not known here") from error
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error


def _use_model(content: Mapping[str, Any]) -> UseModel:
    evidence = content["evidence"]
    rest = {
        name: value
        for name, value in content.items()
        if name not in {"absent", "present", "evidence"}
    }
    return _numbers(
        UseModel,
        rest,
        absent=_durations(content["absent"]),
        present=_durations(content["present"]),
        evidence=_fitted(evidence)
        if "levels" in evidence
        else _numbers(CalibratedEvidence, evidence),
    )


def _fitted(content: Mapping[str, Any]) -> FittedEvidence:
    absent, present = (float(level) for level in content["levels"])
    alone, following = (
        (_numbers(Errors, content[name][0]), _numbers(Errors, content[name][1]))
        for name in ("alone", "following")
    )
    return FittedEvidence((absent, present), float(content["correlation"]), alone, following)


def _durations(content: Mapping[str, Any]) -> Durations:
    return Durations(
        tuple(float(share) for share in content["shares"]),
        tuple(float(mean) for mean in content["means_s"]),
    )


def _numbers(record: type[Record], content: Mapping[str, Any], **parts: Any) -> Record:
    """Build a record of numbers, refusing other kinds of values before they are compared."""
    for name, value in content.items():
        if not (value is None or isinstance(value, int | float | bool) or name == "decision"):
            raise TypeError(f"{name} is no number")
    return record(**content, **parts)


def _object(content: Any, where: str) -> dict[str, Any]:
    if not isinstance(content, dict):
        raise ValueError(f"{where} is no object")
    return content
