"""Label Studio: a list of tasks with our timelines as predictions, and the labelling set-up.

Tools and phases are labels of one ``TimelineLabels``, because Label Studio draws on the first such
control of a video only; phases are called ``phase: <name>``. Fields: labelstud.io/guide/task_format
and labelstud.io/tags/timelinelabels. ``label_studio_reading`` reads.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from video_pipeline.formats.carried import CARRIED_NAME, carried_of, phase_labels
from video_pipeline.formats.frame_numbers import frames_of
from video_pipeline.formats.json_document import json_text
from video_pipeline.formats.label_studio_reading import read
from video_pipeline.formats.labelled import LabelledRecording
from video_pipeline.formats.losses import listed, losses_of
from video_pipeline.formats.registry import ExportSettings
from video_pipeline.formats.stretches import Stretch, phase_stretches, tool_stretches
from video_pipeline.formats.xml_document import attribute_text
from video_pipeline.output.files import write_text

__all__ = ["CONFIG_NAME", "TASKS_NAME", "read", "write"]

TASKS_NAME = "tasks.json"
CONFIG_NAME = "labeling_config.xml"
_USUAL_RATE_HZ = Fraction(25)


def write(
    recordings: Sequence[LabelledRecording], out: Path, settings: ExportSettings
) -> list[str]:
    """Write ``tasks.json`` and ``labeling_config.xml``; return what is lost or must be known."""
    rates_hz = [_rate_hz(recording, settings) for recording in recordings]
    tasks = [_task(of, rate_hz) for of, rate_hz in zip(recordings, rates_hz, strict=True)]
    write_text(out / CONFIG_NAME, _config(recordings))
    write_text(out / TASKS_NAME, json_text(tasks))
    return [*losses_of(recordings), *_notes(recordings, rates_hz, settings)]


def _rate_hz(recording: LabelledRecording, settings: ExportSettings) -> Fraction:
    if settings.frame_rate is not None:
        return settings.frame_rate
    if recording.video is not None and recording.video.frame_rate is not None:
        return recording.video.frame_rate
    return _USUAL_RATE_HZ


def _notes(
    recordings: Sequence[LabelledRecording], rates_hz: Iterable[Fraction], settings: ExportSettings
) -> list[str]:
    rates = ", ".join(f"{float(rate_hz):g}" for rate_hz in sorted(set(rates_hz)))
    counted = f"frames are counted at {rates} a second"
    notes = [f"{counted}: where a video's rate is another, or varies, its segments shift"]
    assumed = [of.video_id for of in recordings if of.video is None or of.video.frame_rate is None]
    if assumed and settings.frame_rate is None:
        notes.append(
            f"the frame rate of {listed(assumed)} is not known, {_USUAL_RATE_HZ} is taken: "
            "say it with --frame-rate"
        )
    notes.append(
        "data.video is for files below Label Studio's local root (LOCAL_FILES_DOCUMENT_ROOT); "
        "where the videos lie elsewhere, put their URLs there"
    )
    return notes


def _task(recording: LabelledRecording, rate_hz: Fraction) -> dict[str, Any]:
    phases = phase_stretches(recording)
    labels = phase_labels(_phase_names(recording, phases), recording.tools)
    drawn = [*tool_stretches(recording)]
    drawn += [Stretch(labels[s.label], s.start_ms, s.end_ms) for s in phases]
    file = f"{recording.video_id}.mp4" if recording.video is None else recording.video.path.name
    return {
        "data": {
            "video": f"/data/local-files/?d={quote(file, errors='surrogateescape')}",
            "fps": float(rate_hz),
            CARRIED_NAME: {**carried_of(recording), "frame_rate": str(rate_hz)},
        },
        "predictions": [
            {
                "model_version": CARRIED_NAME,
                "score": _score(recording),
                "result": [_result(recording.video_id, s, rate_hz) for s in drawn],
            }
        ],
    }


def _score(recording: LabelledRecording) -> float:
    """The mean probability of what is said to be in use; 1 where nobody gave any."""
    known = [s.mean_probability for s in recording.segments if not np.isnan(s.mean_probability)]
    return round(float(np.mean(known)), 4) if known else 1.0


def _result(video_id: str, stretch: Stretch, rate_hz: Fraction) -> dict[str, Any]:
    start, end = frames_of(stretch.start_ms, stretch.end_ms, rate_hz)
    content = f"{video_id}\n{stretch.label}\n{stretch.start_ms}\n{stretch.end_ms}"
    return {
        "id": hashlib.sha256(content.encode(errors="surrogatepass")).hexdigest()[:10],
        "from_name": "tool",
        "to_name": "video",
        "type": "timelinelabels",
        "value": {
            "ranges": [{"start": start, "end": end}],
            "timelinelabels": [stretch.label],
        },
        # Frames are coarser than milliseconds; these hold for as long as nobody moves the frames.
        "meta": {"start_ms": stretch.start_ms, "end_ms": stretch.end_ms},
    }


def _phase_names(recording: LabelledRecording, phases: Iterable[Stretch]) -> list[str]:
    named = () if recording.phases is None else recording.phases.phases
    return list(dict.fromkeys([*named, *(s.label for s in phases)]))


def _config(recordings: Sequence[LabelledRecording]) -> str:
    """The labels of all recordings; ``$fps`` is each task's own frame rate."""
    labels: dict[str, None] = {}
    for of in recordings:
        names = phase_labels(_phase_names(of, phase_stretches(of)), of.tools)
        labels |= dict.fromkeys([*of.tools, *names.values()])
    rows = "".join(f'    <Label value="{attribute_text(label)}"/>\n' for label in labels)
    return (
        "<View>\n"
        '  <Video name="video" value="$video" frameRate="$fps" timelineHeight="120"/>\n'
        f'  <TimelineLabels name="tool" toName="video">\n{rows}  </TimelineLabels>\n'
        "</View>\n"
    )
