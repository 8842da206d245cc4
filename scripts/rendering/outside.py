"""What an endoscope sees outside the body: drapes, the room, the inside of a trocar, darkness."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from rendering.chance import Field, smooth_noise, smoothstep, stream
from rendering.tissue import WORLD_SIDE, Texture, interleaved

__all__ = ["PLACES", "paint_outside"]

SIDE_PX = 192
"""All of it is out of focus: a coarse texture is fine enough."""
Chance: TypeAlias = np.random.Generator


def paint_outside(seed: int, view: int, place: str) -> Texture:
    """Return what lies before the lens at a place outside the body."""
    chance = stream(seed, f"outside {view}")
    axis = np.linspace(-WORLD_SIDE / 2, WORLD_SIDE / 2, SIDE_PX, dtype=np.float32)
    x, y = np.meshgrid(axis, axis)
    cloud = smooth_noise(seed, f"outside cloud {view}", size_px=SIDE_PX, cells=4, octaves=4)
    planes = PLACES[place](chance, x, y, cloud)
    return Texture(interleaved(planes), np.zeros((SIDE_PX, SIDE_PX), np.uint8))


def _drape(chance: Chance, x: Field, y: Field, cloud: Field) -> Field:
    """Folded blue or green cloth."""
    cloth = _tone(chance.uniform(20, 90), chance.uniform(110, 170), chance.uniform(130, 200))
    angle = chance.uniform(0, np.pi)
    across = x * np.float32(np.cos(angle)) + y * np.float32(np.sin(angle))
    folds = np.sin(across * np.float32(chance.uniform(5, 11)) + np.float32(1.6) * cloud)
    return _planes(cloth * (0.85 + 0.25 * folds + 0.1 * cloud))


def _room(chance: Chance, x: Field, y: Field, cloud: Field) -> Field:
    """A room out of focus: walls, lamps and people as blurs."""
    wall = _tone(chance.uniform(90, 170), chance.uniform(120, 185), chance.uniform(130, 200))
    colour = wall * (0.8 + 0.2 * cloud)
    for _ in range(int(chance.integers(4, 9))):
        cx, cy = chance.uniform(-0.9, 0.9, 2)
        radius = chance.uniform(0.08, 0.35)
        spot = smoothstep(_planes(np.hypot(x - cx, y - cy)), 1.3 * radius, 0.3 * radius)
        grey = chance.uniform(20, 170)
        lit = chance.random() < 0.45
        light = _tone(255, 252, 240) if lit else _tone(*(grey * chance.uniform(0.7, 1.2, 3)))
        colour = colour + spot * (light - colour)
    return _planes(colour)


def _trocar(chance: Chance, x: Field, y: Field, cloud: Field) -> Field:
    """The tube through which the endoscope is drawn back: a ridged wall around a far opening."""
    far = _planes(np.hypot(x - chance.uniform(-0.15, 0.15), y - chance.uniform(-0.15, 0.15)))
    wall = _tone(176, 180, 184) if chance.random() < 0.5 else _tone(150, 162, 124)
    width = chance.uniform(0.14, 0.3)
    # Ridges crowd together with the distance; one side of the tube mirrors the lamp.
    ridges = 0.1 * np.sin(14 * np.log(far + 0.02) + 0.3 * cloud)
    side = np.exp(-(((np.arctan2(y, x) - chance.uniform(-2.5, 2.5)) / 0.35) ** 2))
    shade = (0.3 + 0.55 * smoothstep(far, width, 0.75) + ridges) * (1 + 0.5 * side)
    colour = wall * shade + 12 * cloud
    opening = smoothstep(far, width, 0.85 * width)
    return _planes(colour + opening * (_tone(205, 95, 80) * (0.8 + 0.15 * cloud) - colour))


def _dark(chance: Chance, x: Field, y: Field, cloud: Field) -> Field:
    """Almost nothing: the lamp is off, or the lens lies on something."""
    tone = _tone(*(chance.uniform(3, 22) * chance.uniform(0.6, 1.3, 3)))
    return _planes(tone * (1 + 0.3 * cloud + 0.2 * (x + y)))


def _tone(red: float, green: float, blue: float) -> Field:
    return np.array([red, green, blue], np.float32)[:, None, None]


def _planes(values: NDArray[np.floating]) -> Field:
    return np.asarray(values, np.float32)


PLACES: dict[str, Callable[[Chance, Field, Field, Field], Field]] = {
    "drape": _drape,
    "room": _room,
    "trocar": _trocar,
    "dark": _dark,
}
"""Every place by name; each paints (3, side, side) planes from coordinates in view heights."""
