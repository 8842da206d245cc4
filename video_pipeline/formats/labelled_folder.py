"""Labels from elsewhere as a folder of ours: the tables of an annotation, without a manifest."""

from __future__ import annotations

from pathlib import Path

from video_pipeline.errors import OutputError
from video_pipeline.formats.labelled import LabelledRecording
from video_pipeline.formats.own_folder import PHASES_NAME, SEGMENTS_NAME, TIMELINE_NAME
from video_pipeline.output.derived_files import remove_derived_files
from video_pipeline.output.features import FEATURES_NAME, write_features
from video_pipeline.output.files import make_folder, remove_file
from video_pipeline.output.manifest import MANIFEST_NAME
from video_pipeline.output.phase_tables import write_phases
from video_pipeline.output.tables import write_segments, write_statistics, write_timeline
from video_pipeline.timeline.statistics import summarise_tools

__all__ = ["write_labelled_folder"]

_STATISTICS_NAME = "statistics.csv"


def write_labelled_folder(folder: Path, recording: LabelledRecording) -> None:
    """Write what is known: segments.csv, statistics.csv and timeline.csv, phases.csv, features.npy.

    The seconds are written last: a folder without them is an unfinished one. Of an earlier import,
    what is not known any more is taken away.

    Raises:
        OutputError: it cannot be written, the recording's name is not that of the folder, or the
            folder holds what ``annotate`` wrote, which corrections stand beside and never replace.
    """
    if folder.name != recording.video_id or folder.name in {"", ".", ".."}:
        raise OutputError(
            folder,
            f"the recording's name {recording.video_id!r} cannot be the name of a folder",
            hint="rename it",
        )
    if (folder / MANIFEST_NAME).exists():
        raise OutputError(
            folder,
            "holds an annotation, which an import does not replace",
            hint="name another --out",
        )
    make_folder(folder)
    remove_derived_files(folder)
    for name in (TIMELINE_NAME, PHASES_NAME, SEGMENTS_NAME, _STATISTICS_NAME, FEATURES_NAME):
        remove_file(folder / name)
    if recording.features is not None:
        write_features(folder / FEATURES_NAME, recording.features)
    if recording.timeline is not None:
        write_segments(folder / SEGMENTS_NAME, recording.segments)
        write_statistics(folder / _STATISTICS_NAME, summarise_tools(recording.timeline))
    if recording.phases is not None:
        write_phases(folder / PHASES_NAME, recording.phases)
    if recording.timeline is not None:
        write_timeline(folder / TIMELINE_NAME, recording.timeline, flags=recording.flags)
