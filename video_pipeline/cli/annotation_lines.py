"""Two lines at the foot of a terminal that are drawn anew as a batch goes on."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from typing import Any

from video_pipeline.cli.console import progress_bar

__all__ = ["FootLines", "is_terminal", "terminal_width"]

_SIMPLER = str.maketrans("▏▎▍▌▋▊▉█", "       #")


class FootLines:
    """Lines that stay below whatever else is said; gone when the block is left."""

    def __init__(self, n_lines: int) -> None:
        self._n_lines = n_lines
        self._stack = ExitStack()
        self._lines: list[Any] = []

    def __enter__(self) -> FootLines:
        for k in range(self._n_lines):
            bar = progress_bar(bar_format="{desc}", position=k, leave=False)
            self._lines.append(self._stack.enter_context(bar))
        return self

    def __exit__(self, *_: object) -> None:
        self._lines.clear()
        # Only the last one to be closed may move the cursor.
        self._stack.close()

    def draw(self, texts: list[str]) -> None:
        """Show these lines; nothing happens once they are gone."""
        for line, text in zip(self._lines, texts, strict=False):
            line.set_description_str(_shown(text))


def is_terminal() -> bool:
    """Whether somebody may be looking at what is said on stderr."""
    return sys.stderr.isatty()


def terminal_width() -> int:
    """Columns that a line may fill without a break."""
    try:
        columns = os.get_terminal_size(sys.stderr.fileno()).columns
    except (OSError, ValueError):
        columns = 0
    return (columns or 80) - 1


def _shown(text: str) -> str:
    """The text with a simpler bar where the terminal's encoding has no blocks."""
    try:
        text.encode(sys.stderr.encoding or "ascii")
    except UnicodeEncodeError:
        return text.translate(_SIMPLER)
    return text
