"""Results stay in the output folder: no link in the place of a recording's folder is followed."""

from __future__ import annotations

import os
from pathlib import Path

from video_pipeline.errors import OutputError

__all__ = ["require_own_place"]


def require_own_place(folder: Path) -> None:
    """Refuse to write into a folder that is a link: it may lead anywhere.

    Raises:
        OutputError: it is one, wherever it leads.
    """
    if os.path.islink(folder):  # noqa: PTH114  Path.is_symlink raises where it may not look
        raise OutputError(
            folder,
            f"the place of its results, {folder.name}, is a link, which may lead elsewhere",
            hint="remove the link or choose another output folder",
        )
