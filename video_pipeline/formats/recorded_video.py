"""Which video an annotation was made of, as its manifest says: its name, and its header's rate."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

from video_pipeline.formats.labelled import VideoFile
from video_pipeline.output.manifest import MANIFEST_NAME

__all__ = ["video_of"]

_MOST_CHARACTERS = 16 << 20


def video_of(folder: Path) -> VideoFile | None:
    """The video of one recording's folder; None where no manifest says it, or it is several files.

    A manifest keeps no folders, which often carry patients' names: the path is the name alone.
    """
    try:
        if not (folder / MANIFEST_NAME).is_file():
            return None
        with (folder / MANIFEST_NAME).open(encoding="utf-8") as file:
            said = json.loads(file.read(_MOST_CHARACTERS))["input"]
        name = said["name"]
        if "parts" in said or not isinstance(name, str) or Path(name).name != name:
            return None
        return VideoFile(Path(name), _rate(said.get("frame_rate_from_header")))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        # Of another making: nothing is known then, and nothing depends on it.
        return None


def _rate(text: Any) -> Fraction | None:
    try:
        rate = Fraction(text) if isinstance(text, str) and len(text) <= 40 else None
    except (ValueError, ZeroDivisionError):
        return None
    return rate if rate is not None and 0 < rate <= 1000 else None
