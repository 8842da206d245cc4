"""What training does to an image that leaves its tools what they are: three strengths of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, get_args

from classifier.backend import keras
from classifier.training.augmentation.blood import BloodTint
from classifier.training.augmentation.blur import Defocus, MotionBlur
from classifier.training.augmentation.camera import CameraMovement
from classifier.training.augmentation.exposure import Exposure
from classifier.training.augmentation.glare import Glare
from classifier.training.augmentation.jpeg import JpegCompression
from classifier.training.augmentation.smoke import Smoke
from classifier.training.augmentation.vignette import Vignette

__all__ = ["EFFECTS", "STRENGTHS", "Strength", "build_augmentation"]

Strength = Literal["none", "basic", "endoscopic"]
STRENGTHS: tuple[Strength, ...] = get_args(Strength)

EFFECTS: dict[str, Any] = {
    "camera_movement": CameraMovement,
    "blood": BloodTint,
    "glare": Glare,
    "smoke": Smoke,
    "defocus": Defocus,
    "motion_blur": MotionBlur,
    "vignette": Vignette,
    "exposure": Exposure,
    "compression": JpegCompression,
}
"""The layers of ``endoscopic`` by name, in the order in which they befall a picture: where the
camera is, what lies on the scene, what hangs before it, lens, sensor, recorder."""


def build_augmentation(*, seed: int, strength: Strength = "basic") -> Any:
    """A layer from uint8 images to float32 images in [0, 255], acting in training only.

    ``none`` only converts; ``basic`` turns, moves and re-lights as a hand does; ``endoscopic`` does
    the same within the endoscope's circle, and adds smoke, blood, glare, blur and compression.
    """
    if strength not in _LAYERS:
        raise ValueError(f"strength must be {', '.join(STRENGTHS)}, got {strength!r}")
    to_float = keras.layers.Rescaling(1.0, dtype="float32")
    augmentation = keras.Sequential([to_float, *_LAYERS[strength](seed)], name="augmentation")
    # Under a mixed policy, a Sequential would halve the precision of what it is given.
    augmentation.dtype_policy = "float32"
    return augmentation


def _none(_: int) -> list[Any]:
    return []


def _basic(seed: int) -> list[Any]:
    layers = keras.layers
    value_range = (0, 255)
    affine = {"fill_mode": "constant", "fill_value": 0.0, "dtype": "float32"}
    return [
        layers.RandomFlip("horizontal_and_vertical", seed=seed, dtype="float32"),
        layers.RandomRotation(0.08, seed=seed + 1, **affine),
        layers.RandomZoom((-0.15, 0.1), seed=seed + 2, **affine),
        layers.RandomTranslation(0.06, 0.06, seed=seed + 3, **affine),
        layers.RandomBrightness(0.15, value_range=value_range, seed=seed + 4, dtype="float32"),
        layers.RandomContrast(0.2, value_range=value_range, seed=seed + 5, dtype="float32"),
    ]


def _endoscopic(seed: int) -> list[Any]:
    return [layer(seed=seed + k, name=name) for k, (name, layer) in enumerate(EFFECTS.items())]


_LAYERS: dict[str, Callable[[int], list[Any]]] = {
    "none": _none,
    "basic": _basic,
    "endoscopic": _endoscopic,
}
