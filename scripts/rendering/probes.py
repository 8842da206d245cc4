"""The tools without jaws: the coagulation hook and the irrigator."""

from __future__ import annotations

import numpy as np

from rendering.shapes import Piece, Polygon, band, ellipse, rod, shaft, tint

__all__ = ["hook", "irrigator"]


def hook(chance: np.random.Generator) -> list[Piece]:
    """A dark shaft, a white ceramic collar and a golden L."""
    dark = int(chance.uniform(34, 56))
    gold = (
        int(chance.uniform(215, 235)),
        int(chance.uniform(172, 195)),
        int(chance.uniform(85, 120)),
    )
    ceramic = (238, 234, 224)
    reach = float(chance.uniform(1.0, 1.25))
    angles = np.linspace(0, np.pi / 2, 6)
    bend = np.stack([0.85 + reach - 0.3 + 0.3 * np.sin(angles), 0.3 - 0.3 * np.cos(angles)], axis=1)
    end = np.array([[0.85 + reach + 0.02, 1.15]])
    spine = np.concatenate([[[0.75, 0.0]], bend, end])
    wire = rod(spine, np.array([0.3, *([0.3] * 6), 0.22]), gold, strips=7, gloss=0.8)
    collar = [
        *band(-0.05, 0.85, 0.82, ceramic, gloss=0.5),
        *band(0.8, 0.95, 0.55, tint(ceramic, 0.7)),
    ]
    return [
        shaft((dark, dark, dark + 4), gloss=0.3),
        Piece(tuple(wire)),
        Piece(tuple(collar)),
    ]


def irrigator(chance: np.random.Generator) -> list[Piece]:
    """A pale blunt tube with side holes and a dark bore."""
    grey = int(chance.uniform(165, 190))
    tube = (int(grey * 0.86), grey, int(min(255, grey * 1.1)))
    length = float(chance.uniform(2.1, 2.6))
    end = [
        *band(-0.1, length, 0.92, tint(tube, 1.06), gloss=0.7),
        Polygon(ellipse((length, 0.0), (0.2, 0.46)), tint(tube, 1.2), solid=True),
        Polygon(ellipse((length + 0.02, 0.0), (0.15, 0.36)), (22, 14, 16)),
    ]
    for row, across in enumerate((-0.24, 0.16)):
        for u in np.arange(length - 0.45 - 0.22 * row, 0.35, -0.5):
            end += [
                Polygon(ellipse((u, across), (0.15, 0.12), 10), tint(tube, 1.3)),
                Polygon(ellipse((u + 0.02, across), (0.12, 0.09), 10), (30, 20, 24)),
            ]
    return [
        shaft(tube, gloss=0.75),
        Piece(tuple(end)),
        Piece(tuple(band(-0.3, 0.0, 1.06, tint(tube, 0.7))), is_tip=False),
    ]
