"""Reading the tree of MS-TCN: its labels by name, its features by second."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from video_pipeline.errors import TableError
from video_pipeline.formats.labelled import LabelledRecording, phase_segments_of
from video_pipeline.output.features import map_matrix
from video_pipeline.output.phase_tables import certain_phases
from video_pipeline.output.plain_text import text_lines
from video_pipeline.records import ToolTimeline
from video_pipeline.timeline.segments import find_segments

__all__ = [
    "BETWEEN",
    "BUNDLE",
    "FEATURES",
    "LABELS",
    "MAPPING",
    "NO_TOOL",
    "SPLITS",
    "TOOLS",
    "read_tree",
]

FEATURES = "features"
LABELS = "groundTruth"
MAPPING = "mapping.txt"
SPLITS = "splits"
BUNDLE = "all.bundle"
TOOLS = "tools.txt"
NO_TOOL = "none"
BETWEEN = "+"
_HINT = "expected is the name of a label a line, a line a second"
_FEATURES_HINT = "features are a .npy of float32, features first, time second"


def read_tree(path: Path) -> tuple[LabelledRecording, ...]:
    """Read every recording of ``path``/groundTruth, by video id.

    Labels are phases, or combinations of tools where tools.txt names these.

    Raises:
        TableError: naming the file and the line.
    """
    folder = path / LABELS
    try:
        files = sorted(folder.glob("*.txt")) if folder.is_dir() else []
    except OSError as error:
        raise TableError(path, f"cannot be read ({error.strerror})") from error
    if not files:
        raise TableError(path, "holds no labels", hint=f"{LABELS}/<video>.txt is expected there")
    names = _mapping(path / MAPPING) if (path / MAPPING).is_file() else None
    tools = _tools(path / TOOLS) if (path / TOOLS).is_file() else None
    return tuple(_recording(path, file, names, tools) for file in files)


def _recording(
    path: Path, file: Path, names: tuple[str, ...] | None, tools: tuple[str, ...] | None
) -> LabelledRecording:
    labels = text_lines(file, hint=_HINT)
    known = None if names is None else frozenset(names)
    for line, label in enumerate(labels, start=1):
        if not label or len(label.split()) != 1:
            raise TableError(file, f"line {line}: {label[:60]!r} is no name", hint=_HINT)
        if known is not None and label not in known:
            raise TableError(file, f"line {line}: {label[:60]!r} is not in {MAPPING}")
    features, notes = _features(path / FEATURES / f"{file.stem}.npy", len(labels))
    if tools is not None:
        timeline = _timeline(file, labels, tools)
        return LabelledRecording(
            file.stem, timeline, tuple(find_segments(timeline)), features=features, notes=notes
        )
    phases = names or tuple(dict.fromkeys(labels))
    index = {name: k for k, name in enumerate(phases)}
    certain = certain_phases(phases, np.array([index[label] for label in labels]))
    return LabelledRecording(
        file.stem,
        None,
        phases=certain,
        phase_segments=phase_segments_of(certain),
        features=features,
        notes=notes,
    )


def _timeline(file: Path, labels: Sequence[str], tools: tuple[str, ...]) -> ToolTimeline:
    column = {tool: k for k, tool in enumerate(tools)}
    present = np.zeros((len(labels), len(tools)), dtype=np.bool_)
    for k, label in enumerate(labels):
        for tool in [] if label == NO_TOOL else label.split(BETWEEN):
            if tool not in column:
                raise TableError(file, f"line {k + 1}: the tool {tool[:60]!r} is not in {TOOLS}")
            present[k, column[tool]] = True
    return ToolTimeline(
        tools, np.full(present.shape, np.nan), present, np.ones(len(labels), dtype=np.int64)
    )


def _features(path: Path, n_seconds: int) -> tuple[NDArray[np.float16] | None, tuple[str, ...]]:
    """(n_seconds, n_features), if the file is there."""
    if not path.is_file():
        return None, ()
    matrix = map_matrix(path, np.float32, hint=_FEATURES_HINT, columns_first=True)
    if matrix.shape[1] != n_seconds:
        raise TableError(
            path,
            f"has {matrix.shape[1]} columns, but the labels {n_seconds} lines",
            hint=_FEATURES_HINT,
        )
    with np.errstate(over="ignore"):
        features = np.ascontiguousarray(matrix.T.astype(np.float16))
    if np.isinf(features).any():
        return features, ("features beyond 65504 became infinite, as float16 holds no more",)
    return features, ()


def _mapping(path: Path) -> tuple[str, ...]:
    """Names in the order of their ids, which are 0, 1, 2, ..."""
    names: list[str] = []
    for line, text in enumerate(text_lines(path, hint="expected is '<id> <name>' a line"), start=1):
        cells = text.split()
        if len(cells) != 2 or cells[0] != str(line - 1) or cells[1] in names:
            raise TableError(
                path, f"line {line}: {text[:60]!r} is not the id {line - 1} and a name of its own"
            )
        names.append(cells[1])
    return tuple(names)


def _tools(path: Path) -> tuple[str, ...]:
    tools = text_lines(path, hint="expected is the name of a tool a line")
    for line, tool in enumerate(tools, start=1):
        if not tool or BETWEEN in tool or tools.index(tool) != line - 1:
            raise TableError(path, f"line {line}: {tool[:60]!r} is no tool's name of its own")
    return tuple(tools)
