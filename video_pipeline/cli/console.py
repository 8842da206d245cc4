"""What a person at a terminal sees: messages, problems and bars, on stderr; results on stdout."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, TextIO

__all__ = ["note", "print_result", "printable", "progress_bar", "warn", "warn_of_problems"]

_SHOWN_PROBLEMS = 20


def print_result(text: str = "") -> None:
    """A line that another program may read, or that tells what to do next."""
    _above_the_bar(text, sys.stdout)


def note(text: str) -> None:
    """A line about what is going on."""
    _above_the_bar(text, sys.stderr)


def warn(text: str) -> None:
    """One problem, in one line."""
    _above_the_bar(f"surgical-video: {text}", sys.stderr)


class _Problem(Protocol):
    @property
    def path(self) -> Path: ...
    @property
    def cause(self) -> str: ...


def warn_of_problems(problems: Sequence[_Problem]) -> None:
    """Name each file that was skipped, and count those that would fill the screen."""
    for problem in problems[:_SHOWN_PROBLEMS]:
        warn(f"{printable(str(problem.path))}: {problem.cause}; skipped")
    if len(problems) > _SHOWN_PROBLEMS:
        warn(f"... and {len(problems) - _SHOWN_PROBLEMS} more files were skipped")


def printable(text: str) -> str:
    """The text with line breaks and bytes that are no text written as escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _above_the_bar(text: str, file: TextIO) -> None:
    if "tqdm" in sys.modules:
        from tqdm import tqdm

        tqdm.write(text, file=file)
    else:
        print(text, file=file)


@contextmanager
def progress_bar(**options: Any) -> Iterator[Any]:
    """A tqdm bar that shows itself on a terminal only."""
    from tqdm import tqdm

    with tqdm(
        file=sys.stderr, disable=not sys.stderr.isatty(), dynamic_ncols=True, **options
    ) as bar:
        yield bar
