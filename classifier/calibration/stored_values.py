"""Values of a stranger's JSON, each of the kind that is expected at its place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["count_at", "list_at", "number_at", "object_at", "text_at"]

_LARGEST_NUMBER = 1e9


def object_at(content: Any, place: str, names: Sequence[str]) -> dict[str, Any]:
    """Take an object that has exactly the fields ``names``."""
    if not isinstance(content, dict):
        raise ValueError(f"{place} must be an object, got {_kind(content)}")
    missing = [name for name in names if name not in content]
    if missing:
        raise ValueError(f"{place} has no {missing[0]}")
    if len(content) > len(names):
        # A younger version's field may change what is meant; none is passed over.
        raise ValueError(f"{place} has fields that are not known here, beside {', '.join(names)}")
    return content


def list_at(
    content: Any, place: str, *, length: int | None = None, longest: int | None = None
) -> list[Any]:
    """Take a list that has ``length`` values, or at most ``longest``."""
    if not isinstance(content, list):
        raise ValueError(f"{place} must be a list, got {_kind(content)}")
    if length is not None and len(content) != length:
        raise ValueError(f"{place} must have {length} values, got {len(content)}")
    if longest is not None and len(content) > longest:
        raise ValueError(f"{place} must have at most {longest} values, got {len(content)}")
    return content


def number_at(content: Any, place: str) -> float:
    """Take a finite number of reasonable size."""
    if isinstance(content, bool) or not isinstance(content, int | float):
        raise ValueError(f"{place} must be a number, got {_kind(content)}")
    # Written so that NaN is refused too, and before float() could overflow.
    if not -_LARGEST_NUMBER <= content <= _LARGEST_NUMBER:
        raise ValueError(f"{place} must be a number within {_LARGEST_NUMBER:g}")
    return float(content)


def count_at(content: Any, place: str) -> int:
    """Take a whole number from 0."""
    if isinstance(content, bool) or not isinstance(content, int):
        raise ValueError(f"{place} must be a whole number, got {_kind(content)}")
    if not 0 <= content <= _LARGEST_NUMBER:
        raise ValueError(f"{place} must be a whole number from 0 to {_LARGEST_NUMBER:g}")
    return content


def text_at(content: Any, place: str, *, longest: int) -> str:
    """Take one line of text."""
    if not isinstance(content, str) or len(content) > longest or not content.isprintable():
        raise ValueError(f"{place} must be printable text of up to {longest} characters")
    return content


def _kind(content: Any) -> str:
    """What it is, in JSON's words; itself could be deep, long or not printable."""
    if content is None:
        return "null"
    names = {bool: "true or false", int: "a number", float: "a number", str: "text"}
    names |= {list: "a list", dict: "an object"}
    return names.get(type(content), type(content).__name__)
