"""Why results that lie there are not those that are asked for, in words for a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from video_pipeline.output.provenance import Provenance

__all__ = ["why_stale"]

_MOST_NAMED = 3
_ABSENT = object()


def why_stale(earlier: Provenance, wanted: Provenance) -> str | None:
    """What makes results of ``earlier`` stale where ``wanted`` is asked for; None if nothing does.

    None exactly where ``earlier.suffices_for(wanted)``. The weightiest reason is given: another
    recording, another model, then the parameters that differ, with their values where these are
    short.
    """
    if earlier.suffices_for(wanted):
        return None
    if (earlier.input_sha256, earlier.input_bytes) != (wanted.input_sha256, wanted.input_bytes):
        return "the recording has changed"
    if earlier.model_sha256 != wanted.model_sha256:
        return "the model has changed"
    changes = _changes(earlier.parameters, wanted.parameters)
    more = len(changes) - _MOST_NAMED
    named = ", ".join(changes[:_MOST_NAMED])
    return f"{named} and {more} more parameters have changed" if more > 0 else named


def _changes(earlier: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """What is asked for otherwise; what is not asked for any more only where that is all."""
    missing = [name for name in earlier if name not in wanted]
    differing = [name for name in wanted if earlier.get(name) != wanted[name]]
    return [
        change
        for name in differing or missing
        for change in _change(name, earlier.get(name, _ABSENT), wanted.get(name, _ABSENT))
    ]


def _change(name: str, before: object, now: object) -> list[str]:
    if before is _ABSENT:
        return [f"{name} was not asked for"]
    if isinstance(before, dict) and isinstance(now, dict) and before.keys() == now.keys():
        inner = [key for key in now if before[key] != now[key]]
        pairs = [(f"{name} {key}", before[key], now[key]) for key in inner]
        return [change for pair in pairs for change in _change(*pair)]
    if _is_short(before) and _is_short(now):
        return [f"{name} was {_text(before)} and is {_text(now)}"]
    return [f"{name} has changed"]


def _is_short(value: object) -> bool:
    return value is None or isinstance(value, str | int | float)


def _text(value: object) -> str:
    """Of a parameter's value; a manifest is data, and may hold anything."""
    words = {None: "none", True: "on", False: "off"}
    text = words[value] if value is None or isinstance(value, bool) else str(value)
    return text if len(text) <= 20 else f"{text[:17]}..."
