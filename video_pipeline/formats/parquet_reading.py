"""Reading our Parquet table: rows and schema metadata are held against one another."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from video_pipeline.errors import TableError
from video_pipeline.formats.exportable import is_plain_name
from video_pipeline.formats.labelled import LabelledRecording, PhaseSegment
from video_pipeline.output.tables import PROBABILITY_SUFFIX
from video_pipeline.records import PhaseTimeline, ToolSegment, ToolTimeline

__all__ = ["METADATA_KEY", "METADATA_VERSION", "read_table"]

METADATA_KEY = "surgical_video"
METADATA_VERSION = 1
_HINT = "expected is what `export --format parquet` wrote, with its schema's metadata"


def read_table(path: Path, parquet: Any) -> tuple[LabelledRecording, ...]:
    """Read every recording of a table, ordered as they are in it; ``parquet`` is pyarrow's.

    Raises:
        TableError: rows and metadata do not agree, or are no such table's.
        ArrowException: it is no Parquet at all.
    """
    with parquet.ParquetFile(path) as file:
        said = _metadata(path, file.schema_arrow.metadata or {})
        n_rows = sum(_count(path, of, "n_seconds") for of in said.values())
        if file.metadata.num_rows != n_rows:
            raise TableError(
                path, f"has {file.metadata.num_rows} rows, but its metadata speak of {n_rows}"
            )
        table = file.read()
    try:
        recordings = []
        start = 0
        for video_id, of in said.items():
            rows = table.slice(start, of["n_seconds"])
            recordings.append(_recording(path, video_id, of, rows))
            start += of["n_seconds"]
    except (KeyError, ValueError, TypeError, IndexError, AttributeError) as error:
        told = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise TableError(path, f"rows and metadata do not agree ({told})", hint=_HINT) from error
    return tuple(recordings)


def _metadata(path: Path, metadata: Mapping[bytes, bytes]) -> dict[str, dict[str, Any]]:
    text = metadata.get(METADATA_KEY.encode())
    if text is None:
        raise TableError(path, "has no metadata of ours in its schema", hint=_HINT)
    try:
        content = json.loads(text)
        version, recordings = content["version"], dict(content["recordings"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise TableError(path, "has damaged metadata in its schema", hint=_HINT) from error
    if version != METADATA_VERSION:
        raise TableError(path, f"is of version {version!r}", hint="update this program")
    for video_id, of in recordings.items():
        if not is_plain_name(video_id) or not isinstance(of, dict):
            raise TableError(path, f"the recording {video_id!r} cannot be the name of a folder")
    if not recordings:
        raise TableError(path, "holds no recording")
    return recordings


def _count(path: Path, of: Mapping[str, Any], key: str) -> int:
    value = of.get(key)
    if type(value) is not int or value < 1:
        raise TableError(path, f"has damaged metadata in its schema: {key}", hint=_HINT)
    return value


def _recording(path: Path, video_id: str, of: Mapping[str, Any], rows: Any) -> LabelledRecording:
    column = {name: rows.column(name) for name in rows.column_names}
    n = of["n_seconds"]
    _require_order(path, video_id, column["video_id"].to_pylist(), column["second"].to_pylist())
    tools, phases = tuple(of["tools"]), tuple(of["phases"])
    timeline = _timeline(tools, column, n) if tools else None
    flags = column["flag"].to_pylist()
    recording = LabelledRecording(
        video_id,
        timeline,
        tuple(_segment(tools, row) for row in of["segments"]),
        flags=None if None in flags else tuple(flags),
        phases=_phases(phases, column, n) if phases else None,
        phase_segments=tuple(
            PhaseSegment(phases[phases.index(name)], start / 1000, end / 1000)
            for name, start, end in of["phase_segments"]
        ),
    )
    features = _features(column["features"], n)
    return recording if features is None else dataclasses.replace(recording, features=features)


def _require_order(
    path: Path, video_id: str, ids: Sequence[str | None], seconds: Sequence[int | None]
) -> None:
    for k, (name, second) in enumerate(zip(ids, seconds, strict=True)):
        if name != video_id or second != k:
            raise TableError(
                path,
                f"second {k} of {video_id!r} is expected, but second {second} of {name!r} follows",
            )


def _timeline(tools: tuple[str, ...], column: Mapping[str, Any], n: int) -> ToolTimeline:
    present = np.empty((n, len(tools)), dtype=np.bool_)
    probabilities = np.empty((n, len(tools)))
    for k, tool in enumerate(tools):
        present[:, k] = _whole(column[tool])
        probabilities[:, k] = _numbers(column[tool + PROBABILITY_SUFFIX])
    n_frames = _whole(column["n_frames"]).astype(np.int64)
    return ToolTimeline(tools, probabilities, present, n_frames)


def _phases(phases: tuple[str, ...], column: Mapping[str, Any], n: int) -> PhaseTimeline:
    index = {name: k for k, name in enumerate(phases)}
    probabilities = np.empty((n, len(phases)))
    for k, name in enumerate(phases):
        probabilities[:, k] = _numbers(column[name + PROBABILITY_SUFFIX])
    phase = np.array([index[name] for name in column["phase"].to_pylist()], dtype=np.int64)
    return PhaseTimeline(phases, probabilities, phase)


def _whole(column: Any) -> NDArray[Any]:
    if column.null_count > 0:
        raise ValueError(f"{column.null_count} cells are empty")
    values: NDArray[Any] = column.to_numpy()
    return values


def _numbers(column: Any) -> NDArray[np.float64]:
    """Probabilities, of which an empty cell is none."""
    return np.array([math.nan if v is None else v for v in column.to_pylist()], dtype=np.float64)


def _segment(tools: tuple[str, ...], row: Sequence[Any]) -> ToolSegment:
    tool, start, end, mean, peak = row
    if not 0 <= tool < len(tools):
        raise ValueError(f"a use is of tool {tool}")
    return ToolSegment(
        tools[tool],
        start / 1000,
        end / 1000,
        math.nan if mean is None else float(mean),
        math.nan if peak is None else float(peak),
    )


def _features(column: Any, n: int) -> NDArray[np.float16] | None:
    """(n, n_features); None where the recording has none."""
    if column.null_count == n:
        return None
    if column.null_count > 0:
        raise ValueError("some seconds have features and some none")
    array = column.combine_chunks()
    lengths = set(array.value_lengths().to_pylist())
    if len(lengths) != 1:
        raise ValueError("seconds have different numbers of features")
    features: NDArray[np.float16] = array.flatten().to_numpy(zero_copy_only=False)
    return features.astype(np.float16).reshape(n, lengths.pop())
