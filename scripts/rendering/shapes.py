"""Shapes that tools are made of: flat coloured polygons, grouped into rigid pieces.

A tool's own coordinates: u runs along the shaft towards the tip, v across it, the origin is where
the shaft ends and the tip begins, and the unit is the shaft's width.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import exp
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from rendering.chance import Field, Image

__all__ = [
    "Colour",
    "Piece",
    "Points",
    "Polygon",
    "after",
    "band",
    "draw",
    "ellipse",
    "ribbon",
    "rod",
    "shaft",
    "silhouette",
    "tint",
]

Points: TypeAlias = NDArray[np.float64]
"""(n, 2)."""
Widths: TypeAlias = NDArray[np.float64]
"""(n,) one for each point of a spine."""
Colour: TypeAlias = tuple[int, int, int]
"""RGB, 0 to 255."""

SUBPIXEL_BITS = 4
LAMP: Colour = (255, 250, 240)
TISSUE: Colour = (140, 58, 48)
"""What the side of a tool that is turned from the lamp mirrors."""


@dataclass(frozen=True, eq=False)
class Polygon:
    """One flat area of colour."""

    points: Points
    colour: Colour
    solid: bool = False
    """Whether it is part of the silhouette: what is drawn upon it need not be."""


@dataclass(frozen=True, eq=False)
class Piece:
    """Polygons that move together, drawn in their order."""

    polygons: tuple[Polygon, ...]
    swing: float = 0.0
    """How it turns as the jaws open: radians at an opening of 1."""
    spread: float = 0.0
    """How it moves across the shaft as the jaws open: shaft widths at an opening of 1."""
    is_tip: bool = True


def tint(colour: Colour, factor: float, toward: Colour = (0, 0, 0)) -> Colour:
    """Return the colour mixed with another: `factor` 1 keeps it, above 1 brightens it."""
    mixed = [
        factor * c + (1 - factor) * t if factor <= 1 else factor * c
        for c, t in zip(colour, toward, strict=True)
    ]
    red, green, blue = (round(min(max(value, 0), 255)) for value in mixed)
    return red, green, blue


def ribbon(
    spine: Points, widths: Sequence[float] | Widths, low: float = -1, high: float = 1
) -> Points:
    """Return the outline of a band along a spine, from `low` to `high` of its half-width."""
    across = _half_widths(spine, np.asarray(widths))
    return np.concatenate([spine + low * across, (spine + high * across)[::-1]])


def _half_widths(spine: Points, widths: Widths) -> Points:
    """Return the vectors from the spine to the band's border on its left."""
    tangents = np.gradient(spine, axis=0)
    lengths = np.hypot(tangents[:, 0], tangents[:, 1])
    normals = np.stack([-tangents[:, 1], tangents[:, 0]], axis=1)
    return np.asarray(normals * (widths / (2 * lengths))[:, None], np.float64)


def rod(
    spine: Points,
    widths: Sequence[float] | Widths,
    colour: Colour,
    *,
    gloss: float = 0.6,
    light: float = -0.35,
    strips: int = 15,
) -> list[Polygon]:
    """Return a round rod lit from the endoscope: a silhouette and lengthwise strips of shade.

    `light` is where across the rod, from -1 to 1, its highlight lies.
    """
    across = _half_widths(spine, np.asarray(widths))
    edges = np.linspace(-1, 1, strips + 1).tolist()
    far = (spine + 0.96 * across)[::-1]
    outline = np.concatenate([spine - across, (spine + across)[::-1]])
    polygons = [Polygon(outline, tint(colour, 0.35), solid=True)]
    for low, high in pairwise(edges):
        # Each strip reaches to the far edge, so that no seam shows what lies below.
        strip = np.concatenate([spine + 0.96 * low * across, far])
        polygons.append(Polygon(strip, _shade(colour, (low + high) / 2, gloss=gloss, light=light)))
    return polygons


def _shade(colour: Colour, across: float, *, gloss: float, light: float) -> Colour:
    """Return the colour of a rod at a place across it, from -1 to 1."""
    round_off = max(0.0, 1 - ((across - light * 0.5) / 1.25) ** 2) ** 0.75
    shine = gloss * exp(-(((across - light) / 0.2) ** 2))
    shade = tint(tint(colour, 0.28 + 0.72 * round_off), 1 - shine, LAMP)
    return tint(shade, 1 - 0.3 * max(0.0, across) ** 2, TISSUE)


def shaft(colour: Colour, *, width: float = 1.0, gloss: float = 0.6, light: float = -0.35) -> Piece:
    """Return the tube between trocar and tip; it widens towards the camera's side."""
    u = np.array([0.0, -1.0, -7.0, -22.0])
    spine = np.stack([u, np.zeros(4)], axis=1)
    widths = width * np.array([1.0, 1.03, 1.2, 1.65])
    return Piece(tuple(rod(spine, widths, colour, gloss=gloss, light=light)), is_tip=False)


def band(
    start: float, stop: float, width: float, colour: Colour, *, gloss: float = 0.6
) -> list[Polygon]:
    """Return a short round sleeve on the shaft's axis."""
    spine = np.array([[start, 0.0], [stop, 0.0]])
    return rod(spine, [width, width], colour, gloss=gloss, strips=9)


def ellipse(centre: tuple[float, float], radii: tuple[float, float], n: int = 16) -> Points:
    """Return the outline of an ellipse that lies along the axes."""
    angles = np.linspace(0, 2 * np.pi, n, endpoint=False)
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return np.asarray(circle * radii + centre, np.float64)


def draw(image: Image, polygons: Sequence[Polygon], matrix: NDArray[np.float64]) -> None:
    """Draw polygons, moved by a (2, 3) matrix into pixels, upon an RGB image in place."""
    points = _fixed_point([polygon.points for polygon in polygons], matrix)
    for polygon, outline in zip(polygons, points, strict=True):
        cv2.fillPoly(image, [outline], polygon.colour, cv2.LINE_AA, SUBPIXEL_BITS)


def silhouette(
    mask: Image | Field, polygons: Sequence[Polygon], matrix: NDArray[np.float64]
) -> None:
    """Fill what the solid polygons cover with 1, in place."""
    solid = [polygon.points for polygon in polygons if polygon.solid]
    for outline in _fixed_point(solid, matrix):
        cv2.fillPoly(mask, [outline], 1, cv2.LINE_8, SUBPIXEL_BITS)


def after(outer: NDArray[np.float64], inner: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the (2, 3) matrix that moves by `inner`, then by `outer`."""
    turned = np.asarray(outer[:, :2] @ inner, np.float64)
    turned[:, 2] += outer[:, 2]
    return turned


def _fixed_point(shapes: Sequence[Points], matrix: NDArray[np.float64]) -> list[NDArray[np.int32]]:
    """Move all shapes in one product, then cut them apart again."""
    if not shapes:
        return []
    moved = np.concatenate(shapes) @ matrix[:, :2].T + matrix[:, 2]
    fixed = np.rint(moved * 2**SUBPIXEL_BITS).astype(np.int32)
    ends = list(accumulate(len(shape) for shape in shapes))
    return [fixed[start:stop] for start, stop in pairwise([0, *ends])]
