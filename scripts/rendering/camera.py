"""The camera over the tissue: slow pans, zoom and rotation, breathing, and now and then a jerk."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rendering.chance import Drift, drift, stream
from rendering.tissue import WORLD_SIDE

__all__ = ["Camera", "build_camera"]


@dataclass(frozen=True, eq=False)
class Camera:
    """How the camera is held at one place of the operating field."""

    aim: tuple[float, float]
    """Where in the texture it looks, in view heights from its middle."""
    zoom: float
    rotation: float
    """Radians."""
    sway: Drift
    """Pan (two values), zoom and rotation."""
    breath_hz: float
    jerks_s: NDArray[np.float64]
    """(n,) when the assistant's hand slips."""
    jerk_ways: NDArray[np.float64]
    """(n, 2) how far, in view heights."""

    def jerk_at(self, time_s: float) -> NDArray[np.float64]:
        """Return the (2,) shift of the whole picture by a slip of the hand."""
        since = np.clip(time_s - self.jerks_s, 0, None)
        strength = np.exp(-3.0 * since) * np.sin(9.0 * since)
        return np.asarray(strength @ self.jerk_ways)

    def world_from_view(self, time_s: float) -> NDArray[np.float64]:
        """Return the (2, 3) matrix from view coordinates to places in the texture's world."""
        pan_x, pan_y, zoom, turn = self.sway.at(time_s)
        breath = 0.012 * np.sin(2 * np.pi * self.breath_hz * time_s)
        scale = (1 + 0.05 * zoom) / self.zoom
        angle = self.rotation + 0.05 * turn
        cos, sin = scale * np.cos(angle), scale * np.sin(angle)
        shift_x, shift_y = self.aim + 0.035 * np.array([pan_x, pan_y]) - self.jerk_at(time_s)
        return np.array([[cos, -sin, shift_x], [sin, cos, shift_y + breath]])

    def texture_from_view(self, time_s: float, side_px: int) -> NDArray[np.float64]:
        """Return the (2, 3) matrix from view coordinates to pixels of a texture."""
        scale = side_px / WORLD_SIDE
        matrix = scale * self.world_from_view(time_s)
        matrix[:, 2] += side_px / 2 - 0.5
        return matrix


def build_camera(seed: int, view: int, duration_s: float) -> Camera:
    """Return the camera of a scene at one of the places that it was led to."""
    chance = stream(seed, f"camera {view}")
    count = int(chance.poisson(duration_s / 25))
    aim = chance.uniform(-0.25, 0.25, 2)
    return Camera(
        aim=(float(aim[0]), float(aim[1])),
        zoom=float(chance.uniform(0.9, 1.35)),
        rotation=float(chance.normal(0, 0.25)),
        sway=drift(chance, dimensions=4, rate_hz=0.08),
        breath_hz=float(chance.uniform(0.2, 0.3)),
        jerks_s=np.sort(chance.uniform(0, duration_s, count)),
        jerk_ways=chance.normal(0, 0.05, (count, 2)),
    )
