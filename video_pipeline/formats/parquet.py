"""One Parquet table of all recordings, a row a second, which reads back as it was written.

    video_id, second, <tool>, ..., <tool>_probability, ..., n_frames, flag,
    phase, <phase>_probability, ..., features

Columns are called as in our CSV tables; a recording has nulls in those of other recordings' tools.
What no row can say (the order of each recording's tools, uses to the millisecond) is JSON in the
schema's metadata, under ``surgical_video``.
"""

from __future__ import annotations

import importlib
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from video_pipeline.errors import OutputError, TableError
from video_pipeline.formats.exportable import is_plain_name, require_equal_features
from video_pipeline.formats.labelled import LabelledRecording
from video_pipeline.formats.parquet_reading import (
    METADATA_KEY,
    METADATA_VERSION,
    read_table,
)
from video_pipeline.formats.registry import ExportSettings
from video_pipeline.output.files import whole_file
from video_pipeline.output.tables import PROBABILITY_SUFFIX

__all__ = ["PARQUET_NAME", "read", "write"]

PARQUET_NAME = "timelines.parquet"
_INSTALL = "pip install 'surgical-video[parquet]'"
_FIXED = ("video_id", "second", "n_frames", "flag", "phase", "features")


def write(
    recordings: Sequence[LabelledRecording], out: Path, settings: ExportSettings
) -> Sequence[str]:
    """Write ``timelines.parquet``; nothing is lost.

    Raises:
        OutputError: pyarrow is not installed.
        TableError: two columns would have one name, or recordings have other numbers of features.
    """
    del settings
    path = out / PARQUET_NAME
    try:
        arrow, parquet = _arrow()
    except ModuleNotFoundError as error:
        cause = "cannot be written: the package pyarrow is not installed"
        raise OutputError(path, cause, hint=_INSTALL) from error
    for recording in recordings:
        if not is_plain_name(recording.video_id):
            raise TableError(out, f"{recording.video_id!r} cannot be the name of a recording")
    require_equal_features(recordings, out)
    tools = list(dict.fromkeys(tool for of in recordings for tool in of.tools))
    phases = list(dict.fromkeys(name for of in recordings for name in _phases(of)))
    _require_columns(out, tools, phases)
    schema = _schema(arrow, recordings, tools, phases)
    with whole_file(path) as file, parquet.ParquetWriter(file, schema) as writer:
        for recording in recordings:
            writer.write_table(_table(arrow, recording, schema))
    return []


def read(path: Path) -> Sequence[LabelledRecording]:
    """Read such a table; raises ``TableError``, also where pyarrow is not installed."""
    place = path / PARQUET_NAME if path.is_dir() else path
    try:
        arrow, parquet = _arrow()
    except ModuleNotFoundError as error:
        cause = "a Parquet table, and the package pyarrow is not installed"
        raise TableError(place, cause, hint=_INSTALL) from error
    if not place.is_file():
        raise TableError(place, "no such file")
    try:
        return read_table(place, parquet)
    except (arrow.ArrowException, OSError, MemoryError) as error:
        raise TableError(place, "is no Parquet table that can be read, or damaged") from error


def _arrow() -> tuple[Any, Any]:
    """The package pyarrow and its part for Parquet, which is imported only where it is needed."""
    return importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")


def _phases(recording: LabelledRecording) -> tuple[str, ...]:
    return () if recording.phases is None else recording.phases.phases


def _require_columns(out: Path, tools: Sequence[str], phases: Sequence[str]) -> None:
    taken = set(_FIXED)
    columns = [
        *(("tool", tool, tool) for tool in tools),
        *(("tool", tool, tool + PROBABILITY_SUFFIX) for tool in tools),
        *(("phase", phase, phase + PROBABILITY_SUFFIX) for phase in phases),
    ]
    for kind, name, column in columns:
        if column in taken:
            raise TableError(
                out, f"the {kind} {name!r} needs a second column {column!r}", hint="rename it"
            )
        taken.add(column)
        try:
            column.encode()
        except UnicodeEncodeError as error:
            raise TableError(
                out, f"the {kind} {name!r} holds bytes that are no text", hint="rename it"
            ) from error


def _schema(
    arrow: Any,
    recordings: Sequence[LabelledRecording],
    tools: Sequence[str],
    phases: Sequence[str],
) -> Any:
    fields = [
        ("video_id", arrow.string()),
        ("second", arrow.int64()),
        *((tool, arrow.bool_()) for tool in tools),
        *((tool + PROBABILITY_SUFFIX, arrow.float64()) for tool in tools),
        ("n_frames", arrow.int64()),
        ("flag", arrow.string()),
        ("phase", arrow.string()),
        *((phase + PROBABILITY_SUFFIX, arrow.float64()) for phase in phases),
        ("features", arrow.list_(arrow.float16())),
    ]
    content = {
        "version": METADATA_VERSION,
        "recordings": {of.video_id: _unrepresented(of) for of in recordings},
    }
    text = json.dumps(content, ensure_ascii=True, allow_nan=False)
    return arrow.schema(fields, metadata={METADATA_KEY: text})


def _unrepresented(recording: LabelledRecording) -> dict[str, Any]:
    """What no row of a recording says."""
    return {
        "n_seconds": recording.n_seconds,
        "tools": list(recording.tools),
        "phases": list(_phases(recording)),
        "segments": [
            [
                recording.tools.index(segment.tool),
                round(segment.start_s * 1000),
                round(segment.end_s * 1000),
                _number(segment.mean_probability),
                _number(segment.peak_probability),
            ]
            for segment in recording.segments
        ],
        "phase_segments": [
            [segment.phase, round(segment.start_s * 1000), round(segment.end_s * 1000)]
            for segment in recording.phase_segments
        ],
    }


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value


def _table(arrow: Any, recording: LabelledRecording, schema: Any) -> Any:
    """The rows of one recording."""
    n = recording.n_seconds
    columns: dict[str, Any] = dict.fromkeys(schema.names)
    columns |= {"video_id": [recording.video_id] * n, "second": np.arange(n)}
    timeline, of_phases = recording.timeline, recording.phases
    if timeline is not None:
        columns["n_frames"] = timeline.n_frames
        for k, tool in enumerate(timeline.tools):
            columns[tool] = timeline.present[:, k]
            columns[tool + PROBABILITY_SUFFIX] = timeline.probabilities[:, k]
    if recording.flags is not None:
        columns["flag"] = list(recording.flags)
    if of_phases is not None:
        columns["phase"] = [of_phases.phases[k] for k in of_phases.phase.tolist()]
        for k, phase in enumerate(of_phases.phases):
            columns[phase + PROBABILITY_SUFFIX] = of_phases.probabilities[:, k]
    arrays = []
    for name in schema.names:
        kind, column = schema.field(name).type, columns[name]
        if name == "features" and recording.features is not None:
            arrays.append(_features(arrow, recording.features))
        elif column is None:
            arrays.append(arrow.nulls(n, kind))
        else:
            # NaN, which stands for no probability, is null in a table.
            arrays.append(arrow.array(column, kind, from_pandas=True))
    return arrow.Table.from_arrays(arrays, schema=schema)


def _features(arrow: Any, features: Any) -> Any:
    """A list a second, NaN and all."""
    n, n_features = features.shape
    offsets = np.arange(n + 1, dtype=np.int32) * n_features
    values = arrow.array(np.ascontiguousarray(features).reshape(-1), arrow.float16())
    return arrow.ListArray.from_arrays(arrow.array(offsets), values)
