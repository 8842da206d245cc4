"""What a batch would do, before it does it: which recordings, why, and in how much space."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Collection, Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from video_pipeline.batch.job import BatchJob
from video_pipeline.batch.one_recording import why_to_annotate
from video_pipeline.batch.planning.lengths import Length
from video_pipeline.batch.recordings import Recording
from video_pipeline.config import AnnotationSettings
from video_pipeline.errors import PipelineError
from video_pipeline.output.manifest import read_manifest
from video_pipeline.output.provenance import Provenance
from video_pipeline.output.staleness import why_stale

__all__ = [
    "Planned",
    "free_bytes",
    "plan_recordings",
    "presumed_finished",
    "result_bytes",
]

# Measured on made-up timelines of 1, 7 and 30 tools that change every ten seconds, 1 and 6 h long.
_ROW_BYTES = 10
_ROW_BYTES_A_TOOL = 10
"""A second and tool, in timeline.csv and segments.csv together."""
_FILE_BYTES = 25_000
_FILE_BYTES_A_TOOL = 17_000
"""Of timeline.png, statistics.csv and run.json."""
_FEATURE_BYTES = 2 * 2048
"""A second, of a ResNet50."""


@dataclass(frozen=True)
class Planned:
    """What would become of one recording."""

    recording: Recording
    action: Literal["annotate", "leave", "cannot", "skip"]
    """``leave``: it is finished; ``cannot``: it will fail; ``skip``: it will not be opened."""
    reason: str
    """Why it is annotated again, or cannot be, or is skipped; empty where it is new or finished."""
    length: Length


def plan_recordings(
    recordings: Sequence[Recording], job: BatchJob, lengths: Mapping[str, Length]
) -> Generator[Planned, None, None]:
    """Decide for each recording as ``annotate_recording`` will, from what lies there now.

    A recording that has results is read once, for its digest: that takes its time.
    """
    for recording in recordings:
        if recording.why_skipped is not None:
            nothing = Length(seconds=None, n_bytes=0)
            yield Planned(recording, "skip", recording.why_skipped, nothing)
            continue
        length = lengths[recording.video_id]
        try:
            why = why_to_annotate(recording, job)
        except PipelineError as error:
            yield Planned(recording, "cannot", error.cause, length)
            continue
        if why is None:
            yield Planned(recording, "leave", "", length)
        elif length.problem is not None:
            yield Planned(recording, "cannot", length.problem, length)
        else:
            yield Planned(recording, "annotate", why, length)


def presumed_finished(recordings: Sequence[Recording], job: BatchJob) -> Collection[str]:
    """The ``video_id`` of those that look finished, without reading them for their digests."""
    if job.force:
        return set()
    settings, model = job.settings, job.model.sha256
    wanted = Provenance.of([], model_sha256=model, settings=settings)
    return {of.video_id for of in recordings if _looks_finished(of, job, wanted)}


def result_bytes(
    seconds: float, settings: AnnotationSettings, *, n_tools: int, n_recordings: int
) -> int:
    """What results of so much video take on disk, about."""
    a_second = _ROW_BYTES + _ROW_BYTES_A_TOOL * n_tools
    if settings.features:
        a_second += _FEATURE_BYTES
    return round(seconds * a_second) + n_recordings * (_FILE_BYTES + _FILE_BYTES_A_TOOL * n_tools)


def free_bytes(folder: Path) -> int | None:
    """On the disk of a folder that may not be there yet; None where the system does not tell."""
    there = folder.absolute()
    while not there.exists() and there != there.parent:
        there = there.parent
    try:
        return shutil.disk_usage(there).free
    except OSError:
        return None


def _looks_finished(recording: Recording, job: BatchJob, wanted: Provenance) -> bool:
    earlier = read_manifest(job.out / recording.video_id)
    if earlier is None:
        return False
    there = earlier.provenance
    try:
        n_bytes = sum(path.stat().st_size for path in recording.paths)
    except (OSError, ValueError):
        return False
    same_input = dataclasses.replace(wanted, input_sha256=there.input_sha256, input_bytes=n_bytes)
    return why_stale(there, same_input) is None
