"""TeCNO's files: a table of all frames, and a pickle of features and phases for each recording.

    dataframes/cholec_split_250px_25fps.pkl    image_path, class, time, video_idx, tool_<name>...
    25.0fps/video_01_25.0fps.pkl               [stems (T, D), phase logits (T, 7), phase ids (T,)]

The names are those that its readers open; the rows are one a second. Both are pickles, as there;
the table is beside it as CSV too.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from video_pipeline.formats.annotation_search import recording_number
from video_pipeline.formats.exportable import (
    features_without_gaps,
    file_names,
    loss_notes,
    with_features,
)
from video_pipeline.formats.labelled import LabelledRecording
from video_pipeline.formats.phase_names import CHOLEC80_PHASES, ID_ORDER, phase_ids, without_alias
from video_pipeline.formats.pickles import write_pickle
from video_pipeline.formats.registry import ExportSettings
from video_pipeline.output.files import make_folder, write_text
from video_pipeline.output.tables import armoured_cell
from video_pipeline.records import PhaseTimeline

__all__ = ["write"]

_TABLE = "cholec_split_250px_25fps"
_HOLDS = frozenset({"tools", "phases", "phase probabilities", "features"})
_LEAST_PROBABILITY = 1e-6


def write(
    recordings: Sequence[LabelledRecording], out: Path, settings: ExportSettings
) -> Sequence[str]:
    """Write the table and the pickles; every recording has phases and features.

    Raises:
        TableError: one has not, or a phase has no id.
    """
    del settings
    complete = with_features(recordings, out)
    ids = [phase_ids(out, recording) for recording in recordings]
    file_names(recordings, out)
    numbers, notes = _numbers(recordings)
    folder = make_folder(out / "25.0fps")
    for (recording, features), number, of_second in zip(complete, numbers, ids, strict=True):
        matrix, n_missing = features_without_gaps(features)
        assert recording.phases is not None  # noqa: S101  phase_ids saw to it
        content = [matrix, _logits(recording.phases), of_second]
        write_pickle(folder / f"video_{number:02}_25.0fps.pkl", content)
        if n_missing > 0:
            notes.append(
                f"{recording.video_id}: {n_missing} s have no features, which are written as 0"
            )
        notes += loss_notes(recording, _HOLDS)
    notes += _write_table(make_folder(out / "dataframes"), recordings, numbers, ids)
    return [
        *notes,
        f"phases are written as {ID_ORDER}",
        "phase logits are the logarithms of the phases' probabilities",
        "rows are one a second, whatever the files' names say",
        "image_path is <video>/<video>_000001.png and so on, a picture a second",
    ]


def _numbers(recordings: Sequence[LabelledRecording]) -> tuple[list[int], list[str]]:
    """The number of each recording: that of its name, if all have one of their own."""
    own = [recording_number(recording.video_id) for recording in recordings]
    numbers = [int(number) for number in own if number is not None and len(number) <= 9]
    if len(set(numbers)) == len(recordings):
        return numbers, []
    return list(range(1, len(recordings) + 1)), [
        f"{recording.video_id}: is video {k}" for k, recording in enumerate(recordings, start=1)
    ]


def _logits(phases: PhaseTimeline) -> NDArray[np.float32]:
    """(n_seconds, 7) in the order of the ids."""
    logits = np.full((len(phases.phase), len(CHOLEC80_PHASES)), _LEAST_PROBABILITY)
    for k, name in enumerate(phases.phases):
        if without_alias(name) in CHOLEC80_PHASES:
            column = CHOLEC80_PHASES.index(without_alias(name))
            logits[:, column] = np.maximum(phases.probabilities[:, k], _LEAST_PROBABILITY)
    values: NDArray[np.float32] = np.log(logits).astype(np.float32)
    return values


def _write_table(
    folder: Path,
    recordings: Sequence[LabelledRecording],
    numbers: Sequence[int],
    ids: Sequence[NDArray[np.int64]],
) -> list[str]:
    """Write the table of all seconds as a pickle of pandas and as CSV; say which have no tools."""
    import pandas as pd

    tools = list(dict.fromkeys(tool for recording in recordings for tool in recording.tools))
    parts = [
        _rows(recording, tools, number, of_second)
        for recording, number, of_second in zip(recordings, numbers, ids, strict=True)
    ]
    columns = {name: [cell for part in parts for cell in part[name]] for name in parts[0]}
    # Text as objects: what newer pandas makes of it, older ones cannot read.
    table = pd.DataFrame(
        {
            name: pd.Series(cells, dtype=object if name == "image_path" else np.int64)
            for name, cells in columns.items()
        }
    )
    write_pickle(folder / f"{_TABLE}.pkl", table)
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([armoured_cell(name) for name in columns])
    writer.writerows(
        [armoured_cell(str(cell)) for cell in row] for row in zip(*columns.values(), strict=True)
    )
    write_text(folder / f"{_TABLE}.csv", buffer.getvalue())
    return [
        f"{recording.video_id}: knows no {tool}, which is written as 0"
        for recording in recordings
        for tool in tools
        if tool not in recording.tools
    ]


def _rows(
    recording: LabelledRecording, tools: Sequence[str], number: int, ids: NDArray[np.int64]
) -> dict[str, list[Any]]:
    """The columns of one recording, a row a second."""
    n = recording.n_seconds
    video_id, timeline = recording.video_id, recording.timeline
    columns: dict[str, list[Any]] = {
        "image_path": [f"{video_id}/{video_id}_{k + 1:06}.png" for k in range(n)],
        "class": ids.tolist(),
        "time": [25 * k for k in range(n)],
        "video_idx": [number] * n,
    }
    for tool in tools:
        shown = np.zeros(n, dtype=np.int64)
        if timeline is not None and tool in timeline.tools:
            shown = timeline.present[:, timeline.tools.index(tool)].astype(np.int64)
        columns[f"tool_{tool}"] = shown.tolist()
    return columns
