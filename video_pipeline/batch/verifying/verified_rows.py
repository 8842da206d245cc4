"""How many rows an output file has: of a table, without its header; of features, one a second."""

from __future__ import annotations

import csv
from pathlib import Path

from video_pipeline.errors import TableError
from video_pipeline.output.features import read_features

__all__ = ["count_rows"]


def count_rows(path: Path) -> int | None:
    """Rows of the file; a picture is one; None where that cannot be told. Raises ``OSError``."""
    match path.suffix:
        case ".csv":
            return _count_lines(path)
        case ".npy":
            try:
                return len(read_features(path))
            except TableError:
                return None
        case ".png":
            return 1
        case _:
            return None


def _count_lines(path: Path) -> int | None:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return sum(1 for _ in csv.reader(file)) - 1
    except (ValueError, csv.Error):
        return None
