"""The tool annotations of Cholec80 and m2cai16-tool, a text file a recording."""

from __future__ import annotations

import re
from pathlib import Path

from video_pipeline.errors import TableError
from video_pipeline.extraction.importing.annotated import AnnotatedRecording
from video_pipeline.formats.tool_annotation import read_tool_annotation

__all__ = ["read_cholec80", "read_m2cai16_tool"]

_CHOLEC80 = re.compile(r"(?P<name>.+)-tool\.txt", re.IGNORECASE)
# Its _pred.txt are predictions.
_M2CAI16 = re.compile(r"(?P<name>tool_video_[^.]+)(?<!_pred)\.txt", re.IGNORECASE)


def read_cholec80(source: Path) -> tuple[AnnotatedRecording, ...]:
    """Read ``videoXX-tool.txt`` in ``source``, or in its ``tool_annotations``; ``TableError``."""
    return _read(source, _CHOLEC80, "videoXX-tool.txt")


def read_m2cai16_tool(source: Path) -> tuple[AnnotatedRecording, ...]:
    """Read ``tool_video_XX.txt`` in ``source``, or in its ``tool_annotations``; ``TableError``."""
    return _read(source, _M2CAI16, "tool_video_XX.txt")


def _read(source: Path, pattern: re.Pattern[str], expected: str) -> tuple[AnnotatedRecording, ...]:
    inner = source / "tool_annotations"
    try:
        there = (
            [source]
            if source.is_file()
            else sorted((inner if inner.is_dir() else source).iterdir())
        )
    except OSError as error:
        raise TableError(source, f"cannot be read ({error.strerror})") from error
    named = [(pattern.fullmatch(path.name), path) for path in there]
    found = [(match["name"], path) for match, path in named if match is not None]
    if not found:
        raise TableError(source, "holds no tool annotation", hint=f"{expected} is expected there")
    read = [(name, read_tool_annotation(path)) for name, path in found]
    return tuple(AnnotatedRecording(name, text, text.n_seconds) for name, text in read)
