"""Each fault is found in a picture made to have it, and not in pictures that look like it."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.clips import steady, write_clip
from video_pipeline.frames import resize_rgb, sample_frames
from video_pipeline.frames.picture_faults import (
    are_black,
    are_blurred,
    are_colourless,
    are_out_of_field,
    in_blocks,
    sharpness,
)
from video_pipeline.frames.quality import (
    BLACK,
    BLURRED,
    FROZEN,
    MOST_FROZEN_CHANGE,
    OUT_OF_FIELD,
    QualityWatch,
)
from video_pipeline.records import FrameBatch

SIZE_PX = (224, 224)
LIVER, FAT, STEEL = (150, 60, 50), (220, 180, 110), (200, 205, 210)
GREEN, BLUE, WHITE, GREY = (20, 120, 80), (40, 60, 200), (235, 235, 235), (128, 128, 128)


def tissue(
    seed: int = 0, size_px: tuple[int, int] = SIZE_PX, *, shift_px: int = 0
) -> NDArray[np.uint8]:
    """Textured organs in a round field of view, with vessels, highlights and a steel shaft."""
    height, width = size_px
    rng = np.random.default_rng(seed)
    hills = cv2.resize(rng.random((7, 9)), (width, height), interpolation=cv2.INTER_CUBIC)
    share = (hills > 0.5)[:, :, np.newaxis]
    image = np.where(share, LIVER, FAT) * (0.4 + 0.6 * np.clip(hills, 0, 1)[:, :, np.newaxis])
    image = np.ascontiguousarray(image.astype(np.uint8))
    for _ in range(25):
        (x, y), (dx, dy) = rng.integers(0, min(size_px), 2), rng.integers(-40, 40, 2)
        end = (int(x + dx), int(y + dy))
        cv2.line(image, (int(x), int(y)), end, (110, 20, 25), max(1, width // 112))
        cv2.circle(image, end, max(1, width // 150), (255, 250, 245), -1)
    tip = (width // 2 + shift_px, height // 2)
    cv2.line(image, (width, height // 3), tip, STEEL, max(2, width // 20))
    y, x = np.mgrid[:height, :width]
    image[np.hypot((y + 0.5) / height - 0.5, (x + 0.5) / width - 0.5) > 0.47] = 0
    return image


def blurred(image: NDArray[np.uint8], sigma_px: float) -> NDArray[np.uint8]:
    """Out of focus, but for the edge of the field, which lies within the endoscope."""
    lit = image.max(axis=2, keepdims=True) > 0
    soft = cv2.GaussianBlur(image, (0, 0), sigma_px)
    return np.where(lit, soft, image).astype(np.uint8)


def noisy(image: NDArray[np.uint8], sigma: float, seed: int = 0) -> NDArray[np.uint8]:
    noise = np.random.default_rng(seed).normal(0, sigma, image.shape)
    return np.clip(np.rint(image + noise), 0, 255).astype(np.uint8)


def plain(colour: tuple[int, int, int], size_px: tuple[int, int] = SIZE_PX) -> NDArray[np.uint8]:
    return np.full((*size_px, 3), colour, dtype=np.uint8)


def bars() -> NDArray[np.uint8]:
    """The seven bars of the test card, 75 %."""
    colours = [(r, g, b) for g in (191, 0) for r in (191, 0) for b in (191, 0)][:7]
    return np.repeat(np.array([colours], np.uint8), 32, axis=1).repeat(224, axis=0)


def menu(background: tuple[int, int, int] = (20, 30, 60)) -> NDArray[np.uint8]:
    image = plain(background)
    for k, line in enumerate(("NO SIGNAL", "1 RECORD", "2 SETTINGS", "3 EXPORT")):
        cv2.putText(image, line, (20, 50 + 40 * k), cv2.FONT_HERSHEY_SIMPLEX, 0.8, WHITE, 2)
    return image


def stack(*images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.stack(images)


def batch(
    images: Sequence[NDArray[np.uint8]],
    *,
    rate_hz: float = 1.0,
    first: int = 0,
    pts_s: Sequence[float] | None = None,
) -> FrameBatch:
    times_s = (first + np.arange(len(images))) / rate_hz
    shown = times_s if pts_s is None else np.array(pts_s, dtype=np.float64)
    return FrameBatch(images=np.stack(images), times_s=times_s, pts_s=shown)


def flagged(
    images: Sequence[NDArray[np.uint8]],
    *,
    rate_hz: float = 1.0,
    pts_s: Sequence[float] | None = None,
) -> dict[str, tuple[int, ...]]:
    """The faults that were found at all."""
    watch = QualityWatch()
    watch.add(batch(images, rate_hz=rate_hz, pts_s=pts_s))
    return {fault: seconds for fault, seconds in watch.flagged_seconds().items() if seconds}


# ---------------------------------------------------------------------------------- one picture


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


# -------------------------------------------------------------------------------------- seconds


def test_each_fault_is_named_in_its_second() -> None:
    images = [tissue(0), plain((0, 0, 0)), tissue(1), blurred(tissue(2), 3), plain(GREEN)]
    images += [plain(GREEN), tissue(3)]
    assert flagged(images) == {BLACK: (1,), BLURRED: (3,), OUT_OF_FIELD: (4, 5), FROZEN: (5,)}


def test_all_names_are_there_when_nothing_is_wrong() -> None:
    watch = QualityWatch()
    assert watch.flagged_seconds() == {BLACK: (), FROZEN: (), BLURRED: (), OUT_OF_FIELD: ()}


@pytest.mark.parametrize(("n_black", "is_flagged"), [(1, False), (2, False), (3, True)])
def test_a_second_needs_more_than_half_of_its_frames(n_black: int, *, is_flagged: bool) -> None:
    images = [plain((0, 0, 0))] * n_black + [tissue(k) for k in range(4 - n_black)]
    assert flagged(images, rate_hz=4) == ({BLACK: (0,)} if is_flagged else {})


def test_a_picture_that_stands_still_is_frozen_from_its_second_second_on() -> None:
    images = [tissue(0), tissue(1), tissue(1), tissue(1), tissue(2)]
    assert flagged(images) == {FROZEN: (2, 3)}


@pytest.mark.parametrize("rate_hz", [1.0, 2.0, 5.0, 25.0])
def test_a_freeze_is_the_same_at_every_rate(rate_hz: float) -> None:
    moving = [tissue(k) for k in range(int(2 * rate_hz))]
    images = [*moving, *[tissue(99)] * int(4 * rate_hz), *moving]
    assert flagged(images, rate_hz=rate_hz) == {FROZEN: (3, 4, 5)}


def test_a_frame_that_is_sampled_twice_is_not_frozen() -> None:
    images = [tissue(k // 10) for k in range(30)]
    assert flagged(images, pts_s=[float(k // 10 * 10) for k in range(30)]) == {}


def test_of_copies_a_long_time_apart_only_the_moment_they_appear_is_frozen() -> None:
    images = [tissue(0)] * 30
    assert flagged(images, pts_s=[float(k // 10 * 10) for k in range(30)]) == {FROZEN: (10, 20)}


def test_copies_sampled_twice_are_frozen_nevertheless() -> None:
    images = [tissue(0)] * 40
    pts_s = [k // 5 * 0.5 for k in range(40)]  # two frames a second, ten samples
    assert flagged(images, rate_hz=10, pts_s=pts_s) == {FROZEN: (1, 2, 3)}


def test_a_still_view_with_a_tiny_motion_is_not_frozen() -> None:
    images = [noisy(tissue(0, shift_px=k % 2), 1, seed=k) for k in range(6)]
    assert flagged(images) == {}


def test_a_quiet_view_that_changes_little_from_sample_to_sample_is_not_frozen() -> None:
    image = tissue(0)
    images = [np.clip(image * (1 - 0.002 * k), 0, 255).astype(np.uint8) for k in range(100)]
    assert np.ptp(in_blocks(stack(*images[:2])), axis=0).max() <= MOST_FROZEN_CHANGE
    assert flagged(images, rate_hz=25) == {}


def test_a_black_screen_is_called_neither_frozen_nor_blurred() -> None:
    waves = 34 + 6 * np.sin(np.arange(224) / 2)
    dim = np.repeat(np.tile(waves, (224, 1))[:, :, np.newaxis], 3, axis=2).astype(np.uint8)
    assert are_blurred(dim[np.newaxis])
    assert flagged([dim] * 3) == {BLACK: (0, 1, 2)}
    assert flagged([plain((0, 0, 0))] * 3) == {BLACK: (0, 1, 2)}


def test_the_cut_into_batches_does_not_matter() -> None:
    images = [tissue(0), *[tissue(1)] * 7, *[plain((0, 0, 0))] * 4, *[plain(GREEN)] * 5]
    images += [blurred(tissue(5), 3), plain(GREY), plain(GREY), tissue(6)]
    once = QualityWatch()
    once.add(batch(images, rate_hz=2))
    for size in (1, 2, 3, 7):
        watch = QualityWatch()
        for k in range(0, len(images), size):
            watch.add(batch(images[k : k + size], rate_hz=2, first=k))
            watch.flagged_seconds()  # asking changes nothing
        assert watch.flagged_seconds() == once.flagged_seconds()


def test_grey_is_out_of_field_in_a_recording_with_colours_only() -> None:
    grey = [
        np.repeat(tissue(k).mean(axis=2, keepdims=True).astype(np.uint8), 3, axis=2)
        for k in range(3)
    ]
    assert flagged(grey) == {}
    assert flagged([*grey, tissue(9)]) == {OUT_OF_FIELD: (0, 1, 2)}


def test_a_recording_that_shows_a_test_card_throughout_is_flagged_throughout() -> None:
    assert flagged([bars()] * 3) == {OUT_OF_FIELD: (0, 1, 2), FROZEN: (1, 2)}


def test_a_size_that_changes_is_no_trouble() -> None:
    watch = QualityWatch()
    watch.add(batch([tissue(0)] * 2))
    watch.add(batch([tissue(1, (120, 160))] * 2, first=2))
    assert watch.flagged_seconds()[FROZEN] == (1, 3)


def test_batches_out_of_order_are_refused() -> None:
    watch = QualityWatch()
    watch.add(batch([tissue()], first=3))
    with pytest.raises(ValueError, match="order of time"):
        watch.add(batch([tissue()], first=3))


@pytest.mark.parametrize(
    ("codec", "options"),
    [("libx264", {"crf": "23"}), ("mpeg2video", {"b": "3000000"}), ("mpeg4", {"b": "3000000"})],
)
def test_a_freeze_is_found_through_a_codec(
    tmp_path: Path, codec: str, options: dict[str, str]
) -> None:
    clip = write_clip(
        tmp_path / ("c.mpg" if codec == "mpeg2video" else "c.mp4"),
        steady(150),
        size_px=(240, 320),
        codec=codec,
        time_base=Fraction(1, 25),
        gop=12,
        options=options,
        picture=lambda number, size_px: noisy(tissue(number // 25, size_px), 1, seed=number),
        numbers=[k if k < 50 else 50 for k in range(150)],
    )
    watch = QualityWatch()
    for frames in sample_frames(clip):
        watch.add(frames)
    assert {k: v for k, v in watch.flagged_seconds().items() if v} == {FROZEN: (3, 4, 5)}


# ------------------------------------------------------------------------------------ real frames


def test_real_clips_have_no_fault(shared: Path) -> None:
    for path in sorted((shared / "data" / "laparoscopy_clips").glob("*.mp4"))[:2]:
        watch = QualityWatch()
        for frames in sample_frames(path):
            watch.add(frames)
        assert not any(watch.flagged_seconds().values()), path.name


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
