"""A plain folder name from whatever a recording is called, on every system the same.

The name itself where it is one everywhere; else what is plain of it, and a digest of the rest. What
is never a name here: what begins or ends in a dot or blank, is longer than a system takes, holds
anything but letters, digits and a few marks, belongs to Windows (``CON``, ``nul.x``), or looks like
a file that we write ourselves (``batch.csv``).
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from pathlib import PurePosixPath

__all__ = ["folder_name", "name_key"]

LONGEST_NAME = 100
"""In bytes; a digest of the path, a hidden file's dot and ending have to fit behind it."""

_MARKS = frozenset(" _.,()+=@~-")
_AT_THE_ENDS = re.compile(r"^[.\s]+|[.\s]+$")
_OF_WINDOWS = re.compile(
    r"(con|prn|aux|nul|(com|lpt)[0-9¹²³]|conin\$|conout\$) *(\..*)?", re.I | re.S
)
_OURS = frozenset({".csv", ".json", ".png", ".npy", ".html", ".svg", ".parquet"})


def folder_name(name: str) -> str:
    """At most 100 bytes of UTF-8; names that differ give names that differ."""
    composed = unicodedata.normalize("NFC", name)
    plain = "".join(c if _is_plain(c) else "_" for c in composed)
    plain = _AT_THE_ENDS.sub("_", plain) or "_"
    if _OF_WINDOWS.fullmatch(plain) or PurePosixPath(plain).suffix.casefold() in _OURS:
        plain = f"_{plain}_"
    if plain == name and name and len(name.encode()) <= LONGEST_NAME:
        return name
    digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:8]
    return f"{plain.encode()[: LONGEST_NAME - 9].decode(errors='ignore')}-{digest}"


def name_key(name: str) -> str:
    """Equal for names that some file system takes for the same: case, composed letters."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())


def _is_plain(c: str) -> bool:
    return c.isalnum() or c in _MARKS or unicodedata.category(c) in {"Mn", "Mc"}
