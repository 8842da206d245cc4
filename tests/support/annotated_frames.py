"""Frames of no content and annotations of the field, as small as they can be."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from video_pipeline.extraction.importing.annotated import AnnotatedRecording
from video_pipeline.extraction.importing.frame_files import FramePattern, find_frames
from video_pipeline.extraction.importing.joining import (
    ImportedRecording,
    join_labels,
)

INDEX = "{video}/{video}_{index}.*"


def touch(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


def annotate(path: Path, n_seconds: int, *, tools: Sequence[str] = ("Grasper", "Hook")) -> Path:
    """Tool k is shown in the seconds that (k + 2) divides."""
    lines = ["\t".join(["Frame", *tools])]
    for second in range(n_seconds):
        cells = [str(int(second % (k + 2) == 0)) for k in range(len(tools))]
        lines.append("\t".join([str(25 * second), *cells]))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")
    return path


def join(
    recordings: Sequence[AnnotatedRecording], frames: Path, *patterns: str
) -> tuple[ImportedRecording, ...]:
    made = [FramePattern(text) for text in patterns]
    is_contiguous = any(pattern.count == "index" for pattern in made)
    return join_labels(recordings, find_frames(frames, made), is_contiguous=is_contiguous)[1]


def seconds_of(recording: ImportedRecording) -> list[tuple[str, int, tuple[bool, ...]]]:
    return [(row.path.name, row.second, row.present) for row in recording.rows]


def t50(path: Path, **changed: Any) -> Path:
    """A CholecT50 file of four seconds; ``changed`` replaces parts of it."""

    def triplet(instrument: int, phase: int = 0) -> list[float]:
        return [7, instrument, 1, -1, -1, -1, -1, 0, 0, 1, -1, -1, -1, -1, phase]

    content: dict[str, Any] = {
        "video": 1,
        "fps": 1,
        "num_frames": 4,
        "categories": {
            "instrument": {"0": "grasper", "1": "bipolar", "10": "irrigator", "2": "hook"},
            "phase": {"0": "preparation", "1": "gallbladder-packaging"},
        },
        "annotations": {
            "0": [triplet(0), triplet(2)],
            "10": [triplet(10, 1)],
            "2": [],
            "1": [triplet(-1)],
        },
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content | changed))
    return path


def triplet(**changed: Any) -> list[Any]:
    values: list[Any] = [7, 0, 1, -1, -1, -1, -1, 0, 0, 1, -1, -1, -1, -1, 0]
    for place, value in changed.items():
        values[{"instrument": 1, "phase": 14}[place]] = value
    return values
