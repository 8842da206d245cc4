"""Which annotation belongs to which recording: by its file's name, then by the number in it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from video_pipeline.errors import TableError

__all__ = ["find_annotation", "recording_number"]

# videoXX-tool.txt of Cholec80, tool_video_XX.txt of m2cai16; its _pred.txt are predictions.
_NAME = re.compile(r"(?P<a>.+)-tool\.txt|tool_(?P<b>.+)(?<!_pred)\.txt", re.IGNORECASE)
_VIDEO_NUMBER = re.compile(r"(?:^|[^a-z])vid(?:eo)?[ _-]?0*(\d+)(?!\d)", re.IGNORECASE)
_NUMBER = re.compile(r"0*(\d+)")


def find_annotation(labels: Path, recording: Path) -> Path:
    """The annotation of ``recording``: ``labels`` itself, or the one file in that folder.

    ``video07-tool.txt`` and ``tool_video_07.txt`` belong to ``video07.*`` and ``tool_video_07.*``;
    where none has the recording's own name, to the recording of the same number (``VID07.mp4``,
    ``case 7.mp4``).

    Raises:
        TableError: there is none, or more than one.
    """
    if not labels.is_dir():
        return labels
    try:
        there = {path: _subject(path.name) for path in sorted(labels.iterdir())}
    except OSError as error:
        raise TableError(labels, f"cannot be read ({error.strerror})") from error
    subjects = {path: subject for path, subject in there.items() if subject is not None}
    stem = recording.stem.casefold()
    matches = [path for path, subject in subjects.items() if stem in (subject, f"tool_{subject}")]
    number = recording_number(stem)
    if not matches and number is not None:
        matches = [
            path for path, subject in subjects.items() if recording_number(subject) == number
        ]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise TableError(
            labels,
            f"{_names(matches)} could each be the annotation of {recording.name}",
            hint="name the file itself",
        )
    raise TableError(
        labels,
        f"no tool annotation of {recording.name}",
        hint=f"{recording.stem}-tool.txt or tool_{recording.stem}.txt is expected there",
    )


def _subject(name: str) -> str | None:
    """The recording that an annotation's name speaks of; None where it is no annotation's."""
    match = _NAME.fullmatch(name)
    if match is None or name.startswith("."):
        return None
    return str(match["a"] or match["b"]).casefold()


def recording_number(stem: str) -> str | None:
    """The number of a recording, where only one can be meant."""
    match = _VIDEO_NUMBER.search(stem)
    if match is not None:
        return match[1]
    numbers = _NUMBER.findall(stem)
    return numbers[0] if len(numbers) == 1 else None


def _names(paths: Iterable[Path]) -> str:
    return " and ".join(path.name for path in paths)
