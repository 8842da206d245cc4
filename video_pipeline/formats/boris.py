"""BORIS projects (format 7.0): an observation a recording, tools and phases as state events.

Fields as BORIS's ``config.py`` names them. An event is [time, subject, code, modifier, comment];
those of one code come in pairs, the first begins a state and the second ends it.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from video_pipeline.formats.boris_reading import read
from video_pipeline.formats.carried import CARRIED_NAME, carried_line, phase_labels
from video_pipeline.formats.json_document import json_text
from video_pipeline.formats.labelled import LabelledRecording
from video_pipeline.formats.losses import losses_of, unknown_videos
from video_pipeline.formats.registry import ExportSettings
from video_pipeline.formats.stretches import Stretch, phase_stretches, tool_stretches
from video_pipeline.output.files import write_text

__all__ = ["PROJECT_NAME", "read", "write"]

PROJECT_NAME = "recordings.boris"
_DATE = "1970-01-01T00:00:00"
_USUAL_RATE_HZ = Fraction(25)
_KEYS = string.ascii_lowercase + string.ascii_uppercase + string.digits


def write(
    recordings: Sequence[LabelledRecording], out: Path, settings: ExportSettings
) -> list[str]:
    """Write ``recordings.boris`` with all recordings; return what is lost."""
    tools = list(dict.fromkeys(tool for of in recordings for tool in of.tools))
    phases = list(dict.fromkeys(phase for of in recordings for phase in _phase_names(of)))
    # Tools and phases share one list of codes: only a phase called like a tool is renamed.
    renamed = phase_labels(phases, tools)
    codes = {phase: renamed[phase] if phase in tools else phase for phase in phases}
    project = {
        "time_format": "hh:mm:ss",
        "project_date": _DATE,
        "project_name": CARRIED_NAME,
        "project_description": "",
        "project_format_version": "7.0",
        "subjects_conf": {},
        "behaviors_conf": _behaviors(tools, list(codes.values())),
        "observations": {of.video_id: _observation(of, codes, settings) for of in recordings},
        "behavioral_categories": ["tool", "phase"],
        "behavioral_categories_config": {},
        "independent_variables": {},
        "coding_map": {},
        "behaviors_coding_map": [],
        "converters": {},
    }
    write_text(out / PROJECT_NAME, json_text(project))
    return [*losses_of(recordings), *unknown_videos(recordings, program="BORIS")]


def _phase_names(recording: LabelledRecording) -> list[str]:
    named = () if recording.phases is None else recording.phases.phases
    return [*named, *(s.label for s in phase_stretches(recording))]


def _behaviors(tools: Iterable[str], phases: Iterable[str]) -> dict[str, Any]:
    coded = [(tool, "tool") for tool in tools] + [(phase, "phase") for phase in phases]
    return {
        str(k): {
            "type": "State event",
            # Where the keys of a keyboard do not suffice, BORIS asks which one is meant.
            "key": _KEYS[k % len(_KEYS)],
            "code": code,
            "description": "",
            "color": "",
            "category": category,
            "modifiers": {},
            "excluded": "",
            "coding map": "",
        }
        for k, (code, category) in enumerate(coded)
    }


def _observation(
    recording: LabelledRecording, codes: dict[str, str], settings: ExportSettings
) -> dict[str, Any]:
    drawn = [*tool_stretches(recording)]
    drawn += [Stretch(codes[s.label], s.start_ms, s.end_ms) for s in phase_stretches(recording)]
    file = recording.video_id if recording.video is None else str(recording.video.path.absolute())
    rate_hz = settings.frame_rate
    if rate_hz is None and recording.video is not None:
        rate_hz = recording.video.frame_rate
    return {
        "file": {"1": [file]},
        "type": "MEDIA",
        "date": _DATE,
        "description": f"{CARRIED_NAME} {carried_line(recording)}",
        "time offset": 0.0,
        "events": _events(drawn),
        "observation time interval": [0, 0],
        "independent_variables": {},
        "visualize_spectrogram": False,
        "visualize_waveform": False,
        "close_behaviors_between_videos": False,
        "scan_sampling_time": 0,
        "media_info": {
            "length": {file: float(recording.n_seconds)},
            "fps": {file: float(_USUAL_RATE_HZ if rate_hz is None else rate_hz)},
            "hasVideo": {file: True},
            "hasAudio": {file: False},
            "offset": {"1": 0.0},
        },
    }


def _events(drawn: Iterable[Stretch]) -> list[list[Any]]:
    """In order of time; where one use of a tool follows another at once, its end comes first."""
    ends = [(time_ms, s.label) for s in drawn for time_ms in (s.start_ms, s.end_ms)]
    return [[time_ms / 1000, "", code, "", ""] for time_ms, code in sorted(ends)]
