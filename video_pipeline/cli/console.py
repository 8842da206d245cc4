"""What a person at a terminal sees: messages, problems and bars, on stderr; results on stdout."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["note", "print_result", "progress_bar", "warn"]


def print_result(text: str = "") -> None:
    """A line that another program may read, or that tells what to do next."""
    print(text)


def note(text: str) -> None:
    """A line about what is going on."""
    _above_the_bar(text)


def warn(text: str) -> None:
    """One problem, in one line."""
    _above_the_bar(f"surgical-video: {text}")


def _above_the_bar(text: str) -> None:
    if "tqdm" in sys.modules:
        from tqdm import tqdm

        tqdm.write(text, file=sys.stderr)
    else:
        print(text, file=sys.stderr)


@contextmanager
def progress_bar(**options: Any) -> Iterator[Any]:
    """A tqdm bar that shows itself on a terminal only."""
    from tqdm import tqdm

    with tqdm(
        file=sys.stderr, disable=not sys.stderr.isatty(), dynamic_ncols=True, **options
    ) as bar:
        yield bar
