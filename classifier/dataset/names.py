"""Names of tools: which are usable, and which are the same."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from pathlib import Path

from classifier.errors import DatasetError

__all__ = [
    "begins_like_a_formula",
    "name_key",
    "normal_name",
    "require_usable_name",
    "spelling_of",
    "why_unusable",
]

# Names that a timeline's own columns have.
_RESERVED = frozenset({"second", "time_s", "n_frames", "flag"})
_PROBABILITY_SUFFIX = "_probability"


def why_unusable(name: str, others: Iterable[str] = ()) -> str | None:
    """Why no table could hold a tool of this name beside the others; None if one can.

    It is empty, not printable (control characters, bytes that are no text), or a column that a
    timeline has itself: its own four, and ``<tool>_probability`` of each tool.
    """
    if not name or not name.isprintable():
        return "a tool's name must be printable text"
    key = name_key(name)
    if key in _RESERVED:
        return f"{name!r} is the name of a timeline's own column"
    for other in others:
        if key == name_key(other) + _PROBABILITY_SUFFIX:
            return f"{name!r} is the name of a timeline's own column, for the tool {other!r}"
    return None


def require_usable_name(path: Path, name: str, others: Iterable[str] = ()) -> None:
    """Refuse a tool's name that no table could hold.

    Raises:
        DatasetError: it is empty, not printable, or a column that a timeline has itself.
    """
    cause = why_unusable(name, others)
    if cause is not None:
        raise DatasetError(path, cause, hint="rename it")


def name_key(name: str) -> str:
    """What two spellings of one name have in common: NFC, no outer blanks, no letter case."""
    return normal_name(name).casefold()


def normal_name(name: str) -> str:
    """The name in Unicode NFC and without outer blanks, as tables and models have it."""
    return unicodedata.normalize("NFC", name).strip()


def spelling_of(folders: list[Path]) -> str:
    """How the first of a class's folders spells its name."""
    return normal_name(folders[0].name)


def begins_like_a_formula(name: str) -> bool:
    """Whether a spreadsheet would run it; tables write such a name with an apostrophe before it."""
    return name.lstrip("'").startswith(("=", "+", "-", "@", "\t", "\r"))
