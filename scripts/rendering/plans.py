"""Which tools are in view when: a list of moments, evenly balanced or as an operation has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rendering.chance import stream
from rendering.outside import PLACES
from rendering.tools import TOOLS

__all__ = ["Moment", "Run", "balanced_plan", "operation_plan", "runs_of"]

LONGEST_USE_S = 25.0
SHORTEST_USE_S = 1.5
TIGHTEST = 0.7
"""How far an operation's script may be shortened before some of it is left out."""


@dataclass(frozen=True)
class Moment:
    """A stretch [start_s, end_s) of a scene in which the same tools are at work."""

    start_s: float
    end_s: float
    tools: tuple[str, ...]
    place: str = "inside"
    """Or one of the places outside the body, where no tool is seen."""


@dataclass(frozen=True)
class Run:
    """One tool at work through an unbroken run of moments."""

    tool: str
    first: int
    last: int
    """Index of the last moment, which belongs to the run."""


def runs_of(moments: Sequence[Moment]) -> list[Run]:
    """Return every unbroken use of a tool, by first moment."""
    runs = []
    for first, moment in enumerate(moments):
        for tool in moment.tools:
            if first > 0 and tool in moments[first - 1].tools:
                continue
            last = first
            while last + 1 < len(moments) and tool in moments[last + 1].tools:
                last += 1
            runs.append(Run(tool, first, last))
    return runs


def balanced_plan(seed: int, duration_s: float) -> list[Moment]:
    """Return moments in which every tool and every pair of tools is equally likely.

    15 % show no tool (a third of them lie outside the body), 45 % one, 35 % two, 5 % three.
    """
    chance = stream(seed, "balanced plan")
    moments: list[Moment] = []
    now = 0.0
    while now < duration_s:
        length = float(chance.uniform(3.0, 5.0))
        count = int(chance.choice(4, p=[0.15, 0.45, 0.35, 0.05]))
        tools = tuple(str(tool) for tool in chance.choice(TOOLS, count, replace=False))
        outside = count == 0 and chance.random() < 1 / 3
        place = str(chance.choice(list(PLACES))) if outside else "inside"
        moments.append(Moment(now, now + length, tools, place))
        now += length
    return moments


SCRIPT: tuple[tuple[tuple[str, float], ...], ...] = (
    # Each line is a phase: what is in view, and for how many seconds. Within a phase the order is
    # drawn. The whole shows 0, 1, 2 and 3 tools in about 12, 44, 42 and 2 % of its seconds.
    (("", 1.8), ("grasper", 4.0), ("grasper hook", 3.5)),
    (("grasper hook", 5.0), ("hook", 5.0), ("grasper bipolar", 4.0), ("grasper", 3.0), ("", 1.5)),
    (("clipper", 3.0), ("grasper clipper", 4.5), ("grasper scissors", 4.0), ("scissors", 4.0)),
    (("grasper hook", 4.5), ("hook", 5.0), ("bipolar", 3.5), ("", 1.6)),
    (("specimen_bag", 4.5), ("grasper specimen_bag", 5.0), ("grasper irrigator specimen_bag", 1.5)),
    (("irrigator", 4.5), ("grasper irrigator", 2.5), ("bipolar irrigator", 2.4), ("", 1.3)),
)
SCRIPT_S = sum(seconds for phase in SCRIPT for _, seconds in phase)


def operation_plan(seed: int, duration_s: float) -> list[Moment]:
    """Return moments in the order of a cholecystectomy, with looks outside the body.

    No tool stays longer than 25 s: a plan with such a use is drawn anew.
    """
    for attempt in range(100):
        moments = _drawn_operation(stream(seed, f"operation plan {attempt}"), duration_s)
        uses = ((moments[run.first].start_s, moments[run.last].end_s) for run in runs_of(moments))
        if all(end_s - start_s <= LONGEST_USE_S for start_s, end_s in uses):
            break
    return moments


def _drawn_operation(chance: np.random.Generator, duration_s: float) -> list[Moment]:
    entries: list[tuple[tuple[str, ...], float, str]] = []
    for _ in range(max(1, round(duration_s / SCRIPT_S))):
        cuts = chance.choice(np.arange(1, len(SCRIPT)), 2, replace=False)
        for number, phase in enumerate(SCRIPT):
            if number in cuts:
                place = str(chance.choice(list(PLACES)))
                entries.append(((), float(chance.uniform(1.4, 2.2)), place))
            for at in chance.permutation(len(phase)):
                names, seconds = phase[at]
                length = seconds * float(chance.uniform(0.75, 1.35))
                shortest = SHORTEST_USE_S / TIGHTEST if names else 1.0
                entries.append((tuple(names.split()), max(shortest, length), "inside"))
    while sum(seconds for _, seconds, _ in entries) * TIGHTEST > duration_s and len(entries) > 1:
        del entries[int(chance.integers(len(entries)))]
    ends = np.cumsum([seconds for _, seconds, _ in entries])
    ends = (ends * (duration_s / ends[-1])).tolist()
    return [
        Moment(start_s, end_s, tools, place)
        for start_s, end_s, (tools, _, place) in zip([0.0, *ends[:-1]], ends, entries, strict=True)
    ]
