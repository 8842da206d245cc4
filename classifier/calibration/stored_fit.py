"""The figures of a calibration, read from ``classifier.json``: of the right kind, or refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from classifier.calibration.error import N_BINS
from classifier.calibration.fit_record import CalibrationFit, ToolFit
from classifier.calibration.stored_values import count_at, list_at, number_at, object_at, text_at

__all__ = ["read_fit"]

_LONGEST_TEXT = 500
_MOST_DEFINITIONS = 20


def read_fit(content: Any, *, tools: Sequence[str]) -> CalibrationFit:
    """Read the figures of a calibration of these tools.

    Raises:
        ValueError: a field is missing, unknown, of the wrong kind, or holds an impossible value.
    """
    place = "calibration.fit"
    values = object_at(content, place, (*_names(CalibrationFit), "n_bins", "definitions"))
    _require_definitions(values["definitions"], f"{place}.definitions")
    if values["n_bins"] != N_BINS or isinstance(values["n_bins"], bool):
        raise ValueError(f"{place}.n_bins must be {N_BINS}")
    recordings, digest = values["n_recordings"], values["dataset_sha256"]
    entries = list_at(values["tools"], f"{place}.tools", length=len(tools))
    return CalibrationFit(
        n_images=count_at(values["n_images"], f"{place}.n_images"),
        n_recordings=None if recordings is None else count_at(recordings, f"{place}.n_recordings"),
        folds=text_at(values["folds"], f"{place}.folds", longest=_LONGEST_TEXT),
        ece_before=_share(values["ece_before"], f"{place}.ece_before"),
        ece_after=_share(values["ece_after"], f"{place}.ece_after"),
        log_loss_before=_loss(values["log_loss_before"], f"{place}.log_loss_before"),
        log_loss_after=_loss(values["log_loss_after"], f"{place}.log_loss_after"),
        tools=tuple(
            _read_tool(entry, f"{place}.tools[{k}]", tool)
            for k, (entry, tool) in enumerate(zip(entries, tools, strict=True))
        ),
        dataset_sha256=None
        if digest is None
        else text_at(digest, f"{place}.dataset_sha256", longest=64),
    )


def _read_tool(content: Any, place: str, tool: str) -> ToolFit:
    values = object_at(content, place, ("tool", *_names(ToolFit)))
    if values["tool"] != tool:
        raise ValueError(f"{place} must be of the tool {tool}: the tools in their order")
    note = values["note"]
    return ToolFit(
        n_images=count_at(values["n_images"], f"{place}.n_images"),
        n_shown=count_at(values["n_shown"], f"{place}.n_shown"),
        ece_before=_share(values["ece_before"], f"{place}.ece_before"),
        ece_after=_share(values["ece_after"], f"{place}.ece_after"),
        note=None if note is None else text_at(note, f"{place}.note", longest=_LONGEST_TEXT),
    )


def _names(record: type[CalibrationFit | ToolFit]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(record))


def _share(content: Any, place: str) -> float | None:
    value = _loss(content, place)
    if value is not None and value > 1:
        raise ValueError(f"{place} lies in 0..1")
    return value


def _loss(content: Any, place: str) -> float | None:
    if content is None:
        return None
    value = number_at(content, place)
    if value < 0:
        raise ValueError(f"{place} is not below 0")
    return value


def _require_definitions(content: Any, place: str) -> None:
    if not isinstance(content, dict) or len(content) > _MOST_DEFINITIONS:
        raise ValueError(f"{place} must be an object of up to {_MOST_DEFINITIONS} texts")
    for name, text in content.items():
        text_at(name, place, longest=_LONGEST_TEXT)
        text_at(text, place, longest=_LONGEST_TEXT)
