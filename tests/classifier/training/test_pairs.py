"""Pairs of pictures whose tools are known: both have to be seen in the one that is made of them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from classifier.training.pairs import PAIRINGS

SIDE_PX = 128
# Wherever the second picture is mirrored to, its tool stays in the middle, beside the first's.
UPPER, MIDDLE = (slice(14, 34), slice(16, 90)), (slice(54, 74), slice(40, 120))
GREY, GOLD = (175, 175, 180), (225, 180, 90)


def tissue(seed: int) -> NDArray[np.uint8]:
    """Reddish, uneven."""
    rng = np.random.default_rng(seed)
    coarse = rng.uniform(0.6, 1.1, (8, 8)).astype(np.float32)
    shade = cv2.resize(coarse, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_CUBIC)
    image = shade[..., None] * np.array([190, 80, 70]) + rng.normal(0, 4, (SIDE_PX, SIDE_PX, 3))
    return np.asarray(np.clip(image, 0, 255), dtype=np.uint8)


def with_tool(
    seed: int, place: tuple[slice, slice], colour: tuple[int, int, int]
) -> NDArray[np.uint8]:
    image = tissue(seed)
    image[place] = colour
    return image


@pytest.mark.parametrize("name", PAIRINGS)
def test_a_pair_is_made_of_two_images_and_chance_alone(name: str) -> None:
    one, other = with_tool(0, UPPER, GREY), with_tool(1, MIDDLE, GOLD)
    made = [PAIRINGS[name](one, other, np.random.default_rng(s // 2)) for s in range(20)]
    assert {image.shape for image in made} == {one.shape}
    assert {image.dtype for image in made} == {np.dtype(np.uint8)}
    assert all(np.array_equal(a, b) for a, b in zip(made[::2], made[1::2], strict=True))
    assert len({image.tobytes() for image in made}) > 3
    assert np.array_equal(one, with_tool(0, UPPER, GREY)), "the images themselves stay"


@pytest.mark.parametrize("seed", range(8))
def test_a_pasted_pair_shows_both_tools_nearly_as_they_were(seed: int) -> None:
    one, other = with_tool(0, UPPER, GREY), with_tool(1, MIDDLE, GOLD)
    pasted = PAIRINGS["pasted"](one, other, np.random.default_rng(seed)).astype(float)
    inner = (slice(18, 30), slice(24, 80))
    assert share_like(pasted[inner], GREY) > 0.6
    # The other image may have been mirrored: its tool is somewhere.
    n_like = (np.abs(pasted - GOLD).max(axis=-1) < 40).sum()
    assert n_like > 0.4 * 20 * 80


def share_like(part: NDArray[np.float64], colour: tuple[int, int, int]) -> float:
    return float((np.abs(part - colour).max(axis=-1) < 40).mean())


def test_a_mixed_pair_is_a_mean() -> None:
    one, other = np.full((8, 8, 3), 100, np.uint8), np.full((8, 8, 3), 200, np.uint8)
    mixed = PAIRINGS["mixed"](one, other, np.random.default_rng(0))
    assert mixed.min() == mixed.max()
    assert 140 <= mixed.min() <= 160


def test_black_pictures_can_be_paired() -> None:
    black = np.zeros((64, 64, 3), np.uint8)
    for pairing in PAIRINGS.values():
        assert pairing(black, black, np.random.default_rng(0)).max() == 0
