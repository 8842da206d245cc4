"""Which tools count as visible: the rule by which every label of the samples is made.

A tool is present when at least half of the area of its tip lies inside the field of view and is not
covered by another tool. The tip is all that lies beyond the shaft; of the specimen bag, the whole
body. Areas are counted on a raster of its own, the same for every image size, so that a label
depends on the scene and the time alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rendering.lens import FieldOfView
from rendering.picture import PosedTool
from rendering.shapes import after, silhouette

__all__ = ["HALF", "Raster", "Sight", "build_raster", "sights"]

HALF = 0.5
DOTS_PER_VIEW = 110
MARGIN = 0.7
"""Beyond the view on each side, in view heights: a tip that shows at all lies within it."""


@dataclass(frozen=True)
class Sight:
    """How much of one tool can be seen. Lengths in view heights from the view's centre."""

    tool: str
    visible_share: float
    """Of the tip's area, 0 to 1."""
    centre: tuple[float, float]
    """(x, y) of the visible part of the tip."""
    box: tuple[float, float, float, float]
    """(left, top, right, bottom) of the visible part of the tip."""

    @property
    def is_present(self) -> bool:
        """Whether the tool counts as visible."""
        return self.visible_share >= HALF


@dataclass(frozen=True, eq=False)
class Raster:
    """The dots on which areas are counted."""

    field: NDArray[np.bool_]
    """(rows, columns) inside the field of view."""
    matrix: NDArray[np.float64]
    """(2, 3) from view coordinates to dots."""


def build_raster(view: FieldOfView) -> Raster:
    """Return the dots that surround a field of view."""
    width = round((view.aspect + 2 * MARGIN) * DOTS_PER_VIEW)
    height = round((1 + 2 * MARGIN) * DOTS_PER_VIEW)
    matrix = np.array(
        [[DOTS_PER_VIEW, 0, (width - 1) / 2], [0, DOTS_PER_VIEW, (height - 1) / 2]], np.float64
    )
    x = ((np.arange(width, dtype=np.float32) - (width - 1) / 2) / DOTS_PER_VIEW)[None, :]
    y = ((np.arange(height, dtype=np.float32) - (height - 1) / 2) / DOTS_PER_VIEW)[:, None]
    return Raster(view.depth(x, y) > 0, matrix)


def sights(posed: Sequence[PosedTool], raster: Raster) -> list[Sight]:
    """Return how much can be seen of each tool; later tools lie upon earlier ones."""
    uncovered = raster.field.copy()
    found: list[Sight] = []
    for one in reversed(posed):
        tip = np.zeros(raster.field.shape, np.uint8)
        body = np.zeros(raster.field.shape, np.uint8)
        for piece, matrix in one.parts:
            dots = after(raster.matrix, matrix)
            silhouette(body, piece.polygons, dots)
            if piece.is_tip:
                silhouette(tip, piece.polygons, dots)
        seen = tip.astype(np.bool_) & uncovered
        if seen.any():
            found.append(_sight(one.tool.name, seen, int(tip.sum()), raster))
        uncovered &= body == 0
    return found[::-1]


def _sight(name: str, seen: NDArray[np.bool_], area: int, raster: Raster) -> Sight:
    rows, columns = np.nonzero(seen)
    scale, (x0, y0) = 1 / DOTS_PER_VIEW, raster.matrix[:, 2]
    left, right = (columns.min() - 0.5 - x0) * scale, (columns.max() + 0.5 - x0) * scale
    top, bottom = (rows.min() - 0.5 - y0) * scale, (rows.max() + 0.5 - y0) * scale
    return Sight(
        tool=name,
        visible_share=len(rows) / area,
        centre=(float(columns.mean() - x0) * scale, float(rows.mean() - y0) * scale),
        box=(float(left), float(top), float(right), float(bottom)),
    )
