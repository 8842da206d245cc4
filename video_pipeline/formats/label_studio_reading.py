"""Label Studio's tasks back: what a person annotated, or our predictions where nobody did."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from video_pipeline.formats.carried import CARRIED_NAME, parse_carried, phase_labels
from video_pipeline.formats.documents import files_at
from video_pipeline.formats.file_names import stem_of_reference
from video_pipeline.formats.frame_numbers import end_ms_of, frames_of, start_ms_of
from video_pipeline.formats.json_document import JsonValue, read_json
from video_pipeline.formats.labelled import LabelledRecording
from video_pipeline.formats.stretches import Drawn, Stretch, recording_of

__all__ = ["read"]

_USUAL_RATE_HZ = Fraction(25)
_FASTEST_HZ = 1000
_PREFIX = "phase:"
_RATE = re.compile(r"[0-9]{1,9}(/[1-9][0-9]{0,8}|\.[0-9]{1,9})?")


def read(path: Path) -> list[LabelledRecording]:
    """Read a JSON export (or our own ``tasks.json``), or a folder of them; a task a recording.

    The latest annotation that was not cancelled is taken, or the latest prediction where there is
    none. Labels that begin with ``phase:`` are phases, all others tools.

    Raises:
        TableError: one is no list of tasks; the value that is wrong is named by its place.
    """
    return [
        _recording(task) for file in files_at(path, {".json"}) for task in _tasks(read_json(file))
    ]


def _tasks(document: JsonValue) -> list[JsonValue]:
    tasks = document.items()
    if not tasks:
        raise document.error("holds no task")
    return tasks


def _recording(task: JsonValue) -> LabelledRecording:
    data = task["data"]
    carried = parse_carried(data.get(CARRIED_NAME))
    notes: list[str] = []
    rate_hz = _rate_hz(data, notes)
    phases_of = {label: p for p, label in phase_labels(carried.phases, carried.tools).items()}
    uses: list[Stretch] = []
    phases: list[Stretch] = []
    n_others = 0
    for result in _results(task, notes):
        if "ranges" not in result["value"] or "timelinelabels" not in result["value"]:
            n_others += 1
            continue
        for stretch in _stretches(result, rate_hz):
            label = stretch.label
            phase = phases_of.get(label)
            if phase is None and label.startswith(_PREFIX) and label not in carried.tools:
                phase = label.removeprefix(_PREFIX).strip()
            if phase is None:
                uses.append(stretch)
            else:
                phases.append(Stretch(phase, stretch.start_ms, stretch.end_ms))
    if n_others > 0:
        notes.append(f"{n_others} results that are no segments of time are left out")
    video_id = carried.video_id
    if video_id is None:
        video_id = stem_of_reference(data["video"].text())
    return recording_of(task.path, Drawn(video_id, uses, phases, notes=tuple(notes)), carried)


def _rate_hz(data: JsonValue, notes: list[str]) -> Fraction:
    carried = data.get(CARRIED_NAME)
    said = None if carried is None else carried.get("frame_rate")
    if said is None:
        said = data.get("fps")
    if said is None:
        notes.append(f"the frame rate is not in the file: {_USUAL_RATE_HZ} is taken")
        return _USUAL_RATE_HZ
    if isinstance(said.value, str):
        # Not every number in words is harmless: 1e999999999 would be worked out digit by digit.
        if not _RATE.fullmatch(said.value):
            raise said.error("is no frame rate")
        rate_hz = Fraction(said.value)
    else:
        rate_hz = Fraction(said.number()).limit_denominator(100_000)
    if not 0 < rate_hz <= _FASTEST_HZ:
        raise said.error("is no frame rate")
    return rate_hz


def _results(task: JsonValue, notes: list[str]) -> list[JsonValue]:
    """The results of the work that counts; Label Studio calls each piece of it ``result``."""
    annotations, predictions = task.get("annotations"), task.get("predictions")
    finished = [
        annotation
        for annotation in ([] if annotations is None else annotations.items())
        if annotation.get("was_cancelled") is None or annotation["was_cancelled"].value is not True
    ]
    if finished:
        if len(finished) > 1:
            notes.append(f"the latest of {len(finished)} annotations is taken")
        return _latest(finished)["result"].items()
    predicted = [] if predictions is None else predictions.items()
    if not predicted:
        raise task.error("has neither annotations nor predictions")
    notes.append("nobody annotated it: the prediction is taken")
    return _latest(predicted)["result"].items()


def _latest(pieces: list[JsonValue]) -> JsonValue:
    """By the time it was changed, else by its place: dates of one form sort as texts."""

    def key(numbered: tuple[int, JsonValue]) -> tuple[str, int]:
        position, piece = numbered
        for name in ("updated_at", "created_at"):
            changed = piece.get(name)
            if changed is not None:
                return changed.text(), position
        return "", position

    return max(enumerate(pieces), key=key)[1]


def _stretches(result: JsonValue, rate_hz: Fraction) -> Iterator[Stretch]:
    ranges = result["value"]["ranges"].items()
    meta = result.get("meta") if len(ranges) == 1 else None
    for span in ranges:
        start, end = span["start"].whole_number(), span["end"].whole_number()
        if start > end:
            raise span.error("ends before it begins")
        start_ms, end_ms = max(start_ms_of(start, rate_hz), 0), end_ms_of(end, rate_hz)
        exact = None if meta is None else _exact(meta)
        if exact is not None:
            # A boundary that was moved to another frame is the person's; the other stays exact.
            frames = frames_of(*exact, rate_hz)
            start_ms = exact[0] if frames[0] == start else start_ms
            end_ms = exact[1] if frames[1] == end else end_ms
        for label in result["value"]["timelinelabels"].items():
            yield Stretch(label.text(), start_ms, end_ms)


def _exact(meta: JsonValue) -> tuple[int, int] | None:
    if not isinstance(meta.value, dict) or "start_ms" not in meta or "end_ms" not in meta:
        return None
    return meta["start_ms"].whole_number(), meta["end_ms"].whole_number()
