"""Display matrices: the eight ways in which a stored picture may have to be shown."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from video_pipeline.frames.pictures.orientation import (
    UPRIGHT,
    Orientation,
    orientation_of_matrix,
    orientation_of_rotation,
)

IMAGE = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
ONE = 1 << 16


def matrix(a: int, b: int, c: int, d: int) -> bytes:
    return struct.pack("=9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)


def by_definition(a: int, b: int, c: int, d: int) -> np.ndarray:
    """Move every pixel (x, y) to (a x + c y, b x + d y), shifted into the picture."""
    height, width = IMAGE.shape[:2]
    moved = {
        (a * x + c * y, b * x + d * y): IMAGE[y, x] for y in range(height) for x in range(width)
    }
    left, above = (min(key[k] for key in moved) for k in (0, 1))
    right, below = (max(key[k] for key in moved) for k in (0, 1))
    shown = np.zeros((below - above + 1, right - left + 1, 3), dtype=np.uint8)
    for (x, y), pixel in moved.items():
        shown[y - above, x - left] = pixel
    return shown


@pytest.mark.parametrize(
    "abcd",
    [
        (1, 0, 0, 1), (-1, 0, 0, 1), (1, 0, 0, -1), (-1, 0, 0, -1),
        (0, 1, 1, 0), (0, -1, 1, 0), (0, 1, -1, 0), (0, -1, -1, 0),
    ],
)  # fmt: skip
def test_every_right_angled_matrix_moves_the_pixels_it_says(
    abcd: tuple[int, int, int, int],
) -> None:
    a, b, c, d = abcd
    orientation = orientation_of_matrix(matrix(a * ONE, b * ONE, c * ONE, d * ONE))
    assert np.array_equal(orientation.apply(IMAGE), by_definition(*abcd))
    assert orientation.is_mirrored == (a * d - b * c < 0)


def test_scaling_and_slant_do_not_count() -> None:
    assert orientation_of_matrix(matrix(3 * ONE, ONE // 8, -ONE // 8, 3 * ONE)) == UPRIGHT


@pytest.mark.parametrize("data", [b"", b"\0" * 36, b"\0" * 35])
def test_a_matrix_that_says_nothing_is_upright(data: bytes) -> None:
    assert orientation_of_matrix(data) == UPRIGHT


@pytest.mark.parametrize("quarters", range(-3, 5))
def test_rotation_is_counter_clockwise(quarters: int) -> None:
    shown = orientation_of_rotation(90 * quarters).apply(IMAGE)
    assert np.array_equal(shown, np.rot90(IMAGE, quarters))


def test_no_rotation_is_a_mirror() -> None:
    assert not any(orientation_of_rotation(angle).is_mirrored for angle in (0, 90, 180, 270))
    assert Orientation(is_transposed=True).is_mirrored
