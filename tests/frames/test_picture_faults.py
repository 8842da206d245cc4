"""Each fault is found in a picture made to have it, and not in pictures that look like it."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.pictures import (
    BLUE,
    GREEN,
    GREY,
    SIZE_PX,
    STEEL,
    WHITE,
    bars,
    blurred,
    menu,
    noisy,
    plain,
    stack,
    tissue,
)
from video_pipeline.frames import resize_rgb
from video_pipeline.frames.pictures.faults import (
    are_black,
    are_blurred,
    are_colourless,
    are_out_of_field,
    in_blocks,
    sharpness,
)


@pytest.mark.parametrize("size_px", [(16, 16), (64, 64), (224, 224), (480, 854)])
@pytest.mark.parametrize("seed", range(4))
def test_a_good_picture_has_no_fault(size_px: tuple[int, int], seed: int) -> None:
    image = tissue(seed, size_px)[np.newaxis]
    assert not are_black(image)
    assert not are_blurred(image)
    assert not are_out_of_field(image)


@pytest.mark.parametrize("size_px", [(16, 16), (64, 64), (224, 224), (480, 854)])
def test_black_with_noise_is_black(size_px: tuple[int, int]) -> None:
    black = plain((0, 0, 0), size_px)
    video_black = noisy(plain((16, 16, 16), size_px), 5)
    assert are_black(stack(black, video_black, plain((14, 0, 0), size_px))).all()


def test_black_with_a_caption_is_black() -> None:
    image = plain((0, 0, 0))
    cv2.putText(image, "12:30:05", (150, 215), cv2.FONT_HERSHEY_SIMPLEX, 0.4, WHITE, 1)
    assert are_black(image[np.newaxis])


def test_a_dark_picture_and_a_blue_screen_are_not_black() -> None:
    dim = (tissue() * 0.35).astype(np.uint8)
    assert not are_black(stack(dim, plain((0, 0, 255)))).any()


def test_a_black_picture_is_nothing_else() -> None:
    black = plain((5, 5, 5))[np.newaxis]
    assert not are_out_of_field(black)
    assert not are_blurred(black)


@pytest.mark.parametrize("sigma_px", [2.0, 3.0, 5.0])
@pytest.mark.parametrize("noise", [0.0, 2.0])
def test_a_picture_out_of_focus_is_blurred(sigma_px: float, noise: float) -> None:
    images = [noisy(blurred(tissue(seed), sigma_px), noise) for seed in range(6)]
    assert are_blurred(np.stack(images)).all()


def test_blur_is_judged_alike_at_larger_sizes() -> None:
    large = tissue(1, (896, 896))
    assert not are_blurred(large[np.newaxis])
    assert are_blurred(blurred(large, 8.0)[np.newaxis])


def test_sharpness_falls_with_blur() -> None:
    values = [sharpness(blurred(tissue(), sigma_px)) for sigma_px in (0.5, 1.0, 1.5, 2.0)]
    assert values == sorted(values, reverse=True)


def test_noise_neither_hides_nor_makes_blur() -> None:
    assert not are_blurred(stack(noisy(tissue(), 4), noisy(plain(GREY), 40))).any()


def test_a_sharp_instrument_before_a_soft_background_is_sharp() -> None:
    image = blurred(tissue(), 3)
    cv2.line(image, (200, 40), (100, 120), STEEL, 10)
    for k in range(8):
        cv2.line(image, (190 - 10 * k, 40 + 8 * k), (196 - 10 * k, 54 + 8 * k), (30, 30, 30), 1)
    assert not are_blurred(image[np.newaxis])


def test_what_has_no_structure_is_not_judged_for_blur() -> None:
    assert sharpness(plain(GREY)) == float("inf")
    assert not are_blurred(stack(plain(GREY), plain((0, 0, 0))).copy()).any()


@pytest.mark.parametrize(
    "image",
    [
        plain(GREY),
        plain(WHITE),
        plain((225, 215, 195)),
        noisy(plain((150, 145, 150)), 8),
        plain(GREEN),
        plain((40, 90, 130)),
        menu(),
        menu((0, 0, 200)),
        bars(),
    ],
    ids=["grey", "white", "gauze", "trocar", "green", "drape", "menu", "blue screen", "bars"],
)
def test_what_is_no_tissue_is_out_of_field(image: NDArray[np.uint8]) -> None:
    assert are_out_of_field(image[np.newaxis])


def test_a_hand_on_green_drapes_is_out_of_field() -> None:
    image = plain(GREEN)
    image[100:160, 80:150] = (210, 150, 120)
    assert are_out_of_field(image[np.newaxis])


@pytest.mark.parametrize("colour", [STEEL, WHITE, BLUE, GREEN])
def test_tissue_behind_a_large_tool_is_in_the_field(colour: tuple[int, int, int]) -> None:
    image = tissue()
    image[:100, 60:160] = colour
    assert not are_out_of_field(image[np.newaxis])


def test_dark_tissue_behind_a_lit_tool_is_in_the_field() -> None:
    image = plain((36, 14, 12))
    image[90:150, 60:200] = STEEL
    assert not are_out_of_field(image[np.newaxis])


def test_grey_pictures_are_colourless_and_tissue_is_not() -> None:
    grey = np.repeat(tissue().mean(axis=2, keepdims=True).astype(np.uint8), 3, axis=2)
    verdicts = are_colourless(stack(grey, noisy(grey, 3), tissue(), menu()))
    assert verdicts.tolist() == [True, True, False, False]


def test_blocks_of_blocks_are_the_same_blocks() -> None:
    blocks = in_blocks(np.stack([tissue(seed) for seed in range(3)]))
    assert np.array_equal(in_blocks(blocks), blocks)


def test_each_picture_is_judged_by_itself() -> None:
    images = stack(tissue(), plain((0, 0, 0)), bars(), blurred(tissue(), 3), menu(), tissue(4))
    for rule in (are_black, are_out_of_field, are_colourless, are_blurred):
        assert rule(images).tolist() == [bool(rule(image[np.newaxis])[0]) for image in images]
        assert rule(images[:0]).shape == (0,)


def test_of_real_frames_only_the_inside_of_a_trocar_is_flagged(shared: Path) -> None:
    folder = shared / "data" / "laparoscopy_frames" / "VID74"
    paths = sorted(folder.glob("*.jpg"))[-100:]
    images = np.stack([resize_rgb(read_rgb(path), SIZE_PX) for path in paths])
    assert not are_black(images).any()
    assert not are_blurred(images).any()
    out = are_out_of_field(images)
    assert [path.stem for path, is_out in zip(paths, out, strict=True) if is_out] == ["001632"]


def read_rgb(path: Path) -> NDArray[np.uint8]:
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    assert image is not None
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)
