"""Labelled recordings for tests of formats: small ones with everything in them, and comparisons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.timeline.builders import presence
from video_pipeline.formats.labelled import LabelledRecording, from_segments, phase_segments_of
from video_pipeline.formats.phase_names import CHOLEC80_PHASES
from video_pipeline.formats.registry import ExportSettings, reader_of, writer_of
from video_pipeline.output.phase_tables import certain_phases
from video_pipeline.records import ToolSegment, ToolTimeline

SETTINGS = ExportSettings()


def plain(
    video_id: str = "video07", tools: Sequence[str] = ("Grasper", "Hook")
) -> LabelledRecording:
    """Six seconds of two tools, as somebody annotates them: no probabilities, none missing."""
    present = presence("##..##", ".###..")
    timeline = ToolTimeline(
        tuple(tools), np.full((6, 2), np.nan), present, np.ones(6, dtype=np.int64)
    )
    return LabelledRecording.of(video_id, timeline)


def with_phases(
    recording: LabelledRecording, phases: Sequence[str] = CHOLEC80_PHASES
) -> LabelledRecording:
    """The same in the first, second and fourth phase."""
    timeline = certain_phases(phases, np.array([0, 0, 1, 1, 3, 3]))
    return replace(recording, phases=timeline, phase_segments=phase_segments_of(timeline))


def with_features(recording: LabelledRecording, n_features: int = 4) -> LabelledRecording:
    """The same with features that say which second they are of."""
    return replace(recording, features=features_of(recording.n_seconds, n_features))


def features_of(n_seconds: int, n_features: int) -> NDArray[np.float16]:
    grid = np.arange(n_seconds)[:, np.newaxis] + np.arange(n_features) / 8
    return grid.astype(np.float16)


def annotated(video_id: str = "case 3") -> LabelledRecording:
    """What our own run leaves: probabilities, a second without a frame, flags, features, phases."""
    present = presence("##..##", "..#...")
    probabilities = np.where(present, 0.9375, 0.0625)
    probabilities[3] = np.nan
    n_frames = np.array([1, 1, 1, 0, 1, 1])
    timeline = ToolTimeline(("Grasper", "Hook"), probabilities, present, n_frames)
    flags = ("", "black", "", "gap", "", "")
    return with_features(with_phases(LabelledRecording.of(video_id, timeline, flags=flags)))


def to_the_millisecond(video_id: str = "video07") -> LabelledRecording:
    """Uses that begin and end within seconds."""
    uses = [("Hook", 0.04, 2.5), ("Grasper", 1.001, 1.002), ("Hook", 2.5, 9.999), ("Clip", 3, 5)]
    segments = [ToolSegment(tool, start, end, np.nan, np.nan) for tool, start, end in uses]
    timeline, ordered = from_segments(
        segments, tools=("Grasper", "Hook", "Clip", "Unused"), n_seconds=12
    )
    return LabelledRecording(video_id, timeline, ordered)


def exported(
    name: str, recordings: Sequence[LabelledRecording], out: Path
) -> tuple[Sequence[str], Sequence[LabelledRecording]]:
    """The notes of an export, and what an import reads back."""
    out.mkdir(exist_ok=True)
    notes = writer_of(name)(recordings, out, SETTINGS)
    return notes, reader_of(name)(out)


def assert_same_tools(one: LabelledRecording, other: LabelledRecording) -> None:
    """The same states of the same tools in every second, and the same uses to the millisecond."""
    assert one.timeline is not None
    assert other.timeline is not None
    assert one.timeline.tools == other.timeline.tools
    np.testing.assert_array_equal(one.timeline.present, other.timeline.present)
    assert uses(one) == uses(other)


def uses(recording: LabelledRecording) -> list[tuple[str, int, int]]:
    """In milliseconds."""
    return [(s.tool, round(1000 * s.start_s), round(1000 * s.end_s)) for s in recording.segments]


def assert_same_phases(one: LabelledRecording, other: LabelledRecording) -> None:
    assert one.phases is not None
    assert other.phases is not None
    assert one.phases.phases == other.phases.phases
    np.testing.assert_array_equal(one.phases.phase, other.phases.phase)
    np.testing.assert_array_equal(one.phases.probabilities, other.phases.probabilities)
    assert one.phase_segments == other.phase_segments
