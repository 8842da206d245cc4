"""The operating field: fat, peritoneum, liver, gallbladder, vessels and blood as one texture.

A texture is a square of the world that the camera moves over. It is painted once for a scene and a
level of detail: a relief, the colours that lie on it, and the light of an endoscope straight above.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from rendering.chance import Field, Image, smooth_noise, smoothstep, stream

__all__ = ["WORLD_SIDE", "Texture", "interleaved", "paint_tissue"]

WORLD_SIDE = 2.3
"""Side of a texture in view heights; beyond it, the world repeats as in a mirror."""

Tone: TypeAlias = NDArray[np.float32]
"""(3, 1, 1) RGB, 0 to 255: planes are painted faster than triples."""
Chance: TypeAlias = np.random.Generator

MIDDLE_TONES = {
    "peritoneum": (196, 104, 88),
    "fat": (230, 168, 104),
    "liver": (128, 54, 42),
    "gallbladder": (148, 132, 94),
    "vessel": (128, 26, 28),
    "blood": (98, 13, 11),
    "fibre": (224, 160, 140),
}
TONE_FREEDOM = {"gallbladder": 1.5, "fat": 0.5, "peritoneum": 0.7}
"""How much a hue varies from patient to patient, where it is not 1."""


@dataclass(frozen=True, eq=False)
class Texture:
    """What the camera moves over."""

    colour: Image
    """(side, side, 3) RGB."""
    glints: Image
    """(side, side) how strongly the wet surface mirrors the endoscope's light."""


class _Ground:
    """The growing picture; each layer is laid upon the last."""

    def __init__(self, seed: int, view: int, side_px: int) -> None:
        self.seed, self.view, self.side_px = seed, view, side_px
        self.tones = _tones(stream(seed, "patient"))
        self.colour = np.zeros((3, side_px, side_px), np.float32)
        self.relief = np.zeros((side_px, side_px), np.float32)
        self.wetness = np.full((side_px, side_px), 0.6, np.float32)
        axis = np.linspace(-WORLD_SIDE / 2, WORLD_SIDE / 2, side_px, dtype=np.float32)
        self.x: Field = axis[None, :] + np.float32(0.05) * self.noise("bend x", 5, 3, 0.35)
        self.y: Field = axis[:, None] + np.float32(0.05) * self.noise("bend y", 5, 3, 0.35)

    def noise(self, name: str, cells: float, octaves: int = 4, persistence: float = 0.5) -> Field:
        """Return the noise of that name at this place of the scene."""
        return smooth_noise(
            self.seed,
            f"{name} {self.view}",
            size_px=self.side_px,
            cells=cells,
            octaves=octaves,
            persistence=persistence,
        )

    def lay(self, cover: Field, colour: NDArray[np.float32], *, wetness: float) -> None:
        """Lay a colour, (3, 1, 1) or (3, side, side), where and as far as it covers."""
        self.colour += cover * (colour - self.colour)
        self.wetness += cover * (np.float32(wetness) - self.wetness)

    def raise_to(self, cover: Field, relief: Field, *, flatten: float) -> None:
        """Raise what is covered, and take away that share of what rose there before."""
        self.relief += cover * (relief - np.float32(flatten) * self.relief)


def paint_tissue(seed: int, view: int, *, side_px: int) -> Texture:
    """Return the tissue of a scene; `view` counts the places in it that the camera was led to.

    Views share the patient's colours and differ in what lies where.
    """
    chance = stream(seed, f"tissue {view}")
    ground = _Ground(seed, view, side_px)
    _fat_and_peritoneum(ground, chance)
    _vessels(ground, chance, count=int(chance.integers(3, 7)), widest=0.01)
    if chance.random() < 0.75:
        _liver(ground, chance)
    if chance.random() < 0.7:
        _gallbladder(ground, chance)
    _vessels(ground, chance, count=int(chance.integers(1, 4)), widest=0.005)
    _membrane(ground)
    if chance.random() < 0.5:
        _blood(ground, chance)
    if chance.random() < 0.15:
        _scorched(ground, chance)
    ground.colour *= 1 + np.float32(0.04) * ground.noise("grain", 45, 3, 0.7)
    return _lit(ground, chance)


def interleaved(planes: Field) -> Image:
    """Return (3, h, w) planes as an (h, w, 3) picture."""
    red, green, blue = np.clip(planes, 0, 255).astype(np.uint8)
    return np.asarray(cv2.merge([red, green, blue]), np.uint8)


def _tones(patient: Chance) -> dict[str, Tone]:
    """Draw the patient's colours: mostly brighter or darker, a little redder or yellower."""
    tones = {}
    for name, colour in MIDDLE_TONES.items():
        brightness = np.exp(patient.normal(0, 0.13))
        hue = np.exp(patient.normal(0, 0.06, 3) * TONE_FREEDOM.get(name, 1.0))
        tones[name] = _tone(*np.clip(np.array(colour) * brightness * hue, 6, 246))
    return tones


def _tone(red: float, green: float, blue: float) -> Tone:
    return np.array([red, green, blue], np.float32)[:, None, None]


def _fat_and_peritoneum(ground: _Ground, chance: Chance) -> None:
    """The soft ground: yellow lobules here, pink and red membranes there."""
    fat = smoothstep(ground.noise("fat", 5, 4) + np.float32(chance.uniform(-0.9, 0.9)), -0.25, 0.45)
    lobules = 1 - np.abs(ground.noise("lobules", 11, 3, 0.45))
    ground.colour += ground.tones["peritoneum"]
    ground.lay(fat, ground.tones["fat"], wetness=0.75)
    ground.colour *= 1 + np.float32(0.10) * ground.noise("mottle", 9, 5, 0.65)
    # Blood shows through thin peritoneum: its green and blue vary more than its red.
    ground.colour -= np.clip(ground.noise("flush", 7, 4), -1.5, 1.5) * _tone(4, 15, 12)
    ground.relief += np.float32(0.035) * lobules * (np.float32(0.35) + fat)
    ground.relief += np.float32(0.05) * ground.noise("folds", 5, 4)


def _vessels(ground: _Ground, chance: Chance, *, count: int, widest: float) -> None:
    mask = np.zeros((ground.side_px, ground.side_px), np.uint8)
    for _ in range(count):
        at, heading = chance.uniform(0, 1, 2), chance.uniform(0, 2 * np.pi)
        _branch(mask, chance, at, heading, width=chance.uniform(0.4, 1.0) * widest, steps=48)
    blurred = cv2.GaussianBlur(mask, (0, 0), max(0.6, ground.side_px / 500))
    soft = np.asarray(blurred / 255, np.float32)
    ground.lay(np.float32(0.6) * soft, ground.tones["vessel"], wetness=0.6)
    ground.relief += np.float32(0.012) * soft


def _branch(
    mask: Image,
    chance: Chance,
    at: NDArray[np.float64],
    heading: float,
    *,
    width: float,
    steps: int,
) -> None:
    """Draw a winding vessel that thins out and sends off thinner ones."""
    winding = np.sin(np.arange(steps) * chance.uniform(0.08, 0.2) + chance.uniform(0, 2 * np.pi))
    bends = heading + 0.9 * winding + chance.normal(0, 0.25, steps)
    path = at + np.cumsum(0.012 * np.stack([np.cos(bends), np.sin(bends)], axis=1), axis=0)
    for start in range(0, steps - 1, 6):
        part = np.round(path[start : start + 7] * mask.shape[0] * 16).astype(np.int32)
        thick = max(1, round(width * mask.shape[0] * (1 - 0.75 * start / steps)))
        cv2.polylines(mask, [part], False, 255 if thick > 1 else 170, thick, cv2.LINE_AA, 4)
    if steps > 16:
        for turn in (-0.7, 0.6):
            start = int(chance.integers(4, steps // 2))
            onward = float(bends[start]) + turn
            _branch(mask, chance, path[start], onward, width=0.6 * width, steps=steps // 2)


def _liver(ground: _Ground, chance: Chance) -> None:
    """A brown-red edge that rises, mostly from above."""
    angle = chance.normal(-np.pi / 2, 0.55)
    depth = ground.x * np.float32(np.cos(angle)) + ground.y * np.float32(np.sin(angle))
    depth -= np.float32(chance.uniform(0.0, 0.4))
    _shade_beside(ground, depth, 0.10)
    speckle = 1 + np.float32(0.07) * ground.noise("liver speckle", 40, 3)
    cover = smoothstep(depth, -0.006, 0.012)
    ground.lay(cover, ground.tones["liver"] * speckle, wetness=0.9)
    slope = np.float32(0.16) * (1 - np.exp(np.clip(depth, 0, None) * np.float32(-1 / 0.09)))
    ground.raise_to(cover, slope, flatten=0.7)


def _gallbladder(ground: _Ground, chance: Chance) -> None:
    """A pear-shaped dome."""
    angle = chance.uniform(0, np.pi)
    cos, sin = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    from_x, from_y = (
        part - np.float32(chance.uniform(-0.35, 0.35)) for part in (ground.x, ground.y)
    )
    long, wide = np.float32(chance.uniform(0.32, 0.55)), np.float32(chance.uniform(0.17, 0.28))
    along = (from_x * cos + from_y * sin) / long
    breadth = wide * np.clip(1 + np.float32(0.4) * along, 0.5, 1.5)
    across = (from_y * cos - from_x * sin) / breadth
    mottle = ground.noise("gallbladder", 8, 4, 0.5)
    inside = 1 - np.hypot(along, across) + np.float32(0.025) * mottle
    _shade_beside(ground, inside * wide, 0.07)
    # Bile shines greenish through the dome; the sides are pink with blood.
    dome = np.sqrt(np.clip(1 - (1 - np.clip(inside, 0, 1)) ** 2, 0, 1))
    colour = ground.tones["gallbladder"] * (1 + np.float32(0.09) * mottle)
    colour += (1 - dome) * _tone(18, -16, -10)
    cover = smoothstep(inside, -0.06, 0.1)
    ground.lay(np.float32(0.94) * cover, colour, wetness=1.0)
    ground.raise_to(cover, np.float32(0.15) * dome, flatten=0.7)


def _shade_beside(ground: _Ground, depth: Field, reach: float) -> None:
    """Darken what lies next to an organ that rises above it."""
    ground.colour *= 1 - np.float32(0.55) * np.exp(np.clip(depth, None, 0) * np.float32(1 / reach))


def _membrane(ground: _Ground) -> None:
    """A thin veil of tissue that hangs over the borders of organs, with pale strands in it."""
    where, strands = ground.noise("membrane", 6, 4), ground.noise("strands", 12, 3)
    strand = np.exp(-((strands / np.float32(0.16)) ** 2)) * smoothstep(where, -0.4, 1.0)
    veil = smoothstep(where, 0.2, 1.6)
    ground.lay(np.float32(0.6) * veil, ground.tones["peritoneum"], wetness=0.7)
    ground.lay(np.float32(0.28) * strand, ground.tones["fibre"], wetness=0.8)
    ground.relief += np.float32(0.012) * strand


def _blood(ground: _Ground, chance: Chance) -> None:
    """Pools that are thin and red at their borders, deep and dark within."""
    above = ground.noise("pool", 6, 3) - np.float32(chance.uniform(0.9, 1.7))
    cover = smoothstep(above, -0.12, 0.3)
    depth = np.float32(1.15) - np.float32(0.5) * smoothstep(above, 0.05, 0.7)
    ground.lay(np.float32(0.88) * cover, ground.tones["blood"] * depth, wetness=0.75)
    ground.relief *= 1 - np.float32(0.6) * cover


def _scorched(ground: _Ground, chance: Chance) -> None:
    """Where the hook has been: brown and dry, with a whitish rim."""
    above = ground.noise("scorch", 8, 4) - np.float32(chance.uniform(1.1, 1.6))
    rim = np.float32(0.4) * np.exp(-np.square(above / np.float32(0.2)))
    ground.lay(np.float32(0.8) * smoothstep(above, 0, 0.5), _tone(58, 36, 24), wetness=0.2)
    ground.lay(rim, _tone(222, 196, 160), wetness=0.3)


def _lit(ground: _Ground, chance: Chance) -> Texture:
    """Return the finished picture: shade from the relief, and where the wet surface glints."""
    pixel = WORLD_SIDE / ground.side_px
    relief = cv2.GaussianBlur(ground.relief, (0, 0), max(0.7, 0.004 / pixel))
    slope_x, slope_y = _slopes(np.asarray(relief, np.float32), pixel)
    tilt_x, tilt_y = np.float32(chance.uniform(-0.4, 0.4)), np.float32(chance.uniform(-0.4, 0.4))
    steep = 1 / np.sqrt(1 + slope_x**2 + slope_y**2)
    facing = (1 - tilt_x * slope_x - tilt_y * slope_y) * steep
    light = np.clip(np.float32(0.34) + np.float32(0.66) * facing, 0.16, 1.4)
    light *= 1 + np.float32(0.07) * ground.noise("shade", 3, 2)
    # A wet surface mirrors the lamp where it faces a place near the camera: on its small bumps, and
    # more in some patches than in others.
    bump_x, bump_y = _slopes(np.float32(0.006) * ground.noise("bumps", 30, 3, 0.4), pixel)
    aside = np.float32(0.7)
    miss = (slope_x + bump_x - aside * tilt_x) ** 2 + (slope_y + bump_y - aside * tilt_y) ** 2
    wet = np.clip(ground.wetness * smoothstep(ground.noise("patches", 6, 2), -0.9, 1.1), 0, 1.2)
    sharp = np.float32(235) * np.exp(miss * np.float32(-1 / 0.016)) * wet
    bloom = cv2.GaussianBlur(sharp, (0, 0), 0.014 / pixel)
    glints = cv2.addWeighted(sharp, 0.9, bloom, 0.7, 0)
    return Texture(interleaved(ground.colour * light), np.clip(glints, 0, 255).astype(np.uint8))


def _slopes(relief: Field, pixel: float) -> tuple[Field, Field]:
    """Return the slopes of a relief along x and y; `pixel` is a pixel's side in view heights."""
    scale = 0.5 / pixel
    along_x = cv2.Sobel(relief, cv2.CV_32F, 1, 0, ksize=1, scale=scale)
    along_y = cv2.Sobel(relief, cv2.CV_32F, 0, 1, ksize=1, scale=scale)
    return np.asarray(along_x, np.float32), np.asarray(along_y, np.float32)
