"""Images as an endoscope's recorder stores them: a bright disc on black, off the middle."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["border_px", "draw_disc", "write_disc"]

SHAPE_PX = (120, 200)


def draw_disc(colour: tuple[int, int, int], *, radius_px: int = 50) -> NDArray[np.uint8]:
    image = np.zeros((*SHAPE_PX, 3), dtype=np.uint8)
    y, x = np.mgrid[: SHAPE_PX[0], : SHAPE_PX[1]]
    image[np.hypot(y - 60, x - 90) <= radius_px] = colour
    return image


def write_disc(path: Path, colour: tuple[int, int, int], *, radius_px: int = 50) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    bgr = cv2.cvtColor(draw_disc(colour, radius_px=radius_px), cv2.COLOR_RGB2BGR)
    cv2.imwrite(str(path), bgr)
    return path


def border_px(images: NDArray[np.uint8]) -> NDArray[np.int64]:
    """(n,): black lines along that side of each image that has most of them."""
    lit = images.max(axis=3) > 40
    rows, columns = lit.any(axis=2), lit.any(axis=1)
    sides = (rows, rows[:, ::-1], columns, columns[:, ::-1])
    black: NDArray[np.int64] = np.stack([side.argmax(axis=1) for side in sides]).max(axis=0)
    return black
