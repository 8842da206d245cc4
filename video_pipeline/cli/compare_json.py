"""A comparison as JSON: every figure, and of each its definition and source.

With one recording or many, the tools' figures stand on top, pooled; ``recordings`` has each by
itself, ``summary`` the spread over them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from video_pipeline.timeline.metrics.cohort import CohortComparison, RecordingComparison
from video_pipeline.timeline.metrics.definitions import DEFINITIONS
from video_pipeline.timeline.metrics.phases import PhaseScores
from video_pipeline.timeline.metrics.seconds import SegmentScores
from video_pipeline.timeline.metrics.spread import (
    DDOF,
    LEVEL,
    N_REPLICATES,
    SEED,
    Difference,
)
from video_pipeline.timeline.metrics.tools import TimelineComparison
from video_pipeline.timeline.metrics.uses import OVERLAPS, EventScores

__all__ = ["as_json"]


def as_json(
    cohort: CohortComparison,
    *,
    other: CohortComparison | None,
    differences: Mapping[str, Difference] | None,
    notes: Sequence[str],
) -> dict[str, Any]:
    """What ``--json`` prints; ``other`` and ``differences`` are of ``--against``."""
    content: dict[str, Any] = {} if cohort.tools is None else _tools(cohort.tools)
    of_phases = [text for one in cohort.recordings if one.phases for text in one.phases.notes]
    content["notes"] = list(dict.fromkeys([*notes, *content.get("notes", []), *of_phases]))
    if cohort.phases:
        content["phases"] = [_phase(phase) for phase in cohort.phases]
    content["recordings"] = [_recording(one) for one in cohort.recordings]
    content["summary"] = {
        name: dataclasses.asdict(spread) for name, spread in cohort.summary.items()
    }
    if other is not None and differences is not None:
        content["against"] = {
            "summary": {name: dataclasses.asdict(s) for name, s in other.summary.items()},
            "differences": {name: dataclasses.asdict(d) for name, d in differences.items()},
        }
    content["settings"] = {
        "interval": LEVEL,
        "n_replicates": N_REPLICATES,
        "seed": SEED,
        "standard_deviation_ddof": DDOF,
    }
    content["definitions"] = {name: dataclasses.asdict(one) for name, one in DEFINITIONS.items()}
    return content


def _tools(comparison: TimelineComparison) -> dict[str, Any]:
    content = dataclasses.asdict(comparison)
    for entry, tool in zip(content["tools"], comparison.tools, strict=True):
        entry["events"] = _events(tool.events)
        entry["segments"] = _segments(tool.segments)
    content["events"] = _events(comparison.events)
    content["segments"] = _segments(comparison.segments)
    return content


def _events(events: EventScores) -> dict[str, Any]:
    content = dataclasses.asdict(events)
    matched = content.pop("n_matched_at")
    for overlap, count, f1 in zip(OVERLAPS, matched, events.f1_at, strict=True):
        content[f"n_matched_{overlap:.0%}".rstrip("%")] = count
        content[f"event_f1_{overlap:.0%}".rstrip("%")] = f1
    return content | {
        "f1": events.f1,
        "collar_f1": events.collar_f1,
        "intersection_f1": events.intersection_f1,
        "segment_ratio": events.segment_ratio,
    }


def _segments(segments: SegmentScores) -> dict[str, Any]:
    return dataclasses.asdict(segments) | {
        "n_reference": segments.n_reference,
        "n_predicted": segments.n_predicted,
        "f1": segments.f1,
        "error_rate": segments.error_rate,
    }


def _recording(recording: RecordingComparison) -> dict[str, Any]:
    content: dict[str, Any] = {"video_id": recording.video_id, "figures": recording.figures}
    if recording.tools is not None:
        of_tools = _tools(recording.tools)
        content |= {name: of_tools[name] for name in ("n_seconds", "tools", "notes")}
    if recording.phases is not None:
        content |= {
            "phases": [_phase(phase) for phase in recording.phases.phases],
            "n_phase_seconds": recording.phases.n_seconds,
            "workflow": recording.phases.workflow,
            "phase_notes": list(recording.phases.notes),
        }
    return content


def _phase(phase: PhaseScores) -> dict[str, Any]:
    return dataclasses.asdict(phase)
