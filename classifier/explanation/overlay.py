"""A map laid back upon the picture that it speaks of: enlarged, coloured, its peak marked."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from classifier.dataset.record import Crop

__all__ = ["Place", "colour_scale", "find_peak", "mark_peak", "paint_overlay", "spread_map"]

_MOST_OPAQUE = 0.7
"""Of the colour where the map is highest: what lies there must still be seen."""
_RING_SHARE = 0.022
"""Radius of the peak's ring by the picture's longer side."""


@dataclass(frozen=True)
class Place:
    """The part of a picture that the network was shown, in whole pixels, half-open."""

    top: int
    bottom: int
    left: int
    right: int

    def __post_init__(self) -> None:
        if not (0 <= self.top < self.bottom and 0 <= self.left < self.right):
            raise ValueError(f"a place has rows and columns, got {self}")

    @classmethod
    def of_whole(cls, image: NDArray[np.uint8]) -> Place:
        """All of an (h, w, 3) picture."""
        return cls(0, image.shape[0], 0, image.shape[1])

    @classmethod
    def of_crop(cls, crop: Crop, image: NDArray[np.uint8]) -> Place:
        """What a crop leaves of an (h, w, 3) picture.

        Raises:
            ValueError: it gives other pixels than a box of the picture's own.
        """
        stays = np.zeros_like(image)
        # A crop is a view; what is written into it shows where it lies.
        crop(stays)[...] = 1
        rows, columns = (
            np.flatnonzero(stays.any(axis=(1, 2))),
            np.flatnonzero(stays.any(axis=(0, 2))),
        )
        if len(rows) == 0:
            raise ValueError("a crop must be a view of the picture, got a copy")
        return cls(int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1)


def spread_map(
    one_map: NDArray[np.float32], place: Place, size_px: tuple[int, int]
) -> NDArray[np.float32]:
    """Enlarge one map (h', w') over its place in a picture of ``size_px`` (height, width).

    What is below zero speaks against the tool and becomes zero, as does all that the network was
    not shown. Cubic interpolation, so that the highest point need not be the middle of a cell.
    """
    size = (place.right - place.left, place.bottom - place.top)
    positive = np.maximum(one_map, 0, dtype=np.float32)
    within = cv2.resize(positive, size, interpolation=cv2.INTER_CUBIC)
    spread = np.zeros(size_px, dtype=np.float32)
    spread[place.top : place.bottom, place.left : place.right] = np.maximum(within, 0)
    return spread


def find_peak(spread: NDArray[np.float32]) -> tuple[int, int] | None:
    """(x, y) px of a spread map's highest point; None where nothing speaks for the tool."""
    y, x = np.unravel_index(int(spread.argmax()), spread.shape)
    return (int(x), int(y)) if spread[y, x] > 0 else None


def paint_overlay(image: NDArray[np.uint8], spread: NDArray[np.float32]) -> NDArray[np.uint8]:
    """(h, w, 3) RGB under a spread map (h, w): bluish where it is low, yellow where it is highest.

    The map is scaled to its own maximum, and the colour the more opaque the higher it is; where it
    is zero the picture is as it was.
    """
    if image.shape[:2] != spread.shape:
        raise ValueError(f"an image of {image.shape} needs a map of that size, got {spread.shape}")
    highest = float(spread.max())
    if highest <= 0:
        return image.copy()
    strength = spread / highest
    opacity = (_MOST_OPAQUE * np.sqrt(strength))[..., np.newaxis]
    painted = image + opacity * (_colours(strength) - image.astype(np.float32))
    return np.asarray(np.rint(painted), dtype=np.uint8)


def mark_peak(image: NDArray[np.uint8], peak: tuple[float, float]) -> NDArray[np.uint8]:
    """Draw a white ring with a dark rim around (x, y) px; the place itself stays visible."""
    marked = image.copy()
    longer = max(image.shape[:2])
    radius = max(3.0, _RING_SHARE * longer)
    width = max(1, round(longer / 400))
    # Four bits behind the point: rings of small pictures would jump from pixel to pixel.
    centre = (round(peak[0] * 16), round(peak[1] * 16))
    for thickness, level in ((width + 2, 0), (width, 255)):
        ring = (level, level, level)
        cv2.circle(marked, centre, round(radius * 16), ring, thickness, cv2.LINE_AA, 4)
    return marked


def colour_scale(height_px: int, width_px: int) -> NDArray[np.uint8]:
    """(height, width, 3) RGB: the colours from lowest to highest, on white as opaque as painted."""
    strength = np.tile(np.linspace(0, 1, width_px, dtype=np.float32), (height_px, 1))
    return paint_overlay(np.full((height_px, width_px, 3), 255, dtype=np.uint8), strength)


def _colours(strength: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Viridis, whose steps look alike and whose lightness only rises: it survives grey printing."""
    levels = np.rint(255 * strength).astype(np.uint8)
    bgr = cv2.applyColorMap(levels, cv2.COLORMAP_VIRIDIS)
    return np.asarray(bgr[..., ::-1], dtype=np.uint8)
