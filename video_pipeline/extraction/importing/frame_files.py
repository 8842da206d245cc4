"""Which picture files show which second of which recording: by frames.csv, or by their names."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from video_pipeline.errors import TableError
from video_pipeline.extraction.frames_folder import FramesFolder
from video_pipeline.extraction.frames_table import FRAMES_NAME

__all__ = ["FrameFile", "FramePattern", "find_frames"]

Count = Literal["second", "index", "frame"]

_FRAMES_PER_SECOND = 25
_PART = re.compile(r"(\{[a-z]+\})")
_ANY_SUFFIX = (
    r"\.(?:[jJ][pP][eE]?[gG]|[pP][nN][gG]|[bB][mM][pP]|[tT][iI][fF]{1,2}|[wW][eE][bB][pP])"
)


@dataclass(frozen=True)
class FrameFile:
    """One frame on disk."""

    path: Path
    video: str
    """How its folder calls the recording."""
    second: int | None
    """Its second k, [k, k + 1) s; None where it lies between the annotated frames."""


class FramePattern:
    """How frames are called: ``{video}/{video}_{index}.png``.

    ``{video}`` is the recording and one of three numbers says when: ``{second}`` counts seconds
    from 0, ``{index}`` frames at one a second from 1, ``{frame}`` frames of the 25-fps video from
    0, of which every 25th is annotated. Leading zeros do not matter, and ``.*`` at the end is any
    picture's suffix. Everything else stands for itself.
    """

    def __init__(self, text: str) -> None:
        """Raises ``ValueError`` where it does not say which recording, or when."""
        parts = _PART.split(text.removesuffix(".*"))
        numbers = [part for part in parts if part in ("{second}", "{index}", "{frame}")]
        unknown = {part for part in parts if _PART.fullmatch(part)} - {"{video}", *numbers}
        if len(numbers) != 1 or "{video}" not in parts or unknown:
            raise ValueError(
                "a pattern has {video} and one of {second}, {index} and {frame}, such as "
                f"{{video}}/{{video}}_{{index}}.png, got {text!r}"
            )
        self.text = text
        self.count: Count = "second"
        regex = ""
        for part in parts:
            if part == "{video}":
                regex += "(?P=video)" if "(?P<video>" in regex else "(?P<video>[^/]+)"
            elif part in numbers:
                regex += "(?P<number>[0-9]{1,9})"
                self.count = _count(part)
            else:
                regex += re.escape(part)
        self._regex = re.compile(regex + (_ANY_SUFFIX if text.endswith(".*") else ""))

    def match(self, folder: Path, name: str) -> FrameFile | None:
        """The frame whose path below ``folder`` is ``name``; None where it is called otherwise."""
        match = self._regex.fullmatch(name)
        if match is None:
            return None
        number = int(match["number"])
        if self.count == "frame":
            second, rest = divmod(number, _FRAMES_PER_SECOND)
            return FrameFile(folder / name, match["video"], second if rest == 0 else None)
        if self.count == "index" and number == 0:
            raise TableError(
                folder / name, "frames are counted from 1 here", hint="are they seconds: {second}?"
            )
        return FrameFile(
            folder / name, match["video"], number - 1 if self.count == "index" else number
        )


def find_frames(folder: Path, patterns: Sequence[FramePattern]) -> list[FrameFile]:
    """Every frame below ``folder`` that the first fitting pattern names, by path.

    Without patterns, those of the ``frames.csv`` that `extract` wrote there.

    Raises:
        TableError: there are none, or two of the same second by their names.
    """
    if not folder.is_dir():
        raise TableError(folder, "no such folder of frames", hint="name it with --frames")
    if not patterns:
        found = list(_listed(folder))
        expected = f"{FRAMES_NAME} of `extract`"
    else:
        found = _named(folder, patterns)
        expected = " or ".join(pattern.text for pattern in patterns)
    if not found:
        raise TableError(
            folder, "holds no frames", hint=f"expected are {expected}; see --frame-pattern"
        )
    return found


def _named(folder: Path, patterns: Sequence[FramePattern]) -> list[FrameFile]:
    names = sorted(_names_below(folder))
    for pattern in patterns:
        matches = [pattern.match(folder, name) for name in names]
        found = [match for match in matches if match is not None]
        if found:
            _require_one_a_second(found)
            return found
    return []


def _require_one_a_second(frames: Sequence[FrameFile]) -> None:
    first: dict[tuple[str, int], FrameFile] = {}
    for frame in frames:
        if frame.second is None:
            continue
        earlier = first.setdefault((frame.video, frame.second), frame)
        if earlier is not frame:
            raise TableError(
                frame.path, f"is of the same second as {earlier.path.name}", hint="remove one"
            )


def _listed(folder: Path) -> Iterator[FrameFile]:
    frames = FramesFolder(folder)
    for child in sorted(folder.iterdir()):
        if child.is_dir():
            for row in frames.rows_of(child.name):
                yield FrameFile(folder / row.file, row.video_id, row.second)


def _names_below(folder: Path) -> Iterator[str]:
    """Paths with forward slashes, hidden ones passed over."""
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            if not name.startswith("."):
                yield (Path(place) / name).relative_to(folder).as_posix()


def _count(part: str) -> Count:
    match part:
        case "{index}":
            return "index"
        case "{frame}":
            return "frame"
        case _:
            return "second"
