"""The box around the endoscope's picture, held against pictures whose box is known."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from video_pipeline.frames import resize_rgb, sample_frames
from video_pipeline.frames.pictures.field_of_view import (
    SMALLEST_SHARE,
    FieldOfView,
    find_field_of_view,
)

WHOLE = FieldOfView(top=0, bottom=1, left=0, right=1)
PAL, WIDE, SQUARE, SMALL = (576, 720), (360, 640), (224, 224), (64, 64)
CELL = 1 / 256


def tissue(size_px: tuple[int, int], *, seed: int = 0, darkest: int = 45) -> NDArray[np.uint8]:
    """Reddish hills of light, nowhere black."""
    height, width = size_px
    hills = np.random.default_rng(seed).random((6, 8)).astype(np.float32)
    light = np.clip(cv2.resize(hills, (width, height), interpolation=cv2.INTER_CUBIC), 0, 1)
    image: NDArray[np.uint8] = (darkest + light[:, :, np.newaxis] * np.array([180, 90, 70])).astype(
        np.uint8
    )
    return image


def on_black(
    image: NDArray[np.uint8], inside: NDArray[np.bool_], *, black: int = 0, noise: float = 0.0
) -> NDArray[np.uint8]:
    rng = np.random.default_rng(int(image.sum()) % 1000)
    shown = np.where(inside[:, :, np.newaxis], image, black) + noise * rng.normal(size=image.shape)
    return np.clip(np.rint(shown), 0, 255).astype(np.uint8)


def disc(
    size_px: tuple[int, int], centre: tuple[float, float], radius: float
) -> tuple[NDArray[np.bool_], FieldOfView]:
    """A disc in heights of the picture, and the box around what the picture shows of it."""
    height, width = size_px
    y, x = np.mgrid[:height, :width] + 0.5
    inside = np.hypot(y - centre[0] * height, x - centre[1] * height) <= radius * height
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    box = FieldOfView(
        top=rows[0] / height,
        bottom=(rows[-1] + 1) / height,
        left=columns[0] / width,
        right=(columns[-1] + 1) / width,
    )
    return inside, box


def box_of(
    size_px: tuple[int, int], box: tuple[float, float, float, float]
) -> tuple[NDArray[np.bool_], FieldOfView]:
    height, width = size_px
    top, bottom, left, right = box
    inside = np.zeros(size_px, dtype=np.bool_)
    inside[
        round(top * height) : round(bottom * height), round(left * width) : round(right * width)
    ] = True
    return inside, FieldOfView(top=top, bottom=bottom, left=left, right=right)


def distance(one: FieldOfView, other: FieldOfView) -> float:
    return max(
        abs(one.top - other.top),
        abs(one.bottom - other.bottom),
        abs(one.left - other.left),
        abs(one.right - other.right),
    )


def lost_share(found: FieldOfView, inside: NDArray[np.bool_]) -> float:
    """Of the picture's pixels: those that a crop cuts off."""
    image = np.repeat(inside[:, :, np.newaxis], 3, axis=2).astype(np.uint8)
    return 1 - float(found.crop(image).sum()) / float(image.sum())


DISCS = [
    (PAL, (0.5, 0.625), 0.45),
    (PAL, (0.5, 0.7), 0.56),
    (WIDE, (0.5, 0.9), 0.49),
    (WIDE, (0.5, 0.8), 0.62),
    (WIDE, (0.55, 0.95), 0.55),
    (WIDE, (0.45, 0.55), 0.7),
    (SQUARE, (0.5, 0.5), 0.4),
    (SMALL, (0.5, 0.5), 0.4),
]


@pytest.mark.parametrize(("size_px", "centre", "radius"), DISCS)
@pytest.mark.parametrize("n_images", [1, 12])
def test_a_disc_is_boxed(
    size_px: tuple[int, int], centre: tuple[float, float], radius: float, n_images: int
) -> None:
    inside, box = disc(size_px, centre, radius)
    found = find_field_of_view(on_black(tissue(size_px, seed=k), inside) for k in range(n_images))
    assert distance(found, box) <= 3 * CELL  # a border of two cells stays
    assert lost_share(found, inside) < 0.001


@pytest.mark.parametrize(
    "box",
    [(0.125, 0.875, 0, 1), (0, 1, 0.125, 0.875), (0.1, 0.9, 0.2, 0.8), (0, 1, 0, 0.75)],
    ids=["letterbox", "pillarbox", "window", "panel at one side"],
)
@pytest.mark.parametrize(("black", "noise"), [(0, 0.0), (16, 0.0), (16, 4.0)])
def test_black_borders_are_cut_off(
    box: tuple[float, float, float, float], black: int, noise: float
) -> None:
    inside, expected = box_of(WIDE, box)
    images = [on_black(tissue(WIDE, seed=k), inside, black=black, noise=noise) for k in range(5)]
    assert distance(find_field_of_view(images), expected) <= 2 * CELL
    assert distance(find_field_of_view(images[:1]), expected) <= 2 * CELL


def test_noise_in_the_black_around_a_disc_is_no_picture() -> None:
    inside, box = disc(PAL, (0.5, 0.625), 0.52)
    images = [on_black(tissue(PAL, seed=k), inside, black=14, noise=4) for k in range(8)]
    assert distance(find_field_of_view(images), box) <= 3 * CELL


def test_the_dark_red_of_some_cameras_is_black() -> None:
    inside, box = disc(PAL, (0.5, 0.625), 0.5)
    image = np.where(inside[:, :, np.newaxis], tissue(PAL), (14, 0, 0)).astype(np.uint8)
    assert distance(find_field_of_view([image]), box) <= 2 * CELL


@pytest.mark.parametrize("at", [(300, 20), (30, 10), (56, 10), (560, 560)])
def test_a_caption_in_the_border_is_no_picture(at: tuple[int, int]) -> None:
    inside, box = disc(PAL, (0.5, 0.625), 0.42)
    images = [on_black(tissue(PAL, seed=k), inside) for k in range(4)]
    for image in images:
        cv2.putText(image, "12:30:05", (at[1], at[0]), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (255,) * 3, 2)
    found = find_field_of_view(images)
    assert distance(found, box) <= 2 * CELL


def test_a_line_of_text_below_a_letterbox_is_no_picture() -> None:
    inside, box = box_of(WIDE, (0.125, 0.875, 0, 1))
    image = on_black(tissue(WIDE), inside)
    cv2.putText(image, "PATIENT 0815 " * 3, (20, 345), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255,) * 3)
    assert distance(find_field_of_view([image]), box) <= 2 * CELL


@pytest.mark.parametrize("size_px", [PAL, WIDE, SQUARE, SMALL])
def test_a_picture_without_border_stays_whole(size_px: tuple[int, int]) -> None:
    found = find_field_of_view([tissue(size_px)])
    assert found == WHOLE
    assert found.is_whole


@pytest.mark.parametrize("images", [[], [np.zeros((90, 160, 3), np.uint8)] * 3])
def test_where_nothing_is_seen_all_is_kept(images: list[NDArray[np.uint8]]) -> None:
    assert find_field_of_view(images).is_whole


def test_an_organ_in_the_light_is_no_field_of_view() -> None:
    y, x = np.mgrid[:288, :360]
    organ = (y + x > 200) & (y + x < 460) & (y > 60)
    assert find_field_of_view([on_black(tissue((288, 360)), organ)]).is_whole


def test_light_that_fades_towards_the_sides_is_no_border() -> None:
    x = np.linspace(-1, 1, 400)
    fading = np.clip(1.05 - np.abs(x), 0, 1) ** 3
    image = (tissue((300, 400), darkest=75) * fading[:, np.newaxis]).astype(np.uint8)
    assert image[:, :20].max() < 20
    assert find_field_of_view([image]).is_whole


def test_a_small_inset_is_not_trusted() -> None:
    side = SMALLEST_SHARE**0.5 * 0.9
    inside, _ = box_of(WIDE, (0.5 - side / 2, 0.5 + side / 2, 0.5 - side / 2, 0.5 + side / 2))
    assert find_field_of_view([on_black(tissue(WIDE), inside)]).is_whole


def test_two_zooms_of_one_recording_are_both_kept() -> None:
    near, near_box = disc(WIDE, (0.5, 0.9), 0.7)
    far, _ = disc(WIDE, (0.5, 0.9), 0.45)
    images = [on_black(tissue(WIDE, seed=k), near if k % 4 == 0 else far) for k in range(8)]
    assert distance(find_field_of_view(images), near_box) <= 2 * CELL


def test_black_frames_and_a_menu_do_not_spoil_the_box() -> None:
    inside, box = disc(PAL, (0.5, 0.625), 0.5)
    images = [on_black(tissue(PAL, seed=k), inside) for k in range(9)]
    images += [np.zeros((*PAL, 3), np.uint8)] * 9
    images += [np.full((*PAL, 3), 200, np.uint8)]
    assert distance(find_field_of_view(images), box) <= 2 * CELL


def test_a_recording_that_is_mostly_black_is_boxed_by_the_rest() -> None:
    inside, box = disc(PAL, (0.5, 0.625), 0.5)
    images = [on_black(tissue(PAL, seed=k), inside) for k in range(2)]
    images += [np.zeros((*PAL, 3), np.uint8)] * 30
    assert distance(find_field_of_view(images), box) <= 2 * CELL


def test_glare_on_the_border_now_and_then_does_not_spoil_the_box() -> None:
    inside, box = disc(PAL, (0.5, 0.625), 0.5)
    images = [on_black(tissue(PAL, seed=k), inside) for k in range(8)]
    for image in images[::4]:
        image[200:400][image[200:400].max(axis=2) == 0] = 8
    assert distance(find_field_of_view(images), box) <= 2 * CELL


def test_of_two_pictures_side_by_side_none_is_cut_off() -> None:
    left, _ = box_of(WIDE, (0, 1, 0, 0.55))
    right, _ = box_of(WIDE, (0, 1, 0.8, 1))
    assert find_field_of_view([on_black(tissue(WIDE), left | right)]).is_whole


def test_what_is_dark_in_most_frames_but_was_lit_in_some_is_kept() -> None:
    inside, box = disc(PAL, (0.5, 0.625), 0.5)
    half = inside & (np.arange(PAL[1]) < 360)
    images = [on_black(tissue(PAL, seed=k), half if k % 4 else inside) for k in range(12)]
    assert distance(find_field_of_view(images), box) <= 2 * CELL


def test_the_order_of_frames_does_not_matter() -> None:
    inside, _ = disc(PAL, (0.48, 0.6), 0.5)
    images = [on_black(tissue(PAL, seed=k), inside, black=10, noise=3) for k in range(7)]
    images.append(np.full((*PAL, 3), 90, np.uint8))
    assert find_field_of_view(images) == find_field_of_view(images[::-1])


def test_frames_are_taken_one_at_a_time() -> None:
    inside, box = disc(SQUARE, (0.5, 0.5), 0.45)
    image = on_black(tissue(SQUARE), inside)
    assert distance(find_field_of_view(image.copy() for _ in range(3)), box) <= 2 * CELL


def test_a_crop_is_a_view_of_the_box() -> None:
    image = tissue(WIDE)
    cropped = FieldOfView(top=0.1, bottom=0.9, left=0.25, right=0.75).crop(image)
    assert np.array_equal(cropped, image[36:324, 160:480])
    assert np.shares_memory(cropped, image)


def test_the_whole_field_crops_nothing() -> None:
    image = tissue(SQUARE)
    assert np.array_equal(WHOLE.crop(image), image)


@pytest.mark.parametrize("size_px", [(1, 1), (2, 3), (7, 5)])
@pytest.mark.parametrize("start", [0.0, 0.3, 0.999])
def test_a_crop_is_never_empty(size_px: tuple[int, int], start: float) -> None:
    field = FieldOfView(top=start, bottom=start + 0.001, left=start, right=start + 0.001)
    assert min(field.crop(np.zeros((*size_px, 3), np.uint8)).shape) >= 1


def test_pixels_that_lie_partly_in_the_box_are_kept() -> None:
    field = FieldOfView(top=0.26, bottom=0.74, left=0.0, right=1.0)
    assert field.crop(tissue((10, 10))).shape == (6, 10, 3)


@pytest.mark.parametrize("box", [(0.5, 0.5, 0, 1), (0.6, 0.4, 0, 1), (-0.1, 1, 0, 1), (0, 1, 0, 2)])
def test_an_impossible_box_is_refused(box: tuple[float, float, float, float]) -> None:
    top, bottom, left, right = box
    with pytest.raises(ValueError, match="lies within the picture"):
        FieldOfView(top=top, bottom=bottom, left=left, right=right)


@pytest.mark.parametrize(
    ("clip", "left", "right"),
    [
        ("VID18_166", 0.0, 0.984),
        ("VID25_324", 0.133, 0.883),
        ("VID26_692", 0.082, 0.871),
        ("VID43_303", 0.105, 0.914),
    ],
)
def test_real_clips_are_boxed_as_an_eye_does(
    shared: Path, clip: str, left: float, right: float
) -> None:
    path = shared / "data" / "laparoscopy_clips" / f"{clip}.mp4"
    batches = list(sample_frames(path, rate_hz=0.25, size_px=(240, 427)))
    found = find_field_of_view(image for batch in batches for image in batch.images)
    assert distance(found, FieldOfView(top=0, bottom=1, left=left, right=right)) <= 2 * CELL


def test_a_box_holds_at_any_size() -> None:
    inside, box = disc(WIDE, (0.5, 0.9), 0.5)
    small = resize_rgb(on_black(tissue(WIDE), inside), (224, 224))
    found = find_field_of_view([small])
    assert distance(found, box) <= 1 / 224 + 2 * CELL
    assert lost_share(found, inside) < 0.001
