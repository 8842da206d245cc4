"""Text, numbers, times and JSON as HTML: everything that comes from outside is escaped here."""

from __future__ import annotations

import html
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

__all__ = [
    "MISSING",
    "Cell",
    "attribute",
    "clock",
    "json_in_script",
    "one_line",
    "plain_number",
    "probability",
    "table",
    "text",
    "time_cell",
]

MISSING = '<span class="missing">–</span>'
"""What stands where a number is not known or not defined."""

_MOST_CHARACTERS = 300


@dataclass(frozen=True)
class Cell:
    """A cell of a table: HTML, and what the cell is sorted by where that is not its text."""

    html: str
    value: float | None = None
    seeks_s: float | None = None
    """The time to which the cell leads."""


def one_line(value: object) -> str:
    """What any value reads as a line of at most 300 characters, all of them printable."""
    words = str(value)
    if len(words) > _MOST_CHARACTERS:
        words = words[: _MOST_CHARACTERS - 1] + "…"
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in words)


def text(value: object) -> str:
    """The same, safe in an element or a quoted attribute."""
    return html.escape(one_line(value))


def attribute(value: str) -> str:
    """All of a value in a quoted attribute, however long: for addresses."""
    return html.escape(value)


def json_in_script(value: object) -> str:
    """JSON that neither ends the script element around it nor begins anything else in it."""
    dumped = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    for sign in "<>&":
        dumped = dumped.replace(sign, f"\\u{ord(sign):04x}")
    return dumped


def clock(time_s: float) -> str:
    """A time like a clock's: 4:05, from an hour on 1:04:05, with milliseconds where it has some."""
    whole_ms = round(time_s * 1000)
    seconds, ms = divmod(whole_ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    fraction = f".{ms:03d}" if ms != 0 else ""
    if hours > 0:
        return f"{hours}:{minutes:02d}:{seconds:02d}{fraction}"
    return f"{minutes}:{seconds:02d}{fraction}"


def plain_number(value: float) -> str:
    """At most three decimals, none of them a trailing zero."""
    return f"{value:.3f}".rstrip("0").rstrip(".")


def probability(value: float | None) -> Cell:
    """Two decimals, or missing."""
    if value is None or math.isnan(value):
        return Cell(MISSING)
    return Cell(f"{value + 0.0:.2f}", value)


def time_cell(value: float | None, *, seeks: bool = False) -> Cell:
    """A time like a clock's, or missing; with ``seeks`` it leads to that time."""
    if value is None:
        return Cell(MISSING)
    return Cell(clock(value), value, value if seeks else None)


def table(
    columns: Sequence[str],
    rows: Iterable[tuple[Cell, Sequence[Cell]]],
    *,
    caption: str,
    kind: str = "",
    numeric: Sequence[bool] | None = None,
) -> str:
    """A table; of each row the first cell is its name. ``caption`` is for those who do not see it.

    ``numeric`` says of each column whether it is sorted by number; (n_columns,).
    """
    sorts = numeric if numeric is not None else [False, *[True] * (len(columns) - 1)]
    head = "".join(
        f'<th scope="col" data-sort="{"number" if by_number else "text"}">{text(name)}</th>'
        for name, by_number in zip(columns, sorts, strict=True)
    )
    body = "".join(
        f'<tr><th scope="row"{_data(name)}>{name.html}</th>'
        f"{''.join(f'<td{_data(cell)}>{cell.html}</td>' for cell in cells)}</tr>\n"
        for name, cells in rows
    )
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{text(caption)}">'
        f'<table class="{kind}">\n<caption class="unseen">{text(caption)}</caption>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody></table></div>\n"
    )


def _data(cell: Cell) -> str:
    value = "" if cell.value is None else f' data-v="{plain_number(cell.value)}"'
    seeks = "" if cell.seeks_s is None else f' data-seek="{plain_number(cell.seeks_s)}"'
    return value + seeks
