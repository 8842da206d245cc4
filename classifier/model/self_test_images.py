"""Eight pictures made by a formula, for models to be tried on: nobody's insides, and always equal.

A model folder is passed on, and pictures of a patient must not travel with it. So its self-test
uses pictures that whoever has this program can make again to the last bit: integers only, no random
numbers, no resizing and no file.

Each looks roughly like what an endoscope shows, so that a trained network has something to say: a
round picture on black, reddish ground that is darker towards its edge and has fine stripes, on most
of them a shiny or dark shaft that comes in from the edge, on some a coloured disc at its tip.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["FORMULA", "synthetic_images"]

FORMULA = "shafts_on_tissue_1"
"""Name of the formula below. Whoever changes a bit of a picture gives it another name."""

Grid = NDArray[np.int64]

_SIDE = 1024
"""Pictures of any size are cut from the same square: columns and rows count from 0 to 1023."""

_METAL, _DARK = "metal", "dark"


@dataclass(frozen=True)
class _Scene:
    tip: tuple[int, int]
    """Column and row."""
    direction: tuple[int, int]
    """From the shaft's far end towards its tip, in columns and rows."""
    half_width: int
    """Of the shaft, times the length of ``direction``."""
    shaft: str | None
    disc: tuple[int, int, int] | None
    """RGB of the disc at the tip."""


_SCENES = (
    _Scene((300, 300), (7, 3), 220, _METAL, None),
    _Scene((497, 631), (-5, 6), 320, _DARK, None),
    _Scene((694, 538), (6, -5), 420, _METAL, None),
    _Scene((467, 445), (-6, -4), 260, None, None),
    _Scene((664, 352), (1, 8), 360, _METAL, (200, 100, 100)),
    _Scene((437, 683), (8, 0), 300, _DARK, (200, 80, 110)),
    _Scene((634, 590), (3, 7), 480, _METAL, (200, 60, 120)),
    _Scene((407, 497), (-7, 2), 240, None, (200, 40, 130)),
)


def synthetic_images(input_size_px: tuple[int, int]) -> NDArray[np.uint8]:
    """Make the eight pictures: (8, height, width, 3) uint8 RGB."""
    height, width = input_size_px
    rows, columns = np.mgrid[0:height, 0:width].astype(np.int64)
    y, x = rows * _SIDE // height, columns * _SIDE // width
    pictures = [_picture(scene, k, x, y) for k, scene in enumerate(_SCENES)]
    return np.clip(np.stack(pictures), 0, 255).astype(np.uint8)


def _picture(scene: _Scene, k: int, x: Grid, y: Grid) -> Grid:
    """(height, width, 3)."""
    from_centre = (x - _SIDE // 2) ** 2 + (y - _SIDE // 2) ** 2
    picture = _tissue(k, x, y, from_centre)
    across, along = x - scene.tip[0], y - scene.tip[1]
    if scene.shaft is not None:
        side = across * scene.direction[1] - along * scene.direction[0]
        ahead = across * scene.direction[0] + along * scene.direction[1]
        on_shaft = (abs(side) < scene.half_width) & (ahead < 0)
        light = 235 - abs(side) * 150 // scene.half_width
        if scene.shaft == _METAL:
            colour = np.stack([light, light, light + 10], axis=-1)
        else:
            colour = np.stack([light // 5, light // 5, light // 4], axis=-1)
        picture = np.where(on_shaft[..., np.newaxis], colour, picture)
    if scene.disc is not None:
        on_disc = across**2 + along**2 < 90**2
        picture = np.where(on_disc[..., np.newaxis], np.array(scene.disc), picture)
    outside = from_centre > 500**2
    return np.where(outside[..., np.newaxis], 4, picture)


def _tissue(k: int, x: Grid, y: Grid, from_centre: Grid) -> Grid:
    """Ground that is lit from the middle, with stripes that differ from picture to picture."""
    light = np.clip(_SIDE - from_centre // 400, 0, _SIDE)
    wave = (x * (3 + k) + y * (5 + 2 * k) + (x * y >> 7) * (k + 1)) & 127
    stripes = np.minimum(wave, 127 - wave)
    red = 90 + light * 110 // _SIDE + stripes * (1 + k % 3) // 2
    green = 20 + light * 45 // _SIDE + stripes // 2
    return np.stack([red, green, green - 5], axis=-1)
