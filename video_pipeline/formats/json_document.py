"""JSON that other programs wrote: each value is asked for by its kind, and named where it is not.

A value knows its place, so that a mistake is said as ``tasks.json: [3].data.video: is no text``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from video_pipeline.errors import TableError
from video_pipeline.output.plain_text import read_plain_text

__all__ = ["JsonValue", "json_text", "parse_json", "read_json"]

_DEEPEST = 32
_LONGEST_SHOWN = 60


@dataclass(frozen=True)
class JsonValue:
    """One value of a document, and where it stands."""

    path: Path
    where: str
    """Such as ``[3].data.video``; empty for the whole document."""
    value: Any

    def error(self, cause: str, *, hint: str | None = None) -> TableError:
        """What is wrong with this value."""
        return TableError(self.path, f"{self.where or 'the document'}: {cause}", hint=hint)

    def __contains__(self, name: str) -> bool:
        return isinstance(self.value, dict) and self.value.get(name) is not None

    def __getitem__(self, name: str) -> JsonValue:
        """A member that must be there."""
        if name not in self._object():
            raise self.error(f"has no {name!r}")
        return self._inner(f".{name}" if self.where else name, self.value[name])

    def get(self, name: str) -> JsonValue | None:
        """A member; None where it is missing or null."""
        return self[name] if name in self._object() and self.value[name] is not None else None

    def members(self) -> Iterator[tuple[str, JsonValue]]:
        """The names and values of an object."""
        for name, value in self._object().items():
            yield name, self._inner(f".{name}" if self.where else name, value)

    def items(self) -> list[JsonValue]:
        """The values of a list."""
        if not isinstance(self.value, list):
            raise self.error("is no list")
        return [self._inner(f"[{k}]", value) for k, value in enumerate(self.value)]

    def text(self) -> str:
        """A text."""
        if not isinstance(self.value, str):
            raise self.error("is no text")
        return self.value

    def number(self) -> float:
        """A finite number; true and false are none."""
        if isinstance(self.value, bool) or not isinstance(self.value, int | float):
            raise self.error("is no number")
        # Whole numbers may have more digits than a float can hold.
        if abs(self.value) > 1e15 or not math.isfinite(self.value):
            raise self.error("is a number that is too large")
        return float(self.value)

    def whole_number(self) -> int:
        """A whole number from 0."""
        number = self.number()
        if number < 0 or not number.is_integer():
            raise self.error(f"is no whole number from 0, but {number:g}")
        return int(number)

    def texts(self) -> tuple[str, ...]:
        """A list of texts, none of which occurs twice."""
        texts = tuple(item.text() for item in self.items())
        if len(set(texts)) < len(texts):
            raise self.error("says something twice")
        return texts

    def _object(self) -> dict[str, Any]:
        if not isinstance(self.value, dict):
            raise self.error("is no object {...}")
        return self.value

    def _inner(self, step: str, value: Any) -> JsonValue:
        shown = step if len(step) <= _LONGEST_SHOWN else step[:_LONGEST_SHOWN] + "..."
        return JsonValue(self.path, self.where + shown, value)


def read_json(path: Path, *, hint: str | None = None) -> JsonValue:
    """Read one JSON document.

    Raises:
        TableError: no file, not JSON, a member named twice, too deep or too large.
    """
    return parse_json(path, "", read_plain_text(path, hint=hint), hint=hint)


def parse_json(path: Path, where: str, text: str, *, hint: str | None = None) -> JsonValue:
    """The JSON in a text that stands at ``where`` of ``path``; raises ``TableError``."""
    try:
        value = json.loads(text, parse_constant=_no_number, object_pairs_hook=_without_repetition)
        _require_shallow(value, 0)
        return JsonValue(path, where, value)
    except (ValueError, RecursionError) as error:
        at = f"{where}: " if where else ""
        raise TableError(path, at + _why_no_json(error), hint=hint) from error


def json_text(value: Any) -> str:
    r"""A document for people: indented, ``\n`` at the end, members in the order given."""
    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _why_no_json(error: ValueError | RecursionError) -> str:
    match error:
        case json.JSONDecodeError():
            return f"is not JSON (line {error.lineno}: {error.msg})"
        case RecursionError():
            return "is not JSON that can be read: nested too deep"
        case _:
            return f"is not JSON ({error})"


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse an object with the same member twice, of which JSON would keep the last."""
    content: dict[str, Any] = {}
    for name, value in pairs:
        if name in content:
            raise ValueError(f"{name[:_LONGEST_SHOWN]!r} occurs twice in one object")
        content[name] = value
    return content


def _require_shallow(value: Any, depth: int) -> None:
    if depth > _DEEPEST:
        raise RecursionError
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            _require_shallow(inner, depth + 1)
