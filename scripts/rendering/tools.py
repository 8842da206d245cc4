"""The seven tools of Cholec80, as one scene has them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from rendering.bag import Pouch, pouch
from rendering.chance import stream
from rendering.jaws import bipolar, clipper, grasper, scissors
from rendering.probes import hook, irrigator
from rendering.shapes import Piece, Polygon

__all__ = ["TOOLS", "Tool", "build_tool"]

TOOLS = ("grasper", "bipolar", "hook", "scissors", "clipper", "irrigator", "specimen_bag")
"""Their order in every table: that of Cholec80's annotations."""


@dataclass(frozen=True, eq=False)
class Tool:
    """One tool's make: what it looks like, whatever it does."""

    name: str
    pieces: tuple[Piece, ...]
    """In the order in which they are drawn."""
    width: float
    """The unit of its coordinates (the shaft's width, the bag's half-width) in view heights."""
    middle: float
    """How far along u its tip's middle lies, in that unit."""
    bag: Pouch | None = None


JAWS_AND_PROBES: dict[str, Callable[[np.random.Generator], list[Piece]]] = {
    "grasper": grasper,
    "bipolar": bipolar,
    "hook": hook,
    "scissors": scissors,
    "clipper": clipper,
    "irrigator": irrigator,
}


def build_tool(seed: int, name: str) -> Tool:
    """Return the tool of that name in the scene of that seed."""
    chance = stream(seed, f"make of {name}")
    if name == "specimen_bag":
        bag = pouch(seed)
        body = Piece((Polygon(bag.outline, (255, 255, 255), solid=True),))
        return Tool(name, (body,), width=float(chance.uniform(0.24, 0.32)), middle=0.0, bag=bag)
    pieces = JAWS_AND_PROBES[name](chance)
    if chance.random() < 0.5:
        pieces = [_mirrored(piece) for piece in pieces]
    return Tool(name, tuple(pieces), width=float(chance.uniform(0.1, 0.145)), middle=1.1)


def _mirrored(piece: Piece) -> Piece:
    polygons = tuple(
        Polygon(polygon.points * (1, -1), polygon.colour, polygon.solid)
        for polygon in piece.polygons
    )
    return Piece(polygons, swing=-piece.swing, spread=-piece.spread, is_tip=piece.is_tip)
