"""A map lies where the network looked, and colours only what speaks for the tool."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pytest

from classifier.explanation.overlay import (
    Place,
    colour_scale,
    find_peak,
    mark_peak,
    paint_overlay,
    spread_map,
)

WHOLE = Place(0, 224, 0, 224)


@pytest.mark.parametrize(("row", "column"), [(3, 3), (2, 5), (1, 4)])
def test_the_peak_of_one_bright_cell_is_its_middle(row: int, column: int) -> None:
    cells = np.zeros((7, 7), np.float32)
    cells[row, column] = 2.5
    peak = find_peak(spread_map(cells, WHOLE, (224, 224)))
    assert peak is not None
    x, y = peak
    assert abs(x - (32 * column + 15.5)) <= 0.5
    assert abs(y - (32 * row + 15.5)) <= 0.5


def test_between_two_bright_cells_the_peak_lies_between_them() -> None:
    cells = np.zeros((7, 7), np.float32)
    cells[3, 2] = cells[3, 3] = 1
    peak = find_peak(spread_map(cells, WHOLE, (224, 224)))
    assert peak is not None
    assert abs(peak[0] - 95.5) <= 12


def test_a_map_lies_within_its_place_of_a_picture_of_any_size() -> None:
    cells = np.ones((7, 7), np.float32)
    cells[6, 0] = 4
    place = Place(100, 380, 200, 480)
    spread = spread_map(cells, place, (480, 854))
    inside = np.zeros((480, 854), np.bool_)
    inside[100:380, 200:480] = True
    assert (spread[inside] > 0).all()
    assert not spread[~inside].any()
    assert find_peak(spread) is not None
    x, y = find_peak(spread) or (0, 0)
    assert 200 <= x < 240
    assert 340 <= y < 380


def test_what_speaks_against_a_tool_is_not_painted() -> None:
    image = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    spread = spread_map(np.full((7, 7), -1.0, np.float32), Place.of_whole(image), (60, 80))
    assert find_peak(spread) is None
    np.testing.assert_array_equal(paint_overlay(image, spread), image)


def test_only_what_is_in_the_map_is_painted() -> None:
    image = np.random.default_rng(0).integers(0, 256, (70, 70, 3), dtype=np.uint8)
    spread = np.zeros((70, 70), np.float32)
    spread[20:30, 20:30] = 0.001
    before = image.copy()
    painted = paint_overlay(image, spread)
    changed = (painted != image).any(axis=2)
    assert changed[20:30, 20:30].all()
    assert not changed[spread == 0].any()
    np.testing.assert_array_equal(image, before)


def test_the_colours_are_viridis() -> None:
    black = np.zeros((1, 256, 3), np.uint8)
    strength = np.linspace(0, 1, 256, dtype=np.float32)[np.newaxis]
    lookup = mpl.colormaps["viridis"](np.arange(256))[:, :3]
    expected = 255 * lookup * 0.7 * np.sqrt(strength[0])[:, np.newaxis]
    assert np.abs(paint_overlay(black, strength)[0] - expected).max() <= 2


def test_the_scale_goes_from_white_to_the_highest_colour() -> None:
    scale = colour_scale(3, 40)
    assert scale.shape == (3, 40, 3)
    assert (scale[:, 0] == 255).all()
    assert scale[0, -1, 2] < 120


def test_the_ring_surrounds_the_peak_and_leaves_it_visible() -> None:
    image = np.full((200, 300, 3), 90, np.uint8)
    marked = mark_peak(image, (150.0, 100.0))
    changed = np.argwhere((marked != image).any(axis=2))
    assert (marked[100, 150] == 90).all()
    np.testing.assert_allclose(changed.mean(axis=0), (100, 150), atol=0.6)
    assert mark_peak(image, (0.0, 0.0)).shape == image.shape


def test_a_crop_that_is_a_view_says_where_it_lies() -> None:
    image = np.zeros((50, 90, 3), np.uint8)
    assert Place.of_crop(lambda picture: picture[10:40, 5:85], image) == Place(10, 40, 5, 85)
    assert Place.of_crop(lambda picture: picture, image) == Place.of_whole(image)
    with pytest.raises(ValueError, match="a view"):
        Place.of_crop(lambda picture: picture[10:40].copy(), image)


def test_impossible_places_and_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="rows and columns"):
        Place(4, 4, 0, 9)
    with pytest.raises(ValueError, match="map of that size"):
        paint_overlay(np.zeros((4, 4, 3), np.uint8), np.zeros((4, 5), np.float32))
