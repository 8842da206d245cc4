"""Turning and mirroring within the endoscope's circle, where no tool may get lost."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from classifier.training.augmentation.camera import CameraMovement
from classifier.training.augmentation.lit_area import find_round_field

SIDE_PX = 224
TISSUE, MARK = (140, 70, 60), (90, 200, 255)
STILL = {"zoom": (1.0, 1.0), "shift": 0.0}


def ellipse(
    *,
    semi_axes: tuple[float, float] = (0.45, 0.45),
    centre: tuple[float, float] = (0.5, 0.5),
) -> NDArray[np.bool_]:
    y, x = (np.mgrid[:SIDE_PX, :SIDE_PX] + 0.5) / SIDE_PX
    inside: NDArray[np.bool_] = (
        np.hypot((y - centre[0]) / semi_axes[0], (x - centre[1]) / semi_axes[1]) < 1
    )
    return inside


def scene(inside: NDArray[np.bool_], marks: tuple[tuple[float, float], ...]) -> NDArray[np.uint8]:
    """Tissue where ``inside``, black elsewhere, and a round mark for each (y, x) of ``marks``."""
    image = np.where(inside[..., np.newaxis], TISSUE, 0).astype(np.uint8)
    for mark in marks:
        image[ellipse(semi_axes=(0.03, 0.03), centre=mark) & inside] = MARK
    return image


def apply(images: NDArray[np.uint8], **settings: Any) -> NDArray[np.float32]:
    layer = CameraMovement(seed=2, probability=1.0, **settings)
    return np.asarray(layer(images, training=True))


def marked_px(images: NDArray[Any]) -> NDArray[np.int64]:
    """(n,): how many pixels have the mark's colour."""
    n_px: NDArray[np.int64] = (images[..., 2] > 150).sum(axis=(1, 2))
    return n_px


CIRCLES = {
    "whole": ((0.45, 0.45), (0.5, 0.5)),
    "squeezed by 16:9": ((0.48, 0.27), (0.5, 0.5)),
    "aside": ((0.4, 0.3), (0.55, 0.4)),
    "cut above and below": ((0.6, 0.36), (0.5, 0.47)),
    "cut as most recorders do": ((0.7, 0.42), (0.5, 0.5)),
}
each_circle = pytest.mark.parametrize(("semi_axes", "centre"), CIRCLES.values(), ids=CIRCLES)


@each_circle
def test_a_round_picture_is_found_with_its_ellipse(
    semi_axes: tuple[float, float], centre: tuple[float, float]
) -> None:
    image = scene(ellipse(semi_axes=semi_axes, centre=centre), ())
    field = find_round_field(image[np.newaxis].astype(np.float32))
    assert bool(field.is_round[0])
    found = [float(value[0, 0, 0, 0]) for value in (*field.semi_axes, *field.centre)]
    assert found == pytest.approx([*semi_axes, *centre], abs=0.03)


def test_a_shadow_in_the_scene_does_not_hide_that_it_is_round() -> None:
    image = scene(ellipse(semi_axes=(0.48, 0.27)), ())
    image[90:100, 100:160] = 8
    field = find_round_field(image[np.newaxis].astype(np.float32))
    assert bool(field.is_round[0])
    assert float(field.semi_axes[0][0, 0, 0, 0]) == pytest.approx(0.48, abs=0.06)


@pytest.mark.parametrize(
    "bars",
    [np.s_[:0], np.s_[:30], np.s_[:, :30], (np.s_[:], np.r_[0:30, 194:224])],
    ids=["none", "above", "left", "pillars"],
)
def test_a_picture_with_corners_is_not_round(bars: Any) -> None:
    image = np.full((1, SIDE_PX, SIDE_PX, 3), 120, dtype=np.float32)
    image[0][bars] = 0
    assert not bool(find_round_field(image).is_round[0])


def test_a_black_picture_is_not_round_and_stays_black() -> None:
    image = np.zeros((2, 64, 64, 3), dtype=np.uint8)
    assert not np.asarray(find_round_field(image.astype(np.float32)).is_round).any()
    assert apply(image).max() == 0


@each_circle
def test_no_turn_takes_a_mark_out_of_the_circle(
    semi_axes: tuple[float, float], centre: tuple[float, float]
) -> None:
    """A mark at each end of the lit area is still there, as large as the fit has left it."""
    tall, wide = min(0.43, semi_axes[0] * 0.85), semi_axes[1] * 0.85
    lit = ellipse(semi_axes=semi_axes, centre=centre)
    for mark in ((-tall, 0.0), (tall, 0.0), (0.0, -wide), (0.0, wide)):
        image = scene(lit, ((centre[0] + mark[0], centre[1] + mark[1]),))
        seen = apply(np.stack([image] * 24), **STILL)
        before = marked_px(image[np.newaxis])[0]
        assert before > 60
        assert marked_px(seen).min() > 0.7**2 * 0.75 * before


@each_circle
def test_outside_of_the_circle_stays_black(
    semi_axes: tuple[float, float], centre: tuple[float, float]
) -> None:
    lit = ellipse(semi_axes=semi_axes, centre=centre)
    seen = apply(np.stack([scene(lit, ())] * 24), **STILL)
    wider = ellipse(semi_axes=(semi_axes[0] * 1.06, semi_axes[1] * 1.06), centre=centre)
    assert seen[:, ~wider].max() < 4
    # And the circle is full: what the recording had cut off is continued.
    narrow = ellipse(semi_axes=(semi_axes[0] * 0.6, semi_axes[1] * 0.6), centre=centre)
    assert seen[:, narrow].min() > 40


def test_a_round_picture_is_turned_by_all_angles_and_its_proportions_are_kept() -> None:
    """In an ellipse that was a circle, a mark goes round on an ellipse of the same axes."""
    tall, wide = 0.48, 0.27
    image = scene(ellipse(semi_axes=(tall, wide)), ((0.5 - 0.6 * tall, 0.5),))
    seen = apply(np.stack([image] * 60), flip=False, **STILL)
    y, x = (np.mgrid[:SIDE_PX, :SIDE_PX] + 0.5) / SIDE_PX - 0.5
    is_mark = seen[..., 2] > 150
    where = np.stack([(x * is_mark).sum((1, 2)) / wide, (y * is_mark).sum((1, 2)) / tall])
    place = where / is_mark.sum(axis=(1, 2))
    np.testing.assert_allclose(np.hypot(*place), 0.6, atol=0.03)
    angles = np.sort(np.arctan2(*place))
    assert np.diff(angles).max() < 0.7
    assert np.ptp(angles) > 5.5


def test_a_full_picture_is_turned_a_little_and_continued_by_reflection() -> None:
    image = np.full((SIDE_PX, SIDE_PX, 3), TISSUE, dtype=np.uint8)
    image[104:120, 100:124] = MARK
    image[104:120, 124:148] = (250, 20, 20)
    seen = apply(np.stack([image] * 40), flip=False, **STILL)
    assert seen.max(axis=3).min() > 100
    right, left = seen[..., 0] > 230, seen[..., 2] > 150
    y, x = np.mgrid[:SIDE_PX, :SIDE_PX]
    ways = [
        [(axis * part).sum((1, 2)) / part.sum((1, 2)) for part in (left, right)] for axis in (x, y)
    ]
    angles = np.degrees(np.arctan2(ways[1][1] - ways[1][0], ways[0][1] - ways[0][0]))
    assert np.abs(angles).max() < 15.5
    assert np.abs(angles).max() > 8


def test_a_flip_mirrors_and_nothing_else() -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(60, 200, (32, 48, 3), dtype=np.uint8)
    seen = apply(np.stack([image] * 24), round_turn_degrees=0.0, full_turn_degrees=0.0, **STILL)
    mirrored = np.stack([image, image[::-1], image[:, ::-1], image[::-1, ::-1]])
    distances = np.abs(seen[:, np.newaxis] - mirrored).max(axis=(2, 3, 4))
    assert distances.min(axis=1).max() < 0.1
    assert set(distances.argmin(axis=1).tolist()) == {0, 1, 2, 3}


def test_zoom_and_shift_stay_within_their_bounds() -> None:
    image = np.full((SIDE_PX, SIDE_PX, 3), TISSUE, dtype=np.uint8)
    image[ellipse(semi_axes=(0.2, 0.2))] = MARK
    seen = apply(np.stack([image] * 40), full_turn_degrees=0.0, flip=False)
    sizes = np.sqrt(marked_px(seen) / marked_px(image[np.newaxis]))
    assert 0.89 < sizes.min() < 0.95
    assert 1.05 < sizes.max() < 1.13
    y, x = np.mgrid[:SIDE_PX, :SIDE_PX]
    is_mark = seen[..., 2] > 150
    for axis in (y, x):
        place = (axis * is_mark).sum((1, 2)) / is_mark.sum((1, 2)) / (SIDE_PX - 1) - 0.5
        assert 0.02 < np.abs(place).max() < 0.045
