"""Probabilities and the truth about the same recordings, as tuning takes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from video_pipeline.errors import TableError
from video_pipeline.formats.folder import read_folder, table_files, video_id_of
from video_pipeline.formats.labelled import LabelledRecording
from video_pipeline.formats.losses import listed
from video_pipeline.formats.pairing import pair_ids
from video_pipeline.output.probability_reading import ProbabilityTable, read_probabilities
from video_pipeline.timeline.tuning.trial import TuningRecording

__all__ = ["TuningPairs", "read_tuning_pairs"]


@dataclass(frozen=True)
class TuningPairs:
    """Recordings of which both is known."""

    tools: tuple[str, ...]
    """That every recording has, in the order of the first prediction."""
    recordings: tuple[TuningRecording, ...]
    notes: tuple[str, ...]
    """What was left out, in words."""


def read_tuning_pairs(predicted: Path, reference: Path) -> TuningPairs:
    """Read both folders and put together what is of one recording, by name or by number.

    Raises:
        TableError: one cannot be read, nothing fits together, or lengths differ by over a second.
    """
    said = {video_id_of(path): path for path in table_files(predicted)}
    true = {recording.video_id: recording for recording in read_folder(reference)}
    pairs = pair_ids(list(said), list(true))
    if not pairs:
        raise TableError(
            predicted, f"has no recording in common with {reference}", hint="names must agree"
        )
    tables = {video_id: read_probabilities(said[video_id]) for video_id, _ in pairs}
    tools = _tools_of_all(predicted, [tables[a] for a, _ in pairs], [true[b] for _, b in pairs])
    notes: list[str] = []
    recordings = tuple(
        _recording(said[a], a, tables[a], true[b], tools=tools, notes=notes) for a, b in pairs
    )
    paired = {a for a, _ in pairs}
    alone = [video_id for video_id in said if video_id not in paired]
    if alone:
        notes.append(f"without a reference, left out: {listed(alone, most=5)}")
    return TuningPairs(tools, recordings, tuple(notes))


def _tools_of_all(
    path: Path, tables: Sequence[ProbabilityTable], references: Sequence[LabelledRecording]
) -> tuple[str, ...]:
    common = set(tables[0].tools).intersection(
        *(table.tools for table in tables), *(reference.tools for reference in references)
    )
    if not common:
        raise TableError(
            path,
            f"no tool in common: predicted {', '.join(tables[0].tools)}; "
            f"reference {', '.join(references[0].tools) or 'none'}",
        )
    return tuple(tool for tool in tables[0].tools if tool in common)


def _recording(
    path: Path,
    video_id: str,
    table: ProbabilityTable,
    reference: LabelledRecording,
    *,
    tools: Sequence[str],
    notes: list[str],
) -> TuningRecording:
    truth = reference.timeline
    if truth is None:
        raise TableError(path, f"its reference {reference.video_id} has no tools")
    n_said, n_true = len(table.n_frames), truth.n_seconds
    if abs(n_said - n_true) > 1:
        raise TableError(
            path,
            f"lengths differ by more than one second: predicted {n_said} s, reference {n_true} s",
        )
    if n_said != n_true:
        longer = "predicted" if n_said > n_true else "reference"
        notes.append(f"{video_id}: the {longer} is one second longer; its last one was left out")
    n_seconds = min(n_said, n_true)
    return TuningRecording(
        video_id=video_id,
        probabilities=table.probabilities[:n_seconds, [table.tools.index(tool) for tool in tools]],
        present=truth.present[:n_seconds, [truth.tools.index(tool) for tool in tools]],
        is_known=truth.n_frames[:n_seconds] > 0,
    )
