"""A key of a site, and what lies beside it."""

from __future__ import annotations

import csv
import stat
from pathlib import Path

KEY = bytes(range(32))


def table_beside(key_file: Path) -> dict[str, str]:
    with (key_file.parent / "names.csv").open(
        encoding="utf-8", errors="surrogateescape", newline=""
    ) as file:
        header, *rows = csv.reader(file)
    assert header == ["pseudonym", "path"]
    return {row[0]: row[1] for row in rows}


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)
