"""Each effect of augmentation, held against what it imitates."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from classifier.backend import keras
from classifier.training.augmentation.blood import BloodTint
from classifier.training.augmentation.blur import Defocus, MotionBlur
from classifier.training.augmentation.exposure import Exposure
from classifier.training.augmentation.glare import Glare
from classifier.training.augmentation.jpeg import JpegCompression
from classifier.training.augmentation.lit_area import lit_area
from classifier.training.augmentation.smoke import Smoke
from classifier.training.augmentation.smooth_noise import smooth_noise
from classifier.training.augmentation.vignette import Vignette
from tests.support.pictures import plain, tissue


@pytest.fixture(scope="module")
def scenes() -> NDArray[np.uint8]:
    return np.stack([tissue(seed) for seed in range(6)])


def apply(layer: Any, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    return np.asarray(layer(images, training=True))


def always(layer: Any, **strength: Any) -> Any:
    return layer(seed=4, probability=1.0, **strength)


def outside(images: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """(n, h, w): more than two pixels away from the round picture of ``tissue``."""
    height, width = images.shape[1:3]
    y, x = np.mgrid[:height, :width]
    radius = np.hypot((y + 0.5) / height - 0.5, (x + 0.5) / width - 0.5)
    return np.broadcast_to(radius > 0.47 + 2 / height, images.shape[:3])


@pytest.mark.parametrize("layer", [Smoke, BloodTint, Glare, Vignette, Exposure])
def test_the_black_around_a_round_picture_stays_black(
    layer: Any, scenes: NDArray[np.uint8]
) -> None:
    assert apply(always(layer), scenes)[outside(scenes)].max() < 4


@pytest.mark.parametrize("layer", [Smoke, BloodTint, Vignette, Exposure])
def test_light_changes_smoothly_from_pixel_to_pixel(layer: Any) -> None:
    seen = apply(always(layer), np.stack([plain((150, 90, 80))] * 4))
    for axis in (1, 2):
        assert np.abs(np.diff(seen, axis=axis)).max() < 4


def test_smoke_takes_contrast_and_colour_and_never_adds_any(scenes: NDArray[np.uint8]) -> None:
    seen = apply(always(Smoke), scenes)
    inside = ~outside(scenes)
    assert (_saturation(seen, inside) < _saturation(scenes, inside)).all()
    detail = [np.abs(np.diff(images.astype(float), axis=1)).mean() for images in (seen, scenes)]
    assert detail[0] < 0.9 * detail[1]


def test_smoke_lies_over_shadows_within_the_picture_too() -> None:
    scene = plain((120, 60, 50))
    scene[100:108] = 5
    seen = apply(always(Smoke, thickness=(0.5, 0.5)), np.stack([scene] * 3))
    assert (seen[:, 100:108].mean(axis=(1, 2, 3)) > 25).all()


def test_blood_swallows_green_and_blue_more_than_red(scenes: NDArray[np.uint8]) -> None:
    red, green, blue = np.moveaxis(apply(always(BloodTint), scenes).mean(axis=(1, 2)), -1, 0)
    red_0, green_0, blue_0 = np.moveaxis(scenes.mean(axis=(1, 2)), -1, 0)
    assert (red / red_0 > blue / blue_0).all()
    assert (blue / blue_0 > green / green_0).all()
    assert (red / red_0 > 0.85).all()


def test_glare_saturates_a_small_part_and_only_brightens(scenes: NDArray[np.uint8]) -> None:
    seen = apply(always(Glare, amount=(1.0, 1.0)), scenes)
    assert (seen - scenes).min() > -0.01
    saturated = (seen.min(axis=3) > 250).mean(axis=(1, 2)) - (scenes.min(axis=3) > 250).mean(
        axis=(1, 2)
    )
    assert saturated.mean() > 0.0005
    assert saturated.max() < 0.08


def test_defocus_is_the_gaussian_of_that_width(scenes: NDArray[np.uint8]) -> None:
    seen = apply(always(Defocus, sigma=(0.01, 0.01)), scenes)
    expected = [cv2.GaussianBlur(scene.astype(np.float32), (0, 0), 2.24) for scene in scenes]
    inner = np.s_[:, 8:-8, 8:-8]
    np.testing.assert_allclose(seen[inner], np.stack(expected)[inner], atol=0.3)


def test_defocus_follows_the_shape_of_pictures_that_are_not_square() -> None:
    scene = tissue(0, (96, 160))
    seen = apply(always(Defocus, sigma=(0.02, 0.02)), scene[np.newaxis])[0]
    expected = cv2.GaussianBlur(scene.astype(np.float32), (0, 0), sigmaX=3.2, sigmaY=1.92)
    np.testing.assert_allclose(seen[12:-12, 12:-12], expected[12:-12, 12:-12], atol=0.3)


def test_motion_draws_a_point_out_to_a_line_of_the_given_length() -> None:
    points = np.zeros((8, 101, 101, 3), dtype=np.uint8)
    points[:, 50, 50] = 255
    seen = apply(always(MotionBlur, length=(0.1, 0.1)), points)[..., 0]
    np.testing.assert_allclose(seen.sum(axis=(1, 2)), 255, rtol=1e-3)
    places = np.mgrid[:101, :101].reshape(2, -1)
    for line in seen:
        spread = np.cov(places, aweights=line.ravel(), ddof=0)
        across, along = np.linalg.eigvalsh(spread)
        # Eight points, an eighth of 10.1 px apart, vary by the square of that times 63 / 12; and
        # interpolation adds up to a quarter to half of the points in each of three steps.
        assert -0.1 < along - (10.1 / 8) ** 2 * 63 / 12 < 0.4
        assert across < 0.4


def test_vignette_darkens_the_edge_and_spares_the_middle() -> None:
    seen = apply(always(Vignette), np.stack([plain((200, 200, 200))] * 6))[..., 0] / 200
    assert seen.max() <= 1
    assert (seen[:, 92:132, 92:132].mean(axis=(1, 2)) > 0.9).all()
    assert (seen[:, ::223, ::223].mean(axis=(1, 2)) < 0.75).all()


@pytest.mark.parametrize("gamma", [0.75, 1.35])
def test_exposure_maps_mid_grey_as_its_gamma_does_and_keeps_the_order_of_tones(
    gamma: float,
) -> None:
    tones = np.arange(256, dtype=np.uint8)[np.newaxis, :, np.newaxis, np.newaxis]
    images = np.broadcast_to(tones, (1, 256, 2, 3)).copy()
    layer = always(Exposure, stops=(0.0, 0.0), gamma=(gamma, gamma), temperature=(0.0, 0.0))
    seen = apply(layer, images)[0, :, 0, 1]
    expected = 255 * (np.arange(256) / 255) ** gamma
    assert seen[[0, 255]] == pytest.approx([0, 255], abs=0.01)
    np.testing.assert_allclose(seen[120:136], expected[120:136], atol=2)
    np.testing.assert_allclose(seen[40:], expected[40:], atol=12)
    assert (np.diff(seen) > 0).all()


def test_white_balance_moves_red_against_blue_and_leaves_green() -> None:
    layer = always(Exposure, stops=(0.0, 0.0), gamma=(1.0, 1.0))
    seen = apply(layer, np.stack([plain((120, 120, 120))] * 16)).mean(axis=(1, 2))
    red, green, blue = np.log(seen / 120).T
    np.testing.assert_allclose(green, 0, atol=1e-4)
    assert np.abs(red - blue).max() == pytest.approx(0.24, abs=0.06)
    assert np.abs(red + blue).max() <= 0.0801


@pytest.mark.parametrize("quality", [25, 50, 75])
@pytest.mark.parametrize("size_px", [(224, 224), (90, 124)])
def test_compression_is_that_of_libjpeg(quality: int, size_px: tuple[int, int]) -> None:
    """What is left are integers and the filter that decoders enlarge colour with."""
    scenes = np.stack([tissue(seed, size_px) for seed in range(3)])
    seen = apply(always(JpegCompression, quality=(float(quality), float(quality))), scenes)
    for scene, ours in zip(scenes, seen, strict=True):
        expected = _through_jpeg(scene, quality).astype(np.float32)
        loss = np.abs(expected - scene).mean()
        assert np.abs(ours - expected).mean() < 0.45 * loss
        assert np.abs(ours - scene).mean() == pytest.approx(loss, rel=0.25)
        ours_grey, expected_grey = (image @ (0.299, 0.587, 0.114) for image in (ours, expected))
        assert np.abs(ours_grey - expected_grey).mean() < 1.5


def _through_jpeg(scene: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    _, content = cv2.imencode(".jpg", scene[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(content, cv2.IMREAD_COLOR), dtype=np.uint8)[..., ::-1]


def _saturation(images: NDArray[Any], where: NDArray[np.bool_]) -> NDArray[np.float64]:
    spread = np.ptp(images.astype(float), axis=3)
    return np.array([one[inside].mean() for one, inside in zip(spread, where, strict=True)])


@pytest.mark.parametrize("n_cells", [2, 6, 44])
def test_smooth_noise_is_normal_and_as_coarse_as_asked(n_cells: int) -> None:
    images = np.zeros((300, 48, 64, 3), dtype=np.float32)
    field = np.asarray(smooth_noise(images, n_cells, seed=keras.random.SeedGenerator(0)))
    assert field.shape == (300, 48, 64, 1)
    assert field.mean() == pytest.approx(0, abs=0.05)
    assert field.std() == pytest.approx(1, abs=0.05)
    slope = np.abs(np.diff(field, axis=2)).max() * 64 / n_cells
    assert slope < 8


def test_lit_is_what_lies_in_the_circle_and_what_fills_its_corners(
    scenes: NDArray[np.uint8],
) -> None:
    lit = np.asarray(lit_area(scenes.astype(np.float32)))[..., 0]
    assert lit[outside(scenes)].max() == 0
    y, x = np.mgrid[:224, :224]
    deep = np.hypot(y - 111.5, x - 111.5) < 0.44 * 224
    assert lit[:, deep].min() == 1
    full = np.asarray(lit_area(np.full((1, 50, 70, 3), 90, dtype=np.float32)))
    assert full.min() == 1
