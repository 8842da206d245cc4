"""Uses and phases in whole milliseconds, as editors have them; and recordings made of them.

People draw freely: beyond the end, over one another, with gaps between phases. What is put right
is said in words, never silently.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from video_pipeline.errors import TableError
from video_pipeline.formats.carried import Carried
from video_pipeline.formats.labelled import (
    LabelledRecording,
    PhaseSegment,
    from_segments,
    phase_segments_of,
)
from video_pipeline.records import PhaseTimeline, ToolSegment, ToolTimeline
from video_pipeline.timeline.segments import find_segments

__all__ = ["Drawn", "Stretch", "phase_stretches", "recording_of", "tool_stretches"]

_LONGEST_S = 7 * 24 * 3600
_MOST_CELLS = 20_000_000
"""Seconds by labels: a day with two hundred, before a hostile file fills the memory."""


@dataclass(frozen=True)
class Stretch:
    """One use of a tool, or one phase, [start, end)."""

    label: str
    start_ms: int
    end_ms: int


@dataclass(frozen=True)
class Drawn:
    """What a document says about one recording, as it stands there."""

    video_id: str
    uses: Sequence[Stretch]
    phases: Sequence[Stretch] = ()
    tools: Sequence[str] = ()
    """Those the document names, also where they are never used, in its order."""
    length_s: float | None = None
    """Where the document has a place of its own for the video's length."""
    notes: tuple[str, ...] = ()


def tool_stretches(recording: LabelledRecording) -> tuple[Stretch, ...]:
    """The uses of tools, ordered by start; those of one tool do not overlap."""
    segments = recording.segments
    if not segments and recording.timeline is not None:
        segments = tuple(find_segments(recording.timeline))
    rounded = [Stretch(s.tool, round(s.start_s * 1000), round(s.end_s * 1000)) for s in segments]
    joined, _ = _without_overlaps(rounded, recording.tools)
    return joined


def phase_stretches(recording: LabelledRecording) -> tuple[Stretch, ...]:
    """The phases in order of time; none where they are not known."""
    segments = recording.phase_segments
    if not segments and recording.phases is not None:
        segments = phase_segments_of(recording.phases)
    rounded = [Stretch(s.phase, round(s.start_s * 1000), round(s.end_s * 1000)) for s in segments]
    return tuple(s for s in sorted(rounded, key=lambda s: s.start_ms) if s.start_ms < s.end_ms)


def recording_of(path: Path, drawn: Drawn, carried: Carried) -> LabelledRecording:
    """The recording that a document speaks of.

    ``carried``, what an export of ours left in the document, has the last word on its length, the
    order of tools, and those that are never used.

    Raises:
        TableError: it has neither tools nor phases, or one ends before it begins.
    """
    notes = list(drawn.notes)
    n_seconds = _n_seconds(path, drawn, carried, notes)
    uses = _inside(path, drawn.uses, n_seconds=n_seconds, notes=notes)
    stretches = _inside(path, drawn.phases, n_seconds=n_seconds, notes=notes)
    tools = _names([*carried.tools, *drawn.tools], (s.label for s in drawn.uses))
    phase_names = _names(carried.phases, (s.label for s in drawn.phases))
    if not tools and not stretches:
        raise TableError(path, f"says nothing about the recording {drawn.video_id!r}")
    if not all(name.strip() for name in (*tools, *phase_names)):
        raise TableError(path, f"a tool or phase of {drawn.video_id!r} has no name")
    if n_seconds * (len(tools) + len(phase_names)) > _MOST_CELLS:
        raise TableError(
            path,
            f"{drawn.video_id!r} has {len(tools) + len(phase_names)} tools and phases in "
            f"{n_seconds} s, which no recording has",
        )
    uses, n_joined = _without_overlaps(uses, tools)
    if n_joined > 0:
        notes.append(f"{n_joined} uses overlapped another of the same tool: joined")
    timeline, segments = (
        from_segments(map(_segment, uses), tools=tools, n_seconds=n_seconds)
        if tools
        else (None, ())
    )
    if timeline is not None:
        timeline = _without_frames(timeline, carried.without_frame)
    return LabelledRecording(
        video_id=drawn.video_id,
        timeline=timeline,
        segments=segments,
        phases=_phases(stretches, phase_names, n_seconds, notes) if stretches else None,
        phase_segments=tuple(
            PhaseSegment(s.label, s.start_ms / 1000, s.end_ms / 1000) for s in stretches
        ),
        notes=tuple(notes),
    )


def _without_frames(timeline: ToolTimeline, stretches: Sequence[tuple[int, int]]) -> ToolTimeline:
    """The timeline without an answer where there was no frame, unless somebody drew a use there."""
    missing = np.zeros(timeline.n_seconds, dtype=np.bool_)
    for start, end in stretches:
        missing[start:end] = True
    missing &= ~timeline.present.any(axis=1)
    return dataclasses.replace(timeline, n_frames=np.where(missing, 0, timeline.n_frames))


def _segment(stretch: Stretch) -> ToolSegment:
    start_s, end_s = stretch.start_ms / 1000, stretch.end_ms / 1000
    return ToolSegment(stretch.label, start_s, end_s, math.nan, math.nan)


def _n_seconds(path: Path, drawn: Drawn, carried: Carried, notes: list[str]) -> int:
    if carried.n_seconds is not None:
        return carried.n_seconds
    length_s = drawn.length_s
    if length_s is None:
        ends = [s.end_ms for s in (*drawn.uses, *drawn.phases)]
        length_s = max(ends, default=0) / 1000
        notes.append(
            f"the recording's length is not in the file: taken to end with the last segment, "
            f"at {math.ceil(length_s)} s"
        )
    if not 0 < length_s <= _LONGEST_S:
        raise TableError(path, f"{drawn.video_id!r} lasts {length_s:g} s, which no recording does")
    return math.ceil(length_s)


def _names(known: Sequence[str], used: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*known, *used]))


def _inside(
    path: Path, stretches: Sequence[Stretch], *, n_seconds: int, notes: list[str]
) -> tuple[Stretch, ...]:
    """Cut at both ends of the recording, ordered by start."""
    kept, n_empty, n_cut = [], 0, 0
    for stretch in stretches:
        if not stretch.label.strip():
            raise TableError(path, f"what begins at {stretch.start_ms / 1000:g} s has no name")
        if stretch.start_ms > stretch.end_ms:
            raise TableError(
                path, f"{stretch.label!r} ends before it begins, at {stretch.start_ms / 1000:g} s"
            )
        start, end = max(stretch.start_ms, 0), min(stretch.end_ms, 1000 * n_seconds)
        n_cut += (start, end) != (stretch.start_ms, stretch.end_ms)
        if start < end:
            kept.append(Stretch(stretch.label, start, end))
        else:
            n_empty += 1
    if n_cut > 0:
        notes.append(f"{n_cut} segments went beyond the recording's {n_seconds} s: cut there")
    if n_empty > 0:
        notes.append(f"{n_empty} segments without any length are left out")
    return tuple(sorted(kept, key=lambda s: (s.start_ms, s.end_ms)))


def _without_overlaps(
    stretches: Iterable[Stretch], tools: Sequence[str]
) -> tuple[tuple[Stretch, ...], int]:
    """Join the uses of one tool that overlap, those that only touch stay two; and count them."""
    last: dict[str, int] = {}
    joined: list[Stretch] = []
    n_joined = 0
    for stretch in sorted(stretches, key=lambda s: (s.start_ms, s.end_ms)):
        if stretch.start_ms == stretch.end_ms:
            continue
        before = last.get(stretch.label)
        if before is not None and stretch.start_ms < joined[before].end_ms:
            end_ms = max(joined[before].end_ms, stretch.end_ms)
            joined[before] = Stretch(stretch.label, joined[before].start_ms, end_ms)
            n_joined += 1
        else:
            last[stretch.label] = len(joined)
            joined.append(stretch)
    order = {tool: k for k, tool in enumerate(tools)}
    joined.sort(key=lambda s: (s.start_ms, order.get(s.label, len(order))))
    return tuple(joined), n_joined


def _phases(
    stretches: Sequence[Stretch], names: tuple[str, ...], n_seconds: int, notes: list[str]
) -> PhaseTimeline:
    """The phase of each second: that which covers most of it, or the one before in a gap."""
    covered_ms = np.zeros((n_seconds, len(names)), dtype=np.int64)
    for stretch in stretches:
        covered_ms[:, names.index(stretch.label)] += _covered_ms(stretch, n_seconds)
    phase = covered_ms.argmax(axis=1).astype(np.int64)
    known = covered_ms.any(axis=1)
    n_unknown = int(np.count_nonzero(~known))
    if n_unknown > 0:
        notes.append(f"{n_unknown} s belong to no phase: taken for that before them")
        # Before the first phase there is none to go on, and the first one begins early.
        source = np.maximum.accumulate(np.where(known, np.arange(n_seconds), -1))
        phase = phase[np.where(source < 0, int(np.argmax(known)), source)]
    if any(b.start_ms < a.end_ms for a, b in pairwise(stretches)):
        notes.append("phases overlap: each second has the one that covers most of it")
    return PhaseTimeline(names, np.eye(len(names))[phase], phase)


def _covered_ms(stretch: Stretch, n_seconds: int) -> NDArray[np.int64]:
    """(n_seconds,) milliseconds of each second that lie in the stretch."""
    begins = 1000 * np.arange(n_seconds, dtype=np.int64)
    covered = np.minimum(begins + 1000, stretch.end_ms) - np.maximum(begins, stretch.start_ms)
    inside: NDArray[np.int64] = np.maximum(covered, 0)
    return inside
