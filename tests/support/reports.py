"""Recordings to make pages of: plain ones, long ones, and ones whose every name is an attack."""

from __future__ import annotations

import numpy as np

from video_pipeline.output.report.record import RecordingReport
from video_pipeline.output.report.run_record import RunRecord
from video_pipeline.output.report.video_link import VideoLink
from video_pipeline.records import PhaseTimeline, ToolTimeline
from video_pipeline.timeline.segments import find_segments

__all__ = ["ATTACKS", "busy_report", "small_report"]

ATTACKS = (
    "<img src=x onerror=window.hacked=1>",
    "</script><script>window.hacked=1</script>",
    "<!--<script>",
    "\"'><svg onload=window.hacked=1>",
    "&lt;b&gt; &amp;",
    "line\u2028break \u202eesrever",
    "]]>'\"`${window.hacked=1}\\",
)
"""Names that would do or break something if they were taken for markup or code."""


def small_report(
    *,
    tools: tuple[str, ...] = ("grasper", "hook", "scissors"),
    video_id: str = "case12",
    phases: tuple[str, ...] | None = None,
    run: RunRecord | None = None,
    videos: tuple[VideoLink, ...] = (),
    n_seconds: int = 20,
) -> RecordingReport:
    """Tool k is there in the seconds [2 k, 2 k + 3) and from 15 s on; second 12 has no frame."""
    present = np.zeros((n_seconds, len(tools)), dtype=np.bool_)
    for k in range(len(tools)):
        present[2 * k : 2 * k + 3, k] = True
        present[15:, k] = True
    n_frames = np.ones(n_seconds, dtype=np.int64)
    n_frames[12] = 0
    present[12] = False
    probabilities = np.where(present, 0.9, 0.1)
    probabilities[12] = np.nan
    flags = [""] * n_seconds
    flags[12], flags[n_seconds - 1] = "gap", "blurred+cut_off"
    timeline = ToolTimeline(tools, probabilities, present, n_frames)
    return RecordingReport(
        video_id=video_id,
        timeline=timeline,
        segments=tuple(find_segments(timeline)),
        flags=tuple(flags),
        phases=None if phases is None else _in_turn(phases, n_seconds),
        run=run,
        videos=videos,
    )


def busy_report(n_seconds: int, *, n_tools: int = 7, seed: int = 0) -> RecordingReport:
    """Much use of every tool, noisy probabilities, scattered flags: more than an operation has."""
    rng = np.random.default_rng(seed)
    lengths = rng.geometric(1 / 12, (n_tools, n_seconds))
    present = np.stack(
        [np.repeat(np.arange(n_seconds) % 2 == 1, row)[:n_seconds] for row in lengths], axis=1
    )
    noisy = np.where(present, 0.8, 0.1) + rng.normal(0, 0.1, present.shape)
    timeline = ToolTimeline(
        tuple(f"tool {k}" for k in range(n_tools)),
        np.clip(noisy, 0, 1),
        present,
        np.ones(n_seconds, dtype=np.int64),
    )
    flags = np.where(rng.random(n_seconds) < 0.05, "blurred", "")
    return RecordingReport(
        video_id="long",
        timeline=timeline,
        segments=tuple(find_segments(timeline)),
        flags=tuple(flags.tolist()),
        phases=_in_turn(tuple(f"phase {k}" for k in range(7)), n_seconds),
    )


def _in_turn(phases: tuple[str, ...], n_seconds: int) -> PhaseTimeline:
    """The phases one after another, equally long."""
    phase = np.arange(n_seconds) * len(phases) // n_seconds
    probabilities = np.zeros((n_seconds, len(phases)))
    probabilities[np.arange(n_seconds), phase] = 1.0
    return PhaseTimeline(phases, probabilities, phase)
