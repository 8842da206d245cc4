"""The endoscope: its round field of view, its lamp, smoke before it, blur and sensor noise."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from rendering.chance import Drift, Field, Image, drift, smooth_noise, smoothstep, stream

__all__ = ["FieldOfView", "Lens", "build_lens", "pixels_from_view"]

ASPECTS = (16 / 9, 4 / 3, 1.0)
ASPECT_SHARES = (0.7, 0.15, 0.15)
GRAIN_MARGIN_PX = 64
FULL_HEIGHT_PX = 360


@dataclass(frozen=True)
class FieldOfView:
    """What of the picture is not black. The unit is the view's height, the origin its centre."""

    aspect: float
    """Width by height of the view."""
    centre: tuple[float, float]
    radius: float
    """More than half the diagonal where the whole picture is filled."""

    def depth(self, x: NDArray[np.floating], y: NDArray[np.floating]) -> Field:
        """Return how far inside the field a place lies; negative outside."""
        disc = self.radius - np.hypot(x - self.centre[0], y - self.centre[1])
        frame = np.minimum(self.aspect / 2 - np.abs(x), 0.5 - np.abs(y))
        return np.asarray(np.minimum(disc, frame), np.float32)


def pixels_from_view(aspect: float, size_px: tuple[int, int]) -> NDArray[np.float64]:
    """Return the (2, 3) matrix from view coordinates to pixels of a (height, width) image.

    The view is squashed into the image: a 16:9 view fills a square one, as it does in the
    classifier, which keeps no aspect.
    """
    height, width = size_px
    return np.array([[width / aspect, 0, width / 2 - 0.5], [0, height, height / 2 - 0.5]])


@dataclass(frozen=True, eq=False)
class Lens:
    """The properties of a scene's endoscope and camera."""

    seed: int
    view: FieldOfView
    lamp: tuple[float, float]
    """Where the light falls brightest."""
    falloff: float
    balance: tuple[float, float, float]
    """Gains of red, green and blue."""
    gamma: float
    blur: float
    """Deviation in view heights."""
    grain: float
    """Deviation of the sensor's noise in grey levels, in an image of FULL_HEIGHT_PX."""
    smoke: float
    """How much smoke there is at most, 0 to 1."""
    weather: Drift
    """Exposure, smoke, and the smoke's place (two values)."""


def build_lens(seed: int, *, aspect: float | None = None) -> Lens:
    """Return the lens of the scene of that seed, at a given aspect or one drawn by share."""
    chance = stream(seed, "lens")
    drawn = float(chance.choice(ASPECTS, p=ASPECT_SHARES))
    aspect = drawn if aspect is None else aspect
    centre = (float(chance.normal(0, 0.025)), float(chance.normal(0, 0.02)))
    radius = float(chance.uniform(0.5, 0.62))
    if chance.random() < 0.35:
        radius = 2.0
    return Lens(
        seed=seed,
        view=FieldOfView(aspect, centre, radius),
        lamp=(float(chance.normal(0, 0.08)), float(chance.normal(0, 0.08))),
        falloff=float(chance.uniform(0.7, 1.7)),
        balance=(
            float(chance.uniform(0.98, 1.1)),
            float(chance.uniform(0.92, 1.04)),
            float(chance.uniform(0.88, 1.1)),
        ),
        gamma=float(chance.uniform(0.8, 1.2)),
        blur=float(chance.uniform(0.0008, 0.0045)),
        grain=float(chance.uniform(1.5, 6.0)),
        smoke=float(chance.choice([0.0, 0.25, 0.55], p=[0.4, 0.35, 0.25])),
        weather=drift(chance, dimensions=4, rate_hz=0.07),
    )


@dataclass(frozen=True, eq=False)
class Plate:
    """What of a lens can be computed once for an image size."""

    gain: Field
    """(h, w, 3) the lamp's light, white balance included."""
    field: Field
    """(h, w, 3) 1 inside the field of view, 0 in the black surround."""
    grain: NDArray[np.int8]
    """(h + margin, w + margin, 3) noise, taken at another place in every frame; weaker in a small
    image, each pixel of which stands for several of the sensor's."""
    haze: Field
    """(side, side) clouds that repeat at their borders, 0 to 1."""


def build_plate(lens: Lens, size_px: tuple[int, int]) -> Plate:
    """Return what the lens does to every image of that size."""
    height, width = size_px
    x = ((np.arange(width, dtype=np.float32) + 0.5) / width - 0.5)[None, :] * lens.view.aspect
    y = ((np.arange(height, dtype=np.float32) + 0.5) / height - 0.5)[:, None]
    far = (x - lens.lamp[0]) ** 2 + (y - lens.lamp[1]) ** 2
    light = 1.3 / (1 + lens.falloff * far * 1.6) ** 1.5
    edge = smoothstep(lens.view.depth(x, y), -0.004, 0.012) if lens.view.radius < 1 else 1 + 0 * far
    chance = stream(lens.seed, "grain")
    shape = (height + GRAIN_MARGIN_PX, width + GRAIN_MARGIN_PX)
    grain = 0.6 * chance.standard_normal((*shape, 3), np.float32)
    grain += chance.standard_normal((*shape, 1), np.float32)
    grain *= 0.8 * lens.grain * min(1.0, height / FULL_HEIGHT_PX) ** 0.5
    haze = smooth_noise(lens.seed, "haze", size_px=64, cells=3, octaves=3)
    return Plate(
        gain=np.asarray(light[..., None] * np.array(lens.balance), np.float32),
        field=np.repeat(np.asarray(edge, np.float32)[..., None], 3, axis=2),
        grain=np.clip(grain, -60, 60).astype(np.int8),
        haze=np.clip(0.5 + 0.3 * haze, 0, 1),
    )


def see(image: Image, lens: Lens, plate: Plate, time_s: float, *, smoky: bool = True) -> Image:
    """Return what the camera records of an evenly lit (h, w, 3) RGB picture at a time."""
    height, width = image.shape[:2]
    exposure, thick, drift_x, drift_y = lens.weather.at(time_s)
    lit = cv2.multiply(
        image, plate.gain, scale=1 + 0.1 * float(np.tanh(exposure)), dtype=cv2.CV_32F
    )
    smoke = lens.smoke * float(np.clip(0.5 + 0.5 * thick, 0, 1)) if smoky else 0.0
    if smoke > 0.02:
        lit = _veil(np.asarray(lit, np.float32), plate, smoke, (drift_x, drift_y))
    sigma = lens.blur * height
    if sigma > 0.3:
        lit = cv2.GaussianBlur(
            lit, (0, 0), sigmaX=sigma * width / (height * lens.view.aspect), sigmaY=sigma
        )
    lit = cv2.multiply(lit, plate.field)
    recorded = cv2.LUT(cv2.convertScaleAbs(lit), _tone_curve(lens.gamma))
    return _with_grain(np.asarray(recorded, np.uint8), plate, lens.seed, time_s)


def _veil(lit: Field, plate: Plate, smoke: float, place: tuple[float, float]) -> Field:
    height, width = lit.shape[:2]
    side = plate.haze.shape[0]
    move = np.array(
        [[0.7 * side / width, 0, side * place[0]], [0, 0.7 * side / height, side * place[1]]]
    )
    clouds = cv2.warpAffine(
        plate.haze,
        move,
        (width, height),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REFLECT,
    )
    cover = (smoke * np.asarray(clouds, np.float32))[..., None]
    return np.asarray(lit + cover * (plate.gain * np.float32(205) - lit), np.float32)


def _tone_curve(gamma: float) -> Image:
    """A camera's curve: dark parts by gamma, bright ones rolled off rather than cut."""
    x = np.arange(256) / 255
    y = x**gamma
    return np.asarray(np.round(255 * np.minimum(y * (1.12 - 0.12 * y), 1)), np.uint8)


def _with_grain(image: Image, plate: Plate, seed: int, time_s: float) -> Image:
    height, width = image.shape[:2]
    # Milliseconds name the frame: the noise of one frame is the same whenever it is rendered.
    chance = stream(seed, f"grain at {round(time_s * 1000)}")
    top, left = chance.integers(0, GRAIN_MARGIN_PX, 2)
    grain = plate.grain[top : top + height, left : left + width]
    return np.asarray(cv2.add(image, grain, dtype=cv2.CV_8U), np.uint8)
