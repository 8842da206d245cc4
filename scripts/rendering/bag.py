"""The specimen bag: a translucent pouch with folds and a rim, painted once and then moved."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from rendering.chance import Field, Image, smooth_noise, smoothstep, stream
from rendering.shapes import Points, after

__all__ = ["Pouch", "lay", "pouch"]

SIDE_PX = 192
"""Side of the painted picture."""
HALF_SIDE = 1.25
"""Half the picture's side in the bag's own units: its half-width is about 1."""


@dataclass(frozen=True, eq=False)
class Pouch:
    """The bag in its own coordinates: u away from its mouth, v across, the unit its half-width."""

    outline: Points
    colour: Field
    """(side, side, 3) RGB, 0 to 255, already multiplied by the cover."""
    cover: Field
    """(side, side, 3), 0 to 1: how much of the tissue beneath it hides."""


def pouch(seed: int) -> Pouch:
    """Return the bag of the scene of that seed."""
    chance = stream(seed, "bag")
    t = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    u, v = np.cos(t), np.sin(t)
    # A sack: narrow at its mouth, broad below, nowhere quite straight.
    wave = 1 + sum(
        chance.normal(0, 0.035) * np.sin(k * t + chance.uniform(0, 2 * np.pi)) for k in range(2, 9)
    )
    breadth = 0.6 + 0.36 * (u + 1) / 2 + 0.22 * np.sin(np.pi * (u + 1) / 2)
    outline = np.stack([1.05 * u * wave, breadth * np.sign(v) * np.abs(v) ** 0.75 * wave], axis=1)
    colour, cover = _paint(seed, outline, chance)
    return Pouch(outline, colour, cover)


def _paint(seed: int, outline: Points, chance: np.random.Generator) -> tuple[Field, Field]:
    """Return the picture and its cover: a thin wet film over what the bag holds."""
    mask, depth = _inside(outline)
    axis = np.linspace(-HALF_SIDE, HALF_SIDE, SIDE_PX, dtype=np.float32)
    u, v = axis[None, :] + 0 * mask, axis[:, None] + 0 * mask
    facing, glint = _film(seed, u, v, depth, chance)
    film = np.array([chance.uniform(190, 215), chance.uniform(206, 226), chance.uniform(226, 248)])
    colour = film * np.clip(0.42 + 0.52 * facing, 0.2, 1.1)[..., None]
    cover = 0.5 + 0.5 * (1 - facing)
    edge = np.exp(-depth / 0.07)
    colour = colour * (1 + 0.25 * edge[..., None])
    cover = np.clip(cover + 0.35 * edge + 0.9 * glint, 0, 0.96)
    held = smoothstep(np.hypot((u - 0.3) / 0.6, v / 0.5), 1.0, 0.5)[..., None] * 0.55
    colour = colour + held * (np.array([116, 84, 60]) - colour)
    # The rim: a coloured ribbon around the mouth, shaded by the same folds.
    ribbon = np.array([chance.uniform(20, 70), chance.uniform(70, 120), chance.uniform(150, 200)])
    rim = smoothstep(np.abs(u + 0.8 - 0.12 * v**2), 0.12, 0.07)[..., None]
    colour = colour + rim * (ribbon * (0.55 + 0.5 * facing[..., None]) - colour)
    cover = np.maximum(cover, 0.95 * rim[..., 0]) * mask
    colour = np.clip(colour + 255 * 0.75 * glint[..., None], 0, 255) * cover[..., None]
    return np.asarray(colour, np.float32), np.asarray(np.dstack([cover] * 3), np.float32)


def _inside(outline: Points) -> tuple[Field, Field]:
    """Return how much of each pixel the bag fills, and how far it lies from the bag's edge."""
    scale = SIDE_PX / (2 * HALF_SIDE)
    filled = np.zeros((SIDE_PX, SIDE_PX), np.uint8)
    corners = np.round((outline + HALF_SIDE) * scale * 16).astype(np.int32)
    cv2.fillPoly(filled, [corners], 255, cv2.LINE_AA, 4)
    depth = cv2.distanceTransform(filled, cv2.DIST_L2, 3)
    return np.asarray(filled / 255, np.float32), np.asarray(depth / scale, np.float32)


def _film(
    seed: int, u: Field, v: Field, depth: Field, chance: np.random.Generator
) -> tuple[Field, Field]:
    """Return how squarely the creased film faces the lamp, and where it mirrors it."""
    crumple = smooth_noise(
        seed, "bag crumple", size_px=SIDE_PX, cells=3, octaves=4, persistence=0.5
    )
    # Creases fan out from the gathered mouth.
    fan = np.arctan2(v, u + 1.7) * chance.uniform(9, 13) + 0.9 * crumple
    creases = np.abs(np.sin(fan)) * np.exp(-np.clip(u + 0.8, 0, None) / 1.1)
    relief = 0.16 * np.sqrt(np.clip(depth, 0, 0.5)) + 0.1 * creases + 0.05 * np.abs(crumple)
    relief = np.asarray(cv2.GaussianBlur(relief.astype(np.float32), (0, 0), 1.2), np.float32)
    slope_v, slope_u = np.gradient(relief, 2 * HALF_SIDE / SIDE_PX)
    steep = 1 / np.sqrt(1 + 6 * (slope_u**2 + slope_v**2))
    facing = np.asarray((1 - 0.9 * slope_u - 0.7 * slope_v) * steep, np.float32)
    miss = (slope_u + 0.1) ** 2 + (slope_v + 0.08) ** 2
    return facing, np.asarray(np.exp(-miss / 0.005), np.float32)


def lay(image: Image, bag: Pouch, matrix: NDArray[np.float64]) -> Image:
    """Return the RGB image with the bag upon it, moved by a (2, 3) matrix into pixels."""
    scale = 2 * HALF_SIDE / SIDE_PX
    move = after(matrix, np.array([[scale, 0, -HALF_SIDE], [0, scale, -HALF_SIDE]]))
    size = (image.shape[1], image.shape[0])
    colour = cv2.warpAffine(bag.colour, move, size)
    cover = cv2.warpAffine(bag.cover, move, size)
    return np.asarray(image * (1 - cover) + colour, np.uint8)
