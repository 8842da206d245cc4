"""Chance that can be repeated: named random streams, smooth noise and smooth drifts.

Whatever a scene needs at random is drawn from a stream named after its purpose, so that adding a
draw to one part of the picture changes no other part.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from itertools import count
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["Drift", "Field", "Image", "drift", "smooth_noise", "smoothstep", "stream"]

Field: TypeAlias = NDArray[np.float32]
"""(h, w) one value for each pixel, or a small vector or matrix of numbers."""
Image: TypeAlias = NDArray[np.uint8]
"""(h, w, 3) RGB, or (h, w) for a mask."""

GRID_PER_CELL = 1.4
LOST_DEVIATION = 1.75
"""What interpolating between independent values divides their deviation by."""


def stream(seed: int, name: str) -> np.random.Generator:
    """Return the random stream of that name in the scene of that seed."""
    return np.random.default_rng((seed, zlib.crc32(name.encode())))


def smooth_noise(
    seed: int, name: str, *, size_px: int, cells: float, octaves: int = 4, persistence: float = 0.5
) -> Field:
    """Return a (size_px, size_px) field of fractal noise, mean about 0, deviation about 1.

    `cells` is how many independent values lie along a side in the coarsest octave; each further
    octave doubles them and weighs `persistence` of the one before. The same seed gives the same
    pattern at every size: a small field only lacks the octaves that are finer than its pixels.
    """
    weights = [persistence**octave for octave in range(octaves)]
    side = round(cells * GRID_PER_CELL)
    total = np.zeros((side, side), np.float32)
    for octave in count():
        if octave < octaves:
            grid = stream(seed, f"{name} octave {octave}").standard_normal(total.shape, np.float32)
            total += np.float32(weights[octave]) * grid
        if 2 * total.shape[0] > size_px:
            break
        # Doubling by linear interpolation, over and over, tends to a smooth quadratic spline; one
        # large step, even a cubic one, would let the grid show in the shading.
        total = _enlarged(total, 2 * total.shape[0])
    return _enlarged(total, size_px) * np.float32(LOST_DEVIATION / np.hypot.reduce(weights))


def _enlarged(field: Field, side_px: int) -> Field:
    large = cv2.resize(field, (side_px, side_px), interpolation=cv2.INTER_LINEAR)
    return np.asarray(large, np.float32)


def smoothstep(x: Field, low: float, high: float) -> Field:
    """Return 0 below `low`, 1 above `high` and a soft step between."""
    t = np.clip((x - np.float32(low)) * np.float32(1 / (high - low)), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


@dataclass(frozen=True, eq=False)
class Drift:
    """A wandering vector: sums of slow sines, so that any time can be asked for at once."""

    amplitudes: NDArray[np.float64]
    """(n_sines, n_dimensions)."""
    rates_hz: NDArray[np.float64]
    """(n_sines, n_dimensions)."""
    phases: NDArray[np.float64]
    """(n_sines, n_dimensions) radians."""

    def at(self, time_s: float) -> NDArray[np.float64]:
        """Return the (n_dimensions,) value at a time."""
        angles = 2 * np.pi * self.rates_hz * time_s + self.phases
        return np.asarray((self.amplitudes * np.sin(angles)).sum(axis=0))


def drift(chance: np.random.Generator, *, dimensions: int, rate_hz: float, sines: int = 3) -> Drift:
    """Return a drift of deviation about 1, most of it near the given rate."""
    shape = (sines, dimensions)
    return Drift(
        amplitudes=np.full(shape, np.sqrt(2 / sines)),
        rates_hz=rate_hz * chance.uniform(0.4, 1.6, shape),
        phases=chance.uniform(0, 2 * np.pi, shape),
    )
