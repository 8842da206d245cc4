"""Recordings for the tests of formats: drawn at random to the millisecond, with hostile names."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from video_pipeline.formats.labelled import (
    LabelledRecording,
    VideoFile,
    from_segments,
    phase_segments_of,
)
from video_pipeline.records import PhaseTimeline, ToolSegment

HOSTILE = (
    'say "cheese"',
    "<b>Hook</b>",
    "a --> b",
    "Größe 日本 \N{PILE OF POO}",
    "  blanks  ",
    "=cmd|' /C calc'!A0",
    "a&b;&lt;&#38;",
    "phase",
    "phase: Preparation",
    "tab\there",
    "new\nline",
    "]]>",
    "{\\an8}Grasper",
    "NOTE surgical-video {}",
    "back\\slash",
    "\x01bell\x7f\x85",
    "a + b",
    "a,b",
    "1",
    "\N{NO-BREAK SPACE}wide",
    "__proto__",
)

Uses = Sequence[tuple[str, float, float]]


def labelled(
    uses: Uses,
    *,
    tools: Sequence[str],
    n_seconds: int,
    video_id: str = "case 12",
    phases: PhaseTimeline | None = None,
    video: Path | None = None,
) -> LabelledRecording:
    """A recording of which uses are given as (tool, start, end) in seconds."""
    segments = [ToolSegment(*use, math.nan, math.nan) for use in uses]
    timeline, ordered = from_segments(segments, tools=tools, n_seconds=n_seconds)
    return LabelledRecording(
        video_id,
        timeline,
        ordered,
        phases=phases,
        phase_segments=() if phases is None else phase_segments_of(phases),
        video=None if video is None else VideoFile(video),
    )


def phase_timeline(names: Sequence[str], phase: Sequence[int]) -> PhaseTimeline:
    """Phases that somebody knows for certain, a number a second."""
    numbers = np.array(phase, dtype=np.int64)
    return PhaseTimeline(tuple(names), np.eye(len(names))[numbers], numbers)


def drawn_at_random(
    seed: int, *, tools: Sequence[str] = HOSTILE, video_id: str = "case 12"
) -> LabelledRecording:
    """Uses anywhere, some of which touch; one tool is never used; phases with the same names."""
    rng = np.random.default_rng(seed)
    n_seconds = int(rng.integers(20, 200))
    uses = []
    for tool in tools[:-1]:
        cuts = np.sort(
            rng.choice(1000 * n_seconds + 1, size=int(rng.integers(2, 9)), replace=False)
        )
        pieces = list(zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True))
        kept = [piece for piece in pieces if rng.random() < 0.6]
        uses += [(tool, start / 1000, end / 1000) for start, end in kept]
    names = tuple(dict.fromkeys((*tools[:4], "phase", "never")))
    changes = np.sort(rng.integers(0, n_seconds, 5))
    phase = np.searchsorted(changes, np.arange(n_seconds)) % (len(names) - 1)
    return labelled(
        uses,
        tools=tools,
        n_seconds=n_seconds,
        video_id=video_id,
        phases=phase_timeline(names, phase.tolist()),
    )


def uses_of(recording: LabelledRecording) -> list[tuple[str, int, int]]:
    """(tool, start, end) in milliseconds."""
    return [(s.tool, round(1000 * s.start_s), round(1000 * s.end_s)) for s in recording.segments]


def phases_of(recording: LabelledRecording) -> list[tuple[str, int, int]]:
    """(phase, start, end) in milliseconds."""
    return [
        (s.phase, round(1000 * s.start_s), round(1000 * s.end_s)) for s in recording.phase_segments
    ]


def assert_same(back: LabelledRecording, sent: LabelledRecording) -> None:
    """Every label of ``sent`` came back, to the millisecond and in its order."""
    assert back.video_id == sent.video_id
    assert back.n_seconds == sent.n_seconds
    assert back.tools == sent.tools
    assert uses_of(back) == uses_of(sent)
    assert phases_of(back) == phases_of(sent)
    if sent.timeline is not None:
        assert back.timeline is not None
        np.testing.assert_array_equal(back.timeline.present, sent.timeline.present)
    if sent.phases is not None:
        assert back.phases is not None
        assert back.phases.phases == sent.phases.phases
        np.testing.assert_array_equal(back.phases.phase, sent.phases.phase)
