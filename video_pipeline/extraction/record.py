"""``extract.json``: which recording a folder's frames are of, how they were made, what is done.

It is written before a recording's first frame, so that another recording of the same name is
noticed even after an interruption, and again when all of its frames are there.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from video_pipeline.errors import TableError
from video_pipeline.output.files import make_folder, write_text

__all__ = ["RECORD_NAME", "ExtractionRecord", "read_record", "write_record"]

RECORD_NAME = "extract.json"
_FORMAT = 1
_MOST_CHARACTERS = 16 << 20


@dataclass(frozen=True)
class ExtractionRecord:
    """What is known about the frames of one recording in one folder."""

    name: str
    """Of the recording's file; not its path: folders often carry patients' names."""
    size_bytes: int
    sha256: str
    layout: str
    """``frames``: all in a folder of their own; ``train`` or ``test``: in class folders there."""
    pictures: Mapping[str, Mapping[str, Any]]
    """For each format how its pictures are made (``PictureSettings.as_json``)."""
    stream: int | None = None
    """Which of the file's video streams was asked for."""
    duration_s: float | None = None
    """As measured; None as long as it was not."""
    is_whole: bool = True
    """Whether nothing was damaged or cut off."""
    warnings: tuple[str, ...] = ()
    n_frames: int = 0
    """Rows of this recording in frames.csv when the last call was finished."""
    finished: tuple[str, ...] = ()
    """The choices of moments all of whose frames are there."""


def read_record(folder: Path) -> ExtractionRecord | None:
    """Read the record in ``folder``, None where there is none; raises ``TableError``."""
    path = folder / RECORD_NAME
    try:
        with path.open(encoding="utf-8") as file:
            content = json.loads(file.read(_MOST_CHARACTERS))
        record = _record_of(content)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise TableError(
            path,
            "cannot be read, so nothing tells which recording the frames beside it are of",
            hint="choose another folder, or remove it if they are of this one",
        ) from error
    return record


def _record_of(content: dict[str, Any]) -> ExtractionRecord:
    """Raises ``KeyError``, ``TypeError`` or ``ValueError`` where it is not as we write it."""
    if content["format"] != _FORMAT:
        raise ValueError("another format")
    duration_s = content["duration_s"]
    if duration_s is not None and not 0 < float(duration_s) < math.inf:
        raise ValueError("no duration")
    return ExtractionRecord(
        name=str(content["name"]),
        size_bytes=int(content["size_bytes"]),
        sha256=str(content["sha256"]),
        layout=str(content["layout"]),
        pictures={name: dict(made) for name, made in content["pictures"].items()},
        stream=content["stream"],
        duration_s=duration_s,
        is_whole=bool(content["is_whole"]),
        warnings=tuple(map(str, content["warnings"])),
        n_frames=int(content["n_frames"]),
        finished=tuple(map(str, content["finished"])),
    )


def write_record(folder: Path, record: ExtractionRecord) -> None:
    """Write the record into ``folder``, which is made where it is missing; ``OutputError``."""
    content = {"format": _FORMAT} | dataclasses.asdict(record)
    make_folder(folder)
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    write_text(folder / RECORD_NAME, text)
