"""From what a person asked for to the sampling times in one recording, and a name for them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from video_pipeline.errors import TableError
from video_pipeline.extraction.choosing import (
    LEAST_APART_S,
    AtRate,
    LeastCertain,
    Moments,
    Part,
    SpreadEvenly,
    least_certain_seconds,
    spread_evenly,
    uncertainty,
)
from video_pipeline.frames import ChosenTimes, RegularTimes, SamplingTimes
from video_pipeline.output.manifest import read_manifest
from video_pipeline.output.table_reading import read_timeline
from video_pipeline.records import ToolTimeline

__all__ = ["Measured", "ResolvedMoments", "resolve_moments", "why_another_length"]

_TIMELINE_NAME = "timeline.csv"


@dataclass(frozen=True)
class Measured:
    """One recording, as far as it has to be known in order to choose moments of it."""

    video_id: str
    sha256: str
    duration_s: Callable[[], float]
    """May read the recording from end to end, and is asked only where that is needed."""
    n_seconds: Callable[[], int]


@dataclass(frozen=True)
class ResolvedMoments:
    """When one recording is looked at."""

    times: SamplingTimes
    key: str
    """The same for the same times of the same recording."""
    notes: tuple[str, ...] = ()


def resolve_moments(moments: Moments, part: Part, recording: Measured) -> ResolvedMoments:
    """Turn a choice into times.

    Raises:
        TableError: the timeline to choose from is missing, broken or of another recording.
        RecordingError: the recording had to be measured and cannot be read.
    """
    span = f"[{part.start}, {part.end if part.end is not None else 'end'})"
    match moments:
        case AtRate(rate_hz):
            times = RegularTimes(rate_hz, part.start, part.end)
            return ResolvedMoments(times, f"{rate_hz} a second of {span}")
        case SpreadEvenly(count):
            chosen = spread_evenly(count, duration_s=recording.duration_s(), part=part)
            return ResolvedMoments(ChosenTimes(chosen), f"{count} spread over {span}")
        case LeastCertain(count, path):
            return _least_certain(count, path, part, recording)


def _least_certain(count: int, path: Path, part: Part, recording: Measured) -> ResolvedMoments:
    path = _timeline_of(path, recording.video_id)
    timeline = _read_own_timeline(path, recording)
    seconds = least_certain_seconds(timeline, count, part=part)
    if not seconds:
        raise TableError(
            path,
            "has no second with probabilities in the part that was asked for",
            hint="take the timeline.csv of `surgical-video annotate`",
        )
    too_few = (
        f"{len(seconds)} instead of {count} seconds: no more of them have a frame and lie "
        f"{LEAST_APART_S} s apart"
    )
    notes = (too_few,) if len(seconds) < count else ()
    digest = hashlib.sha256(" ".join(map(str, seconds)).encode()).hexdigest()
    times = ChosenTimes(tuple(map(Fraction, seconds)))
    return ResolvedMoments(times, f"{len(seconds)} seconds {digest[:16]}", notes)


def _timeline_of(path: Path, video_id: str) -> Path:
    if not path.is_dir():
        return path
    for place in (path / video_id / _TIMELINE_NAME, path / _TIMELINE_NAME):
        if place.is_file():
            return place
    raise TableError(
        path, f"holds no {video_id}/{_TIMELINE_NAME}", hint="annotate that recording first"
    )


def _read_own_timeline(path: Path, recording: Measured) -> ToolTimeline:
    """Read a timeline after making sure that it is this recording's."""
    timeline = read_timeline(path).timeline
    if not (uncertainty(timeline) >= 0).any():
        raise TableError(
            path,
            "holds no probabilities",
            hint="take the timeline.csv of `surgical-video annotate`",
        )
    manifest = read_manifest(path.parent) if path.name == _TIMELINE_NAME else None
    if manifest is None:
        cause = why_another_length(timeline.n_seconds, recording.n_seconds())
    else:
        is_own = manifest.provenance.input_sha256 == recording.sha256
        cause = None if is_own else "is the timeline of another recording"
    if cause is not None:
        raise TableError(path, cause, hint=f"take the timeline of {recording.video_id}")
    return timeline


def why_another_length(n_rows: int, n_seconds: int) -> str | None:
    """Why a table cannot be of a recording, judged by their lengths: they differ by more than one.

    Published annotations often end a second before or behind the last frame.
    """
    if abs(n_rows - n_seconds) <= 1:
        return None
    return f"covers {n_rows} s, but the recording lasts {n_seconds} s"
