"""A text file that names the tools, one a line: which there are, and in which order."""

from __future__ import annotations

from pathlib import Path

from classifier.errors import DatasetError
from classifier.plain_files import read_plain_text

__all__ = ["read_class_list"]

_MOST_BYTES = 1 << 20
_MOST_NAMES = 1000
_LONGEST_NAME = 100
_HINT = "one tool's name a line"


def read_class_list(path: Path) -> tuple[str, ...]:
    """Read the names in their order; blank lines are passed over.

    Raises:
        DatasetError: it is no plain file of UTF-8 text, names no tool, one twice, or one by what is
            no name.
    """
    text = read_plain_text(path, most_bytes=_MOST_BYTES, error=DatasetError, follow_links=True)
    line_of: dict[str, int] = {}
    for line, name in enumerate((line.strip() for line in text.split("\n")), start=1):
        if name == "":
            continue
        _require_name(path, line, name)
        if name in line_of:
            raise DatasetError(path, f"names {name!r} in lines {line_of[name]} and {line}")
        line_of[name] = line
        if len(line_of) > _MOST_NAMES:
            raise DatasetError(path, f"names more than {_MOST_NAMES} tools", hint=_HINT)
    if not line_of:
        raise DatasetError(path, "names no tool", hint=_HINT)
    return tuple(line_of)


def _require_name(path: Path, line: int, name: str) -> None:
    if not name.isprintable() or len(name) > _LONGEST_NAME:
        raise DatasetError(path, f"line {line}: {name[:40]!r} is no tool's name", hint=_HINT)
    if "," in name:
        # Where tools are listed in one line, somebody meant several.
        raise DatasetError(path, f"line {line}: {name[:40]!r} holds a comma", hint=_HINT)
