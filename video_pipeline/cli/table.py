"""Rows of text as lines whose columns stand under one another."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

__all__ = ["align", "shortened", "text_width"]


def align(rows: Sequence[Sequence[str]]) -> list[str]:
    """Pad each column to its widest cell: the first to the left, numbers to the right."""
    widths = [max(map(text_width, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = []
        for k, (cell, width) in enumerate(zip(row, widths, strict=True)):
            gap = " " * (width - text_width(cell))
            cells.append(cell + gap if k == 0 else gap + cell)
        lines.append("  ".join(cells).rstrip())
    return lines


def text_width(text: str) -> int:
    """Columns on a terminal: wide characters take two, combining ones none."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def shortened(text: str, width: int) -> str:
    """As much of the text as fits into ``width`` columns; dots where that is not all."""
    if text_width(text) <= width:
        return text
    kept = text
    while kept and text_width(kept) > width - 3:
        kept = kept[:-1]
    return f"{kept}..."[: max(0, width)]
