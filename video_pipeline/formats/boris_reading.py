"""BORIS projects back: the pairs of state events of each observation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from video_pipeline.errors import TableError
from video_pipeline.formats.carried import CARRIED_NAME, Carried, parse_carried
from video_pipeline.formats.documents import files_at
from video_pipeline.formats.file_names import plain_video_id
from video_pipeline.formats.json_document import JsonValue, parse_json, read_json
from video_pipeline.formats.labelled import LabelledRecording
from video_pipeline.formats.stretches import Drawn, Stretch, recording_of

__all__ = ["read"]

_PHASE_CATEGORIES = frozenset({"phase", "phases"})
_PREFIX = "phase: "


@dataclass(frozen=True)
class _Behavior:
    is_state: bool
    """It lasts, from one event to the next; otherwise it happens at a point in time."""
    is_phase: bool


def read(path: Path) -> list[LabelledRecording]:
    """Read a project, or a folder of them; an observation is a recording.

    Behaviours of the category ``phase`` are phases, all others tools. Those that BORIS calls point
    events have no length and are left out. Events of several subjects, or with modifiers, are
    paired each by themselves, as BORIS does.

    Raises:
        TableError: one is no such project, or a state begins that never ends; the observation, the
            behaviour and the time are named.
    """
    return [
        _recording(name, observation, behaviors)
        for file in files_at(path, {".boris"})
        for name, observation, behaviors in _observations(read_json(file))
    ]


def _observations(
    project: JsonValue,
) -> Iterator[tuple[str, JsonValue, dict[str, _Behavior]]]:
    behaviors = {}
    for _, entry in project["behaviors_conf"].members():
        category = entry.get("category")
        behaviors[entry["code"].text()] = _Behavior(
            is_state=entry["type"].text().casefold().startswith("state"),
            is_phase=category is not None and category.text().casefold() in _PHASE_CATEGORIES,
        )
    observations = dict(project["observations"].members())
    if not observations:
        raise project["observations"].error("holds no observation")
    for name, observation in observations.items():
        yield name, observation, behaviors


def _recording(
    name: str, observation: JsonValue, behaviors: dict[str, _Behavior]
) -> LabelledRecording:
    carried = _carried(observation)
    notes: list[str] = []
    offset = observation.get("time offset")
    if offset is not None and offset.number() != 0:
        notes.append(f"BORIS's time offset of {offset.number():g} s is not applied")
    uses: list[Stretch] = []
    phases: list[Stretch] = []
    for stretch in _states(name, observation, behaviors, notes):
        if behaviors[stretch.label].is_phase:
            phases.append(_renamed(stretch, carried))
        else:
            uses.append(stretch)
    # Where our own list is there, other recordings' tools are not this one's.
    tools = [code for code, of in behaviors.items() if of.is_state and not of.is_phase]
    return recording_of(
        observation.path,
        Drawn(
            video_id=plain_video_id(name) if carried.video_id is None else carried.video_id,
            uses=uses,
            phases=phases,
            tools=() if carried.tools or carried.phases else tools,
            length_s=_length_s(observation),
            notes=tuple(notes),
        ),
        carried,
    )


def _carried(observation: JsonValue) -> Carried:
    description = observation.get("description")
    if description is not None:
        for line in description.text().splitlines():
            if line.startswith(f"{CARRIED_NAME} {{"):
                text = line.removeprefix(f"{CARRIED_NAME} ")
                return parse_carried(parse_json(description.path, description.where, text))
    return Carried()


def _renamed(stretch: Stretch, carried: Carried) -> Stretch:
    """A phase under its own name, which was changed where a tool is called the same."""
    name = stretch.label
    while name not in carried.phases and name.startswith(_PREFIX):
        name = name.removeprefix(_PREFIX)
    known = name in carried.phases
    return Stretch(name if known else stretch.label, stretch.start_ms, stretch.end_ms)


def _states(
    name: str, observation: JsonValue, behaviors: dict[str, _Behavior], notes: list[str]
) -> Iterator[Stretch]:
    begun: dict[tuple[str, str, str], int] = {}
    n_points = 0
    for time_ms, key in _events(observation):
        code = key[1]
        if code not in behaviors:
            raise TableError(
                observation.path,
                f"observation {name!r}, {time_ms / 1000:.3f} s: there is no behaviour {code!r}",
            )
        if not behaviors[code].is_state:
            n_points += 1
        elif key in begun:
            yield Stretch(code, begun.pop(key), time_ms)
        else:
            begun[key] = time_ms
    for (_, code, _), time_ms in begun.items():
        raise TableError(
            observation.path,
            f"observation {name!r}: {code!r} begins at {time_ms / 1000:.3f} s and never ends",
            hint="state events come in pairs; BORIS: Observations > Check state events",
        )
    if n_points > 0:
        notes.append(f"{n_points} point events are left out: they have no length")


def _events(observation: JsonValue) -> list[tuple[int, tuple[str, str, str]]]:
    """(milliseconds, (subject, code, modifier)) of each event, in order of time."""
    events = []
    for event in observation["events"].items():
        cells = event.items()
        if len(cells) < 3:
            raise event.error("is no event [time, subject, code, modifier, comment]")
        modifier = cells[3].text() if len(cells) > 3 else ""
        key = (cells[1].text(), cells[2].text(), modifier)
        events.append((round(cells[0].number() * 1000), key))
    return sorted(events, key=lambda event: event[0])


def _length_s(observation: JsonValue) -> float | None:
    """Of the files in the first player, one after another; None where BORIS has not measured."""
    info, file = observation.get("media_info"), observation.get("file")
    if info is None or file is None or "length" not in info or "1" not in file:
        return None
    names = [item.text() for item in file["1"].items()]
    lengths = info["length"]
    if not names or any(name not in lengths for name in names):
        return None
    return sum(lengths[name].number() for name in names)
