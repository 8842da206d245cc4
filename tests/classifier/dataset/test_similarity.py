"""Copies of a picture found, other pictures left alone; held against every pair compared."""

from __future__ import annotations

import itertools
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from classifier.dataset.images import read_image
from classifier.dataset.similarity import SIDE, near_pairs, thumbnail

RGB = NDArray[np.uint8]


def picture(seed: int, height: int = 240, width: int = 320) -> RGB:
    coarse = np.random.default_rng(seed).integers(0, 256, (9, 12, 3), dtype=np.uint8)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.uint8)


def recompressed(pixels: RGB, quality: int) -> RGB:
    content = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    read = cv2.imdecode(content, cv2.IMREAD_COLOR)
    assert read is not None
    return read.astype(np.uint8)


def resized(pixels: RGB, width: int, height: int) -> RGB:
    return cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA).astype(np.uint8)


def pairs_of(*pictures: RGB, parts: list[int] | None = None) -> list[list[int]]:
    thumbnails = np.stack([thumbnail(pixels) for pixels in pictures])
    chosen = np.array(parts if parts is not None else [0] * len(pictures))
    pairs: list[list[int]] = near_pairs(thumbnails, chosen).tolist()
    return pairs


def test_a_thumbnail_is_the_mean_luma_of_its_fields() -> None:
    pixels = picture(0, 64, 160)
    luma = pixels.astype(np.float64) @ (0.299, 0.587, 0.114)
    expected = luma.reshape(SIDE, 4, SIDE, 10).mean(axis=(1, 3))
    assert np.abs(thumbnail(pixels) - expected).max() <= 1


@pytest.mark.parametrize(
    "copied",
    [
        lambda p: p,
        lambda p: recompressed(p, 60),
        lambda p: recompressed(p, 30),
        lambda p: resized(p, 160, 120),
        lambda p: resized(p, 224, 224),
        lambda p: recompressed(resized(p, 640, 480), 60),
    ],
    ids=["itself", "q60", "q30", "half", "224 x 224", "double, q60"],
)
def test_a_copy_is_found_among_others(copied: object) -> None:
    assert callable(copied)
    others = [picture(seed) for seed in range(1, 20)]
    assert pairs_of(picture(0), *others, copied(picture(0))) == [[0, 20]]


def test_a_tool_that_moved_is_another_picture() -> None:
    scene = picture(0)
    here, there = scene.copy(), scene.copy()
    cv2.line(here, (0, 0), (150, 120), (150, 150, 160), 14)
    cv2.line(there, (319, 0), (170, 120), (150, 150, 160), 14)
    assert pairs_of(scene, here, there) == []


def test_black_pictures_are_not_called_copies() -> None:
    rng = np.random.default_rng(0)
    dark = [rng.integers(0, 6, (60, 80, 3), dtype=np.uint8) for _ in range(5)]
    assert pairs_of(*dark) == []
    assert pairs_of(dark[0], picture(0)) == []


def test_nothing_is_found_in_nothing() -> None:
    none = np.empty((0, SIDE, SIDE), dtype=np.uint8)
    assert near_pairs(none, np.empty(0, dtype=np.int64)).shape == (0, 2)


def test_pairs_are_those_of_comparing_all_with_all() -> None:
    """Families of pictures that drift apart by noise, so that many pairs are close to the rule."""
    rng = np.random.default_rng(4)
    families = [thumbnail(picture(seed)).astype(float) for seed in range(60)]
    drifted = [
        np.clip(family + rng.normal(0, spread, family.shape), 0, 255)
        for family in families
        for spread in (0, 0.5, 1.5, 3)
    ]
    thumbnails = np.stack(drifted).astype(np.uint8)[rng.permutation(len(drifted))]
    found = near_pairs(thumbnails, np.arange(len(thumbnails)))
    wide = thumbnails.astype(int)
    expected = [
        [i, j]
        for i, j in itertools.combinations(range(len(wide)), 2)
        if np.abs(wide[i] - wide[j]).mean() <= 2 and np.abs(wide[i] - wide[j]).max() <= 16
    ]
    assert len(expected) > 100
    assert found.tolist() == expected


def test_of_many_like_pictures_each_has_some_partner_in_the_other_part() -> None:
    rng = np.random.default_rng(5)
    like = np.clip(thumbnail(picture(0)) + rng.normal(0, 0.5, (3000, SIDE, SIDE)), 0, 255)
    parts = np.repeat([0, 1], [2900, 100])
    pairs = near_pairs(like.astype(np.uint8), parts)
    crossing = pairs[parts[pairs[:, 0]] != parts[pairs[:, 1]]]
    assert set(crossing[:, 1].tolist()) == set(range(2900, 3000))
    assert len(pairs) <= 3000 * 32


@pytest.mark.slow
def test_a_hundred_thousand_pictures_take_no_minute() -> None:
    rng = np.random.default_rng(6)
    n = 100_000
    thumbnails = rng.integers(0, 160, (n, SIDE, SIDE), dtype=np.uint8)
    thumbnails += rng.integers(0, 80, (n, 1, 1), dtype=np.uint8)
    thumbnails[-10:] = thumbnails[:10]
    started = time.process_time()
    pairs = near_pairs(thumbnails, np.arange(n) % 3)
    assert pairs.tolist() == [[i, n - 10 + i] for i in range(10)]
    assert time.process_time() - started < 60


@pytest.mark.slow
def test_real_frames_of_different_recordings_are_never_like_and_copies_always_are(
    shared: Path,
) -> None:
    paths = sorted((shared / "data" / "laparoscopy_frames").glob("VID*/*.jpg"))[::4]
    frames = [read_image(path) for path in paths]
    thumbnails = [thumbnail(frame) for frame in frames]
    n = len(thumbnails)
    copies = [thumbnail(recompressed(resized(frame, 320, 224), 60)) for frame in frames]
    videos = [path.parent.name for path in paths] * 2
    pairs = near_pairs(np.stack(thumbnails + copies), np.arange(2 * n)).tolist()
    assert all([i, i + n] in pairs for i in range(n))
    assert all(videos[i] == videos[j] for i, j in pairs)
    assert len(pairs) <= n * 1.05
