"""JSON that strangers wrote: only what can be written again as it was read."""

from __future__ import annotations

import json
import math
from typing import Any

__all__ = ["parse_json_object"]

_DEEPEST = 16


def parse_json_object(text: str) -> dict[str, Any]:
    """Read one JSON object whose numbers are finite, whose text is text and whose depth is small.

    Raises:
        ValueError: it is none; the message says why, beginning with "it".
    """
    try:
        content = json.loads(text, parse_constant=_no_number, object_pairs_hook=_unrepeated)
    except json.JSONDecodeError as error:
        raise ValueError(f"it is not valid JSON (line {error.lineno}: {error.msg})") from error
    except RecursionError as error:
        raise ValueError("it is not valid JSON: too deep") from error
    if not isinstance(content, dict):
        raise ValueError("it is not a JSON object")
    _require_writable(content, depth=0)
    return content


def _no_number(name: str) -> float:
    raise ValueError(f"it is not valid JSON: {name} is no number")


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"it says {twice!r} twice")
    return content


def _require_writable(value: Any, *, depth: int) -> None:
    if depth > _DEEPEST:
        raise ValueError(f"it is nested more than {_DEEPEST} deep")
    if isinstance(value, dict):
        for name, inner in value.items():
            _require_writable(name, depth=depth + 1)
            _require_writable(inner, depth=depth + 1)
    elif isinstance(value, list):
        for inner in value:
            _require_writable(inner, depth=depth + 1)
    elif isinstance(value, float) and not math.isfinite(value):
        # 1e999 is valid JSON, and read as infinity.
        raise ValueError("it holds a number that is too large")
    elif isinstance(value, str) and any("\ud800" <= c <= "\udfff" for c in value):
        raise ValueError("it holds half a character")
