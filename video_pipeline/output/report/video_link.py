"""The address of a recording's video as seen from its page: relative, so that both can be moved.

A recording of several files has a link to each, and where it begins on the recording's clock.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

__all__ = ["VideoLink", "link_to"]


@dataclass(frozen=True)
class VideoLink:
    """A video beside the page."""

    url: str
    """Relative to the page's folder, percent-encoded."""
    name: str
    """The file's name, for people."""
    start_s: float = 0.0
    """Where the file's first frame lies in the recording."""


def link_to(video: Path, *, page: Path, start_s: float = 0.0) -> VideoLink:
    """Link from a page to a video; the places are taken as they are written, links in them too.

    Every byte of a name that is no plain letter is escaped, so ``#``, ``?``, ``%2e`` and ``:`` in a
    name stay parts of it, and a name that is no text keeps its bytes.
    """
    # Browsers shorten `..` in the address, not on the disk: so does abspath.
    start = os.path.abspath(page.parent)  # noqa: PTH100
    relative = os.path.relpath(os.path.abspath(video), start)  # noqa: PTH100
    pieces = [quote(os.fsencode(piece), safe="") for piece in Path(relative).parts]
    return VideoLink("/".join(pieces), video.name, start_s)
