"""Text and pictures as HTML: everything that comes from outside is escaped here."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from typing import Literal

from classifier.evaluation.record import Interval

__all__ = ["NOT_AVAILABLE", "figure_and_interval", "image", "number", "short_text", "table", "text"]

NOT_AVAILABLE = '<span class="faint">n/a</span>'

_MOST_CHARACTERS = 300


def text(value: object) -> str:
    """What any value reads, safe in an element or a quoted attribute."""
    shown = (c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(value))
    return html.escape("".join(shown))


def short_text(value: object) -> str:
    """The same of a value that a stranger may have made endless."""
    words = str(value)
    cut = len(words) > _MOST_CHARACTERS
    return text(words[: _MOST_CHARACTERS - 1] + "…" if cut else words)


def number(value: float | None) -> str:
    """Three decimals, or n/a."""
    return NOT_AVAILABLE if value is None else f"{value:.3f}"


def figure_and_interval(value: float | None, interval: Interval | None) -> str:
    """A figure and, small below it, its interval."""
    if value is None:
        return NOT_AVAILABLE
    if interval is None or interval.low is None or interval.high is None:
        return f'{value:.3f}<br><small class="faint">no interval</small>'
    return f"{value:.3f}<br><small>{interval.low:.3f}–{interval.high:.3f}</small>"


def image(content: bytes, *, kind: Literal["png", "jpeg"], description: str) -> str:
    """A picture that lies in the page itself."""
    data = base64.b64encode(content).decode()
    return f'<img alt="{text(description)}" src="data:image/{kind};base64,{data}">'


def table(header: Sequence[str], rows: Sequence[Sequence[str]], *, kind: str = "") -> str:
    """A table of cells that are HTML already; the first of each row is its name."""
    head = "".join(f'<th scope="col">{cell}</th>' for cell in header)
    body = "".join(
        f'<tr><th scope="row">{row[0]}</th>{"".join(f"<td>{cell}</td>" for cell in row[1:])}</tr>\n'
        for row in rows
    )
    return (
        f'<div class="wide"><table class="{kind}">\n<thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{body}</tbody></table></div>"
    )
