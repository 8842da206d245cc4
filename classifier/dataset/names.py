"""Names of tools: which are usable, and which are the same."""

from __future__ import annotations

import unicodedata
from pathlib import Path

from classifier.errors import DatasetError

__all__ = ["name_key", "require_usable_name", "spelling_of"]

# Names that a timeline's own columns have.
_RESERVED = frozenset({"second", "time_s", "n_frames", "flag"})


def require_usable_name(path: Path, name: str) -> None:
    """Refuse a tool's name that no table could hold.

    Raises:
        DatasetError: it is empty, not printable, or a column that a timeline has itself.
    """
    if not name or not name.isprintable():
        raise DatasetError(path, "a tool's name must be printable text", hint="rename it")
    if name.casefold() in _RESERVED:
        raise DatasetError(path, f"{name!r} is the name of a timeline's own column", hint="rename")


def name_key(name: str) -> str:
    """What two spellings of one name have in common: NFC, no outer blanks, no letter case."""
    return unicodedata.normalize("NFC", name).strip().casefold()


def spelling_of(folders: list[Path]) -> str:
    """How the first of a class's folders spells its name."""
    return unicodedata.normalize("NFC", folders[0].name).strip()
