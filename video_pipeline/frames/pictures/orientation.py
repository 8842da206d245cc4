"""Rotation and mirroring from a display matrix: which way up a viewer sees the picture.

A mirror is not a rotation: in surgery left must stay left. The whole 3x3 matrix is therefore read,
not the rotation angle that FFmpeg derives from it (which says 180 degrees for a mirror).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["UPRIGHT", "Orientation", "orientation_of_matrix", "orientation_of_rotation"]

_MATRIX = struct.Struct("=9i")


@dataclass(frozen=True)
class Orientation:
    """First exchange rows and columns, then flip; eight in all, the symmetries of a rectangle."""

    is_transposed: bool = False
    is_flipped_left_right: bool = False
    is_flipped_up_down: bool = False

    @property
    def is_mirrored(self) -> bool:
        """Whether text would be unreadable however one turned the stored picture."""
        n_reflections = self.is_transposed + self.is_flipped_left_right + self.is_flipped_up_down
        return n_reflections % 2 == 1

    def apply(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """(h, w, 3) as stored -> as displayed, (w, h, 3) where rows and columns are exchanged."""
        shown: object = image
        if self.is_transposed:
            shown = cv2.transpose(cast("NDArray[np.uint8]", shown))
        if self.is_flipped_left_right and self.is_flipped_up_down:
            shown = cv2.flip(cast("NDArray[np.uint8]", shown), -1)
        elif self.is_flipped_left_right:
            shown = cv2.flip(cast("NDArray[np.uint8]", shown), 1)
        elif self.is_flipped_up_down:
            shown = cv2.flip(cast("NDArray[np.uint8]", shown), 0)
        return cast("NDArray[np.uint8]", shown)


UPRIGHT = Orientation()


def orientation_of_matrix(data: bytes) -> Orientation:
    """Read an FFmpeg DISPLAYMATRIX: nine native int32, ``x' = a x + c y``, ``y' = b x + d y``.

    The matrix (ISO 14496-12, 6.2.2) is [a b u; c d v; x y w]. Only its signs and whether x or y
    leads are used: scaling is no orientation, and of a slanted picture the nearest right angle is
    taken. A matrix that says nothing (all zero, wrong length) means upright.
    """
    if len(data) != _MATRIX.size:
        return UPRIGHT
    a, b, _, c, d, _, _, _, _ = _MATRIX.unpack(data)
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return Orientation(is_flipped_left_right=a < 0, is_flipped_up_down=d < 0)
    return Orientation(is_transposed=True, is_flipped_left_right=c < 0, is_flipped_up_down=b < 0)


def orientation_of_rotation(degrees: float) -> Orientation:
    """Turn the picture counter-clockwise by the right angle nearest to ``degrees``."""
    return (
        UPRIGHT,
        Orientation(is_transposed=True, is_flipped_up_down=True),
        Orientation(is_flipped_left_right=True, is_flipped_up_down=True),
        Orientation(is_transposed=True, is_flipped_left_right=True),
    )[round(degrees / 90) % 4]
