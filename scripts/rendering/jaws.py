"""The tools that close upon something: grasper, bipolar forceps, scissors and clip applier."""

from __future__ import annotations

import numpy as np

from rendering.shapes import (
    Colour,
    Piece,
    Points,
    Polygon,
    band,
    ellipse,
    ribbon,
    rod,
    shaft,
    tint,
)

__all__ = ["bipolar", "clipper", "grasper", "scissors"]

WOUND: Colour = (82, 26, 24)
"""What shines through a hole in a jaw: tissue in shadow."""


def grasper(chance: np.random.Generator) -> list[Piece]:
    """A steel shaft and two long jaws with a window and teeth, open to a V."""
    grey = int(chance.uniform(140, 180))
    steel = (grey, grey, int(grey * chance.uniform(0.98, 1.08)))
    length = float(chance.uniform(2.5, 3.0))
    hinge = (
        *band(-0.35, 0.3, 0.98, tint(steel, 0.62)),
        Polygon(ellipse((0.05, 0.0), (0.16, 0.16)), tint(steel, 1.25)),
    )
    return [
        shaft(steel, gloss=0.75),
        *(Piece(tuple(_toothed_jaw(steel, length, side)), swing=side * 0.42) for side in (-1, 1)),
        Piece(hinge),
    ]


def _toothed_jaw(steel: Colour, length: float, side: int) -> list[Polygon]:
    u = np.array([-0.1, 0.35, 1.2, length - 0.35, length])
    middle = side * np.array([0.18, 0.3, 0.33, 0.26, 0.2])
    spine = np.stack([u, middle], axis=1)
    thick = np.array([0.4, 0.52, 0.54, 0.46, 0.16])
    polygons = rod(spine, thick, tint(steel, 1.08), light=-0.45 * side, strips=7, gloss=0.7)
    window = ellipse((length * 0.52, side * 0.31), (length * 0.25, 0.105))
    polygons += [
        Polygon(ellipse((length * 0.52, side * 0.31), (length * 0.28, 0.15)), tint(steel, 0.6)),
        Polygon(window, WOUND),
    ]
    # The teeth stand on the inner edge, towards the other jaw.
    for at in np.arange(0.6, length - 0.15, 0.27):
        tooth = np.array([[at, side * 0.12], [at + 0.13, side * -0.02], [at + 0.26, side * 0.12]])
        polygons.append(Polygon(tooth, tint(steel, 0.5), solid=True))
    return polygons


def bipolar(chance: np.random.Generator) -> list[Piece]:
    """A blue insulated shaft and two thin tines side by side."""
    blue = (
        int(chance.uniform(25, 60)),
        int(chance.uniform(80, 120)),
        int(chance.uniform(185, 225)),
    )
    steel = (205, 203, 198)
    length = float(chance.uniform(2.4, 2.9))
    pieces = [shaft(blue, gloss=0.45)]
    for side in (-1, 1):
        u = np.linspace(0, length, 7)
        bow = side * (0.2 + 0.2 * np.sin(np.pi * np.minimum(u / length * 1.1, 1.0) ** 0.8))
        spine = np.stack([u, bow], axis=1)
        root = u <= length * 0.36
        tine = [
            *rod(spine, np.linspace(0.25, 0.2, 7), steel, strips=5, gloss=0.8),
            *rod(spine[root], np.full(int(root.sum()), 0.33), blue, strips=5, gloss=0.4),
        ]
        pieces.append(Piece(tuple(tine), swing=side * 0.07, spread=side * 0.06))
    pieces.append(Piece(tuple(band(-0.5, 0.12, 1.06, tint(blue, 0.7)))))
    return pieces


def scissors(chance: np.random.Generator) -> list[Piece]:
    """A bright shaft and two pointed blades, both curved to one side, crossing at a screw."""
    grey = int(chance.uniform(185, 215))
    silver = (grey, grey, grey)
    length = float(chance.uniform(2.4, 2.8))
    pieces = [shaft(silver, gloss=0.85, light=-0.2)]
    for side in (-1, 1):
        blade = _blade(length, side)
        edge = _blade(length, side, low=-side * 0.25)
        polygons = (
            Polygon(blade, tint(silver, 0.42), solid=True),
            Polygon(
                _blade(length, side, low=-0.82, high=0.82), tint(silver, 0.8 if side > 0 else 0.68)
            ),
            Polygon(edge, tint(silver, 1.15)),
        )
        pieces.append(Piece(polygons, swing=side * 0.4))
    pieces.append(
        Piece(
            (
                *band(-0.5, 0.0, 0.92, tint(silver, 0.75)),
                Polygon(ellipse((0.15, 0.0), (0.3, 0.3)), tint(silver, 0.45), solid=True),
                Polygon(ellipse((0.15, 0.0), (0.2, 0.2)), tint(silver, 1.2)),
            )
        )
    )
    return pieces


def _blade(length: float, side: int, *, low: float = -1, high: float = 1) -> Points:
    u = np.linspace(-0.25, length, 10)
    along = np.clip(u / length, 0, 1)
    # A blade starts on the far side of the screw and bends, with its fellow, to one side.
    spine = np.stack([u, -side * 0.12 + side * 0.3 * along + 0.55 * along**2], axis=1)
    widths = 0.56 * (1 - along**2.2) + 0.02
    return ribbon(spine, widths, low, high)


def clipper(chance: np.random.Generator) -> list[Piece]:
    """A thick shaft with a golden ring and two chunky prongs that hold a bright clip."""
    grey = int(chance.uniform(95, 125))
    steel = (grey, grey, grey + 4)
    gold = (
        int(chance.uniform(200, 225)),
        int(chance.uniform(160, 180)),
        int(chance.uniform(50, 80)),
    )
    clip: Colour = (165, 235, 120) if chance.random() < 0.5 else (245, 225, 140)
    pieces = [shaft(steel, width=1.18, gloss=0.5)]
    for side in (-1, 1):
        shoulder = np.array([[0.0, side * 0.2], [0.62, side * 0.66]])
        prong = np.array([[0.5, side * 0.62], [2.0, side * 0.62]])
        hold = np.array([[1.15, side * 0.36], [1.95, side * 0.36]])
        polygons = (
            *rod(shoulder, [0.62, 0.5], tint(steel, 1.2), strips=5),
            *rod(prong, [0.46, 0.46], tint(steel, 1.4), strips=7, gloss=0.7),
            *rod(hold, [0.24, 0.24], clip, strips=5, gloss=0.8),
        )
        pieces.append(Piece(polygons, swing=side * 0.1, spread=side * 0.05))
    bow = np.array([[1.12, -0.46], [1.12, 0.46]])
    pieces.append(
        Piece(
            (
                *rod(bow, [0.24, 0.24], clip, strips=5, gloss=0.8),
                *band(-0.2, 0.25, 1.2, tint(steel, 1.1)),
            )
        )
    )
    pieces.append(Piece(tuple(band(-1.2, -0.45, 1.3, gold, gloss=0.7)), is_tip=False))
    return pieces
