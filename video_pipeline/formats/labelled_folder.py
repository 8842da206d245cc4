"""Labels from elsewhere as a folder of ours: the tables of an annotation, without a manifest."""

from __future__ import annotations

from pathlib import Path

from video_pipeline.formats.labelled import LabelledRecording
from video_pipeline.output.files import make_folder
from video_pipeline.output.tables import write_segments, write_statistics, write_timeline
from video_pipeline.timeline.statistics import summarise_tools

__all__ = ["write_labelled_folder"]


def write_labelled_folder(folder: Path, recording: LabelledRecording) -> None:
    """Write timeline.csv, segments.csv and statistics.csv; raises ``OutputError``.

    The seconds are written last: a folder without them is an unfinished one.
    """
    make_folder(folder)
    if recording.timeline is not None:
        write_segments(folder / "segments.csv", recording.segments)
        write_statistics(folder / "statistics.csv", summarise_tools(recording.timeline))
        write_timeline(folder / "timeline.csv", recording.timeline, flags=recording.flags)
