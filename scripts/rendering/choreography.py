"""Where each tool is at any time: it comes along a line from its trocar, works, and leaves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import cos, hypot, inf, pi, sin, sqrt
from operator import itemgetter
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from rendering.chance import Drift, drift, stream
from rendering.lens import FieldOfView
from rendering.plans import Moment, Run, runs_of

__all__ = ["Pose", "ToolUse", "pose_at", "uses_of"]

Place: TypeAlias = tuple[float, float]
"""(x, y) in view heights from the view's centre."""

TRAVEL_S = (0.3, 0.6)
"""How long a tool takes to come in or to leave: short, so that few frames are doubtful."""
TROCAR_DISTANCE = (1.5, 2.3)
"""From the view's centre, in view heights."""
HIDDEN = 0.62
"""How far beyond the border a tool's middle is when it has left: more than half a tip."""
TRIES = 40
ROOM = 0.24
"""Between the tips of tools that are seen together, in view heights, where it can be had."""
WANDER = 0.035
"""Deviation of the tip from its place, in view heights."""


@dataclass(frozen=True)
class Pose:
    """One tool at one time, in view coordinates (unit: view heights)."""

    middle: Place
    """Where the middle of the tip is."""
    angle: float
    """Radians; the direction from the trocar to the tip."""
    opening: float
    """Of the jaws, 0 to 1."""
    turn: float
    """How broad the tool looks across, turned about its shaft: 0.75 to 1."""
    velocity: tuple[float, float]
    """View heights a second."""


@dataclass(frozen=True, eq=False)
class ToolUse:
    """One tool from its coming to its going."""

    tool: str
    start_s: float
    """When half its way in is done; with `end_s`, half its way out."""
    end_s: float
    way_in_s: float
    """0 where the tool is there as the view opens."""
    way_out_s: float
    place: Place
    """About which it works."""
    trocar: Place
    retreat: float
    """How far it withdraws to be out of sight."""
    wander: Drift
    wrist: Drift
    """Opening of the jaws, and turning about the shaft."""
    turn: float

    @property
    def first_s(self) -> float:
        """When it starts to come in."""
        return self.start_s - self.way_in_s / 2

    @property
    def last_s(self) -> float:
        """When it has left."""
        return self.end_s + self.way_out_s / 2


def uses_of(seed: int, moments: Sequence[Moment], view: FieldOfView) -> list[ToolUse]:
    """Return every tool's uses, from the back of the picture to its front."""
    chance = stream(seed, "choreography")
    uses: list[ToolUse] = []
    for run in runs_of(moments):
        use = _timed(run, moments, chance)
        beside = [o for o in uses if o.first_s < use.last_s and use.first_s < o.last_s]
        uses.append(_placed(use, beside, view, chance))
    # The bag lies beneath the tools that fill it; the others lie in a drawn order.
    layers = [(use.tool != "specimen_bag", float(chance.random())) for use in uses]
    return [use for _, use in sorted(zip(layers, uses, strict=True), key=itemgetter(0))]


def _timed(run: Run, moments: Sequence[Moment], chance: np.random.Generator) -> ToolUse:
    """Return a use with its times and its way of moving, but without a place."""
    way_in_s, way_out_s = chance.uniform(*TRAVEL_S, 2).tolist()
    # As the view opens or closes, on the way into the body or out, the tool simply is there.
    opens = run.first == 0 or moments[run.first - 1].place != "inside"
    closes = run.last == len(moments) - 1 or moments[run.last + 1].place != "inside"
    return ToolUse(
        tool=run.tool,
        start_s=moments[run.first].start_s,
        end_s=moments[run.last].end_s,
        way_in_s=0.0 if opens else way_in_s,
        way_out_s=0.0 if closes else way_out_s,
        place=(0.0, 0.0),
        trocar=(0.0, 0.0),
        retreat=0.0,
        wander=drift(chance, dimensions=2, rate_hz=0.22),
        wrist=drift(chance, dimensions=2, rate_hz=0.3, sines=2),
        turn=float(chance.uniform(0.78, 1.0)),
    )


def _placed(
    blank: ToolUse, others: list[ToolUse], view: FieldOfView, chance: np.random.Generator
) -> ToolUse:
    """Return the use at a place where it and the tools beside it do not hide each other's tips."""
    best, most = blank, -inf
    for _ in range(TRIES):
        candidate = _candidate(blank, view, chance)
        room = min((_room_between(candidate, other) for other in others), default=inf)
        if room > most:
            best, most = candidate, room
        if most > ROOM:
            break
    return replace(best, retreat=_way_out(best, view))


def _candidate(blank: ToolUse, view: FieldOfView, chance: np.random.Generator) -> ToolUse:
    """Return the use at a drawn place, from a drawn trocar."""
    share = 0.5 if blank.tool != "specimen_bag" else 0.3
    spot, around = sqrt(chance.random()) * share, chance.uniform(0, 2 * pi)
    x = view.centre[0] + min(view.radius, view.aspect / 2) * spot * cos(around)
    y = view.centre[1] + min(view.radius, 0.5) * spot * sin(around)
    # Trocars lie at the sides more often than above and below.
    angle = pi * int(chance.integers(2)) + chance.normal(0, 0.75)
    distance = chance.uniform(*TROCAR_DISTANCE)
    return replace(blank, place=(x, y), trocar=(distance * cos(angle), distance * sin(angle)))


def _way_out(use: ToolUse, view: FieldOfView) -> float:
    """Return how far the tip's middle travels towards the trocar until none of the tip shows."""
    steps = np.linspace(0, 2, 81, dtype=np.float32)
    back_x, back_y = np.subtract(use.trocar, use.place) / hypot(*np.subtract(use.trocar, use.place))
    depth = view.depth(use.place[0] + steps * back_x, use.place[1] + steps * back_y)
    return float(steps[int(np.argmax(depth < 0))]) + HIDDEN


def _room_between(one: ToolUse, other: ToolUse) -> float:
    """Return how far each one's tip keeps from the other's tip and shaft."""
    if "specimen_bag" in (one.tool, other.tool):
        return hypot(one.place[0] - other.place[0], one.place[1] - other.place[1]) + 0.1
    return min(
        _distance_to_line(one.place, other.place, other.trocar),
        _distance_to_line(other.place, one.place, one.trocar),
    )


def _distance_to_line(point: Place, start: Place, stop: Place) -> float:
    (x, y), along_x, along_y = point, stop[0] - start[0], stop[1] - start[1]
    share = ((x - start[0]) * along_x + (y - start[1]) * along_y) / (along_x**2 + along_y**2)
    share = min(max(share, 0.0), 1.0)
    return hypot(x - start[0] - share * along_x, y - start[1] - share * along_y)


def pose_at(use: ToolUse, time_s: float) -> Pose | None:
    """Return the tool's pose at a time, or None when it is not near the field of view."""
    if not use.first_s <= time_s < use.last_s:
        return None
    middle, angle = _middle_at(use, time_s)
    later, _ = _middle_at(use, time_s + 0.02)
    velocity = (later - middle) / 0.02
    opening, roll = use.wrist.at(time_s)
    return Pose(
        middle=(float(middle[0]), float(middle[1])),
        angle=angle,
        # Never quite shut: closed jaws of any tool look alike.
        opening=float(np.clip(0.6 + 0.45 * opening, 0.22, 1)),
        turn=use.turn * (1 - 0.06 * float(np.tanh(roll) + 1)),
        velocity=(float(velocity[0]), float(velocity[1])),
    )


def _middle_at(use: ToolUse, time_s: float) -> tuple[NDArray[np.float64], float]:
    """Return where the tip's middle is, and the direction in which the tool points."""
    tip = use.place + WANDER * use.wander.at(time_s)
    forward = tip - use.trocar
    forward /= np.linalg.norm(forward)
    come = _eased(time_s, use.first_s, use.way_in_s)
    gone = _eased(time_s, use.last_s - use.way_out_s, use.way_out_s)
    middle = tip - use.retreat * (1 - come * (1 - gone)) * forward
    return middle, float(np.arctan2(forward[1], forward[0]))


def _eased(time_s: float, start_s: float, length_s: float) -> float:
    """Return 0 before the start, 1 from its end on; a step where it takes no time."""
    if length_s == 0:
        return float(time_s >= start_s)
    share = min(max((time_s - start_s) / length_s, 0.0), 1.0)
    return share * share * (3 - 2 * share)
