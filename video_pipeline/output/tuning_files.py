"""What tuning leaves: a settings file for ``smooth`` and ``annotate``, and a table of all tried."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from video_pipeline.output.files import write_text
from video_pipeline.output.tables import armoured_cell
from video_pipeline.timeline.smoothing import Smoothing
from video_pipeline.timeline.smoothing.stored import smoothing_to_json
from video_pipeline.timeline.tuning.choosing import Choice
from video_pipeline.timeline.tuning.counts import Counts

__all__ = ["tried_path", "write_settings", "write_tried"]

FORMAT = 1
_DEFINITIONS = {
    "event_f1": "uses matched one to one at an intersection over union of 0.5 or more; "
    "2 matched / (predicted + true), over all recordings",
    "segment_ratio": "predicted over true uses",
    "frame_f1": "2 hits / (predicted + true), of seconds",
    "onset_delay_s": "mean of predicted minus true begin of matched uses",
    "offset_delay_s": "mean of predicted minus true end of matched uses",
    "judged": "chosen by cross-validation within the other folds, judged on recordings that had no "
    "part in the choice nor in the fit",
}
_FIGURES = ("event_f1", "segment_ratio", "frame_f1", "onset_delay_s", "offset_delay_s")


def tried_path(settings_path: Path) -> Path:
    """Where the table lies that belongs to a settings file."""
    return settings_path.with_name(f"{settings_path.stem}.tried.csv")


def write_settings(
    path: Path, smoothing: Smoothing, choices: Sequence[Choice], *, about: Mapping[str, Any]
) -> None:
    """Write the settings and how well they did; raises ``OutputError``."""
    content = {
        "format": FORMAT,
        "smoothing": smoothing_to_json(smoothing),
        "tuning": {
            **about,
            "definitions": _DEFINITIONS,
            "tools": {choice.tool: _judgement(choice) for choice in choices},
        },
    }
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def write_tried(path: Path, choices: Sequence[Choice]) -> None:
    """Write a row for each tool and way that was tried; raises ``OutputError``."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["tool", "method", "parameters", "chosen", *_FIGURES])
    for choice in choices:
        for tried in choice.tried:
            writer.writerow(
                [
                    armoured_cell(choice.tool),
                    tried.candidate.family,
                    tried.candidate.parameters,
                    int(tried is choice.chosen),
                    *("" if value is None else f"{value:.4f}" for value in _values(tried.counts)),
                ]
            )
    write_text(path, buffer.getvalue())


def _judgement(choice: Choice) -> dict[str, Any]:
    if choice.chosen is None:
        return {"method": None, "why": "never used in these recordings; smoothed by the default"}
    return {
        "method": choice.chosen.candidate.family,
        "parameters": choice.chosen.candidate.parameters,
        "judged": None
        if choice.judged is None
        else dict(zip(_FIGURES, map(_rounded, _values(choice.judged)), strict=True)),
    }


def _values(counts: Counts) -> list[float | None]:
    return [getattr(counts, name) for name in _FIGURES]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
