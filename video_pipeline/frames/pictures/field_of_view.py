"""Where the endoscope's picture lies in the frame: a disc, or part of one, or a box on black."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["FieldOfView", "find_field_of_view"]

N_CELLS = 256
"""Frames are judged on 256 x 256 cells, their aspect not kept; a box is whole cells."""

LIT_ABOVE_BORDER = 12
"""Levels of the brightest channel by which a cell of the picture exceeds the border's black."""
FAINT_ABOVE_BORDER = 4
"""Levels from which on a border is not plain black: tissue that fades into the dark, perhaps."""
BRIGHTEST_BORDER = 24
"""Levels: video black is 16, and some cameras' black is a dark red of up to 14."""

SEEN_IN_SHARE = 0.15
"""Of the frames that are not black. A cell lit in no more of them does not belong to the picture:
one menu in seven frames is passed over. A cell lit in more does, so that the picture of a recording
whose zoom changes is all that was ever shown of it."""
FAINT_IN_SHARE = 0.5
"""Of the same frames. Sides that are faint more often are not black; glare comes and goes."""
LEAST_LIT_SHARE = 0.03
"""Of a frame's cells; with fewer it is black and says nothing."""
LEAST_LIT_OF_LINE = 0.04
"""Of a row's or column's cells, for it to belong to the picture. The outermost columns of a disc
have more than that; a speck has less."""

MOST_LIT_OUTSIDE = 0.06
"""Captions in the border: lit cells outside of the box by those inside of it."""
MOST_FAINT_OUTSIDE = 0.02
"""Of the cells outside of the box that are not lit."""
LEAST_ELLIPSE_COVERED = 0.97
"""Of the ellipse within the box. Discs, cut off or not, and boxes cover it; an organ in the light
on dark ground does not."""
SMALLEST_SHARE = 0.25
"""Of the frame. A smaller box is an inset or a mistake."""
SMALLEST_MARGIN = 2
"""Cells. Narrower borders stay."""
_SOFT_EDGE = 4
"""Cells beside the box that the picture's soft edge may light faintly."""


@dataclass(frozen=True)
class FieldOfView:
    """A box within the displayed picture, as shares of its height and width: good for any size."""

    top: float
    bottom: float
    """From the upper edge, as ``top``; 0 <= top < bottom <= 1."""
    left: float
    right: float
    """From the left edge, as ``left``; 0 <= left < right <= 1."""

    def __post_init__(self) -> None:
        if not (0 <= self.top < self.bottom <= 1 and 0 <= self.left < self.right <= 1):
            raise ValueError(
                f"a field of view lies within the picture, got rows {self.top} to {self.bottom} "
                f"and columns {self.left} to {self.right}"
            )

    @property
    def is_whole(self) -> bool:
        """Whether nothing is cut off."""
        return self == WHOLE

    def crop(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The box of an (h, w, 3) picture, a view: every pixel that lies at least partly in it."""
        height, width = image.shape[:2]
        rows = _pixels(self.top, self.bottom, height)
        columns = _pixels(self.left, self.right, width)
        return image[rows, columns]


WHOLE = FieldOfView(top=0.0, bottom=1.0, left=0.0, right=1.0)


def find_field_of_view(images: Iterable[NDArray[np.uint8]]) -> FieldOfView:
    """The box around the endoscope's picture in a few frames, (h, w, 3) uint8 RGB of any sizes.

    Meant for eight frames or more, spread over the recording; one works, too. Their order does not
    matter, and two pictures of counts are held, not the frames. Nothing is cut off in doubt: where
    all frames are black, where what lies outside is not plain black with a caption at most, where
    the shape is neither round nor a box, or where less than a quarter of the frame would be left.
    """
    n_frames = 0
    n_lit = np.zeros((N_CELLS, N_CELLS), dtype=np.int64)
    n_faint = np.zeros_like(n_lit)
    for image in images:
        lit, faint = _lit_cells(image)
        if lit.mean() > LEAST_LIT_SHARE:
            n_frames += 1
            n_lit += lit
            n_faint += faint
    if n_frames == 0:
        return WHOLE
    lit, faint = n_lit > SEEN_IN_SHARE * n_frames, n_faint > FAINT_IN_SHARE * n_frames
    return _box_around(lit, faint)


def _lit_cells(image: NDArray[np.uint8]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(256, 256) twice: what is brighter than the frame's black, clearly and at all."""
    cells = cv2.resize(image, (N_CELLS, N_CELLS), interpolation=cv2.INTER_AREA)
    brightest = cv2.blur(cells, (3, 3)).max(axis=2)  # of sensor noise a third is left
    edge = np.concatenate([brightest[[0, -1]].ravel(), brightest[:, [0, -1]].ravel()])
    # A fifth of the outermost cells is black wherever there is a border worth cutting.
    border = min(int(np.sort(edge)[len(edge) // 5]), BRIGHTEST_BORDER)
    return brightest > border + LIT_ABOVE_BORDER, brightest > border + FAINT_ABOVE_BORDER


def _box_around(lit: NDArray[np.bool_], faint: NDArray[np.bool_]) -> FieldOfView:
    rows = _middle_run(lit.mean(axis=1) >= LEAST_LIT_OF_LINE, lit.sum(axis=1))
    columns = _middle_run(lit[rows].mean(axis=0) >= LEAST_LIT_OF_LINE, lit[rows].sum(axis=0))
    # Once more without the columns beside the picture: their captions may have joined rows to it.
    within = lit[:, columns]
    rows = _middle_run(within.mean(axis=1) >= LEAST_LIT_OF_LINE, within.sum(axis=1))
    if _is_doubtful(lit, faint, rows, columns):
        return WHOLE
    return FieldOfView(
        top=rows.start / N_CELLS,
        bottom=rows.stop / N_CELLS,
        left=columns.start / N_CELLS,
        right=columns.stop / N_CELLS,
    )


def _middle_run(belongs: NDArray[np.bool_], weights: NDArray[np.int64]) -> slice:
    """The unbroken run of lines around the one that halves ``weights``; all where it is none."""
    running = np.cumsum(weights)
    middle = int(np.searchsorted(running, running[-1] / 2))
    if not belongs[middle]:
        return slice(0, N_CELLS)
    before = np.flatnonzero(~belongs[:middle])
    after = np.flatnonzero(~belongs[middle:])
    start = int(before[-1]) + 1 if len(before) > 0 else 0
    stop = middle + int(after[0]) if len(after) > 0 else N_CELLS
    return slice(
        start if start > SMALLEST_MARGIN else 0,
        stop if stop < N_CELLS - SMALLEST_MARGIN else N_CELLS,
    )


def _is_doubtful(
    lit: NDArray[np.bool_], faint: NDArray[np.bool_], rows: slice, columns: slice
) -> bool:
    """Whether the box might cut tissue off."""
    inside = lit[rows, columns]
    if inside.size < SMALLEST_SHARE * lit.size:
        return True
    if lit.sum() - inside.sum() > MOST_LIT_OUTSIDE * inside.sum():
        return True
    outside = np.ones_like(lit)
    outside[
        max(rows.start - _SOFT_EDGE, 0) : rows.stop + _SOFT_EDGE,
        max(columns.start - _SOFT_EDGE, 0) : columns.stop + _SOFT_EDGE,
    ] = False
    dark = outside & ~lit
    if (faint & dark).sum() > MOST_FAINT_OUTSIDE * max(int(dark.sum()), 1):
        return True
    return _share_of_ellipse_covered(inside) < LEAST_ELLIPSE_COVERED


def _share_of_ellipse_covered(inside: NDArray[np.bool_]) -> float:
    """How much of the ellipse that touches the box's sides lies in the hull of the lit cells.

    Specks are left out of the hull; dark places within it do no harm.
    """
    solid = cv2.morphologyEx(inside.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    places = cv2.findNonZero(solid)
    if places is None:
        return 0.0
    hull = np.zeros_like(solid)
    cv2.fillConvexPoly(hull, cv2.convexHull(places), 1)
    height, width = inside.shape
    y, x = np.mgrid[:height, :width]
    ellipse = np.hypot((2 * y + 1) / height - 1, (2 * x + 1) / width - 1) <= 1
    return float(hull[ellipse].mean())


def _pixels(start: float, stop: float, n_px: int) -> slice:
    """Whole pixels from share to share, never none; a hair's breadth of rounding adds none."""
    first = min(math.floor(start * n_px + 1e-6), n_px - 1)
    return slice(first, max(math.ceil(stop * n_px - 1e-6), first + 1))
