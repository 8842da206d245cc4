"""``OUT/<video_id>/``: what an annotation, an import or a phase model left there, as one recording.

timeline.csv says the seconds, and segments.csv the same to the millisecond; phases.csv and
features.npy are read where they are, and from run.json what the video is called. A recording of
which only the phases are known has no timeline.csv.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from video_pipeline.errors import TableError
from video_pipeline.formats.aligning import together
from video_pipeline.formats.labelled import (
    LabelledRecording,
    from_segments,
    phase_segments_of,
)
from video_pipeline.formats.recorded_video import video_of
from video_pipeline.output.features import FEATURES_NAME, read_features
from video_pipeline.output.phase_tables import read_phases
from video_pipeline.output.segment_reading import read_segments
from video_pipeline.output.table_reading import read_timeline

__all__ = ["PHASES_NAME", "SEGMENTS_NAME", "TIMELINE_NAME", "is_own_folder", "read_own_folder"]

TIMELINE_NAME = "timeline.csv"
SEGMENTS_NAME = "segments.csv"
PHASES_NAME = "phases.csv"


def is_own_folder(folder: Path) -> bool:
    """Whether a folder holds the tables of one recording."""
    return (folder / TIMELINE_NAME).is_file() or (folder / PHASES_NAME).is_file()


def read_own_folder(folder: Path) -> LabelledRecording:
    """Read one recording's folder, which has a timeline.csv or a phases.csv.

    Raises:
        TableError: a file in it is damaged, or two do not belong together.
    """
    video_id = folder.absolute().name
    tools = phases = None
    if (folder / TIMELINE_NAME).is_file():
        table = read_timeline(folder / TIMELINE_NAME)
        tools = LabelledRecording.of(video_id, table.timeline, flags=table.flags)
        if (folder / SEGMENTS_NAME).is_file():
            tools = _to_the_millisecond(tools, folder / SEGMENTS_NAME)
    if (folder / PHASES_NAME).is_file():
        timeline = read_phases(folder / PHASES_NAME)
        phases = LabelledRecording(
            video_id, None, phases=timeline, phase_segments=phase_segments_of(timeline)
        )
    if tools is not None and phases is not None:
        recording = together(folder, tools, phases)
    else:
        recording = tools or phases or _nothing(folder)
    recording = dataclasses.replace(recording, video=video_of(folder))
    return _with_features(recording, tools or recording, folder / FEATURES_NAME)


def _to_the_millisecond(recording: LabelledRecording, path: Path) -> LabelledRecording:
    """With the uses that the table says, if they are those of the seconds."""
    timeline = recording.timeline
    assert timeline is not None  # noqa: S101  only called with one
    segments = read_segments(path)
    if {segment.tool for segment in segments} <= set(timeline.tools):
        seconds, ordered = from_segments(
            segments, tools=timeline.tools, n_seconds=timeline.n_seconds
        )
        inside = all(segment.end_s <= timeline.n_seconds for segment in segments)
        if inside and np.array_equal(seconds.present, timeline.present):
            return dataclasses.replace(recording, segments=ordered)
    note = f"{SEGMENTS_NAME} does not agree with {TIMELINE_NAME}; uses were taken from the latter"
    return dataclasses.replace(recording, notes=(*recording.notes, note))


def _with_features(
    recording: LabelledRecording, whole: LabelledRecording, path: Path
) -> LabelledRecording:
    """With features.npy beside its tables, which is as long as ``whole``, if there is one."""
    if not path.is_file():
        return recording
    features = read_features(path)
    if len(features) != whole.n_seconds:
        raise TableError(
            path,
            f"has {len(features)} rows, but the recording {whole.n_seconds} s",
            hint="annotate --features writes both anew",
        )
    return dataclasses.replace(recording, features=features[: recording.n_seconds])


def _nothing(folder: Path) -> LabelledRecording:
    raise TableError(folder, f"holds neither {TIMELINE_NAME} nor {PHASES_NAME}")
