"""The picture that shows a person what augmentation does."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from classifier.dataset.images import read_image
from classifier.training.augmentation.contact_sheet import draw_columns, write_contact_sheet
from classifier.training.augmentation.pipeline import EFFECTS, build_augmentation
from tests.support.pictures import tissue


@pytest.fixture(scope="module")
def pictures() -> NDArray[np.uint8]:
    return np.stack([tissue(seed, (80, 64)) for seed in range(2)])


def test_columns_are_the_original_each_effect_and_what_the_network_sees(
    pictures: NDArray[np.uint8],
) -> None:
    columns = draw_columns(pictures, seed=5, strength="endoscopic", n_draws=2)
    names = [name for name, _ in columns]
    assert names[0] == "original"
    assert names[1:-2] == [name.replace("_", " ") for name in EFFECTS]
    np.testing.assert_array_equal(columns[0][1], pictures)
    augmentation = build_augmentation(seed=5, strength="endoscopic")
    for _, drawn in columns[-2:]:
        expected = np.rint(np.asarray(augmentation(pictures, training=True)))
        np.testing.assert_array_equal(drawn, expected)


@pytest.mark.slow
def test_the_page_shows_the_pictures_pixel_for_pixel_in_the_same_bytes(
    tmp_path: Path, pictures: NDArray[np.uint8]
) -> None:
    for name in ("first.png", "second.png"):
        write_contact_sheet(tmp_path / name, pictures, seed=1)
    content = (tmp_path / "first.png").read_bytes()
    assert content == (tmp_path / "second.png").read_bytes()
    page = read_image(tmp_path / "first.png")
    n_columns = 1 + len(EFFECTS) + 4
    assert page.shape[1] > n_columns * 64
    assert page.shape[0] > 2 * 80
    for picture in pictures:
        # Small pictures are shown twice as large.
        shown = picture.repeat(2, axis=0).repeat(2, axis=1)
        _, _, (x, y), _ = cv2.minMaxLoc(cv2.matchTemplate(page, shown, cv2.TM_SQDIFF))
        np.testing.assert_array_equal(page[y : y + 160, x : x + 128], shown)


def test_a_sheet_of_basic_augmentation_has_no_single_effects(
    pictures: NDArray[np.uint8],
) -> None:
    columns = draw_columns(pictures, seed=5, strength="basic", n_draws=3)
    assert [name for name, _ in columns] == ["original", "draw 1", "draw 2", "draw 3"]


def test_large_pictures_are_shrunk_to_fit_the_page(tmp_path: Path) -> None:
    write_contact_sheet(
        tmp_path / "a.png", np.stack([tissue(0, (300, 600))]), seed=1, strength="none", n_draws=1
    )
    height, width = read_image(tmp_path / "a.png").shape[:2]
    assert 2 * 224 < width < 3 * 224
    assert 112 < height < 300


@pytest.mark.parametrize("shape", [(0, 8, 8, 3), (8, 8, 3), (2, 8, 8, 1)])
def test_what_are_no_pictures_is_refused(tmp_path: Path, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="images must be"):
        write_contact_sheet(tmp_path / "a.png", np.zeros(shape, dtype=np.uint8), seed=0)
