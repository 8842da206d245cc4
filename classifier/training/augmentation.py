"""What training does to an image that leaves its tools what they are."""

from __future__ import annotations

from typing import Any

from classifier.backend import keras

__all__ = ["build_augmentation"]


def build_augmentation(*, seed: int, strength: str = "basic") -> Any | None:
    """A layer from uint8 images to float32 images in [0, 255], acting in training only.

    A laparoscope is turned, moved and re-lit by hand, so a flipped, rotated, shifted, zoomed,
    darker or flatter picture shows the same tools.
    """
    if strength == "none":
        return None
    layers = keras.layers
    value_range = (0, 255)
    affine = {"fill_mode": "constant", "fill_value": 0.0, "dtype": "float32"}
    return keras.Sequential(
        [
            layers.Rescaling(1.0, dtype="float32"),
            layers.RandomFlip("horizontal_and_vertical", seed=seed, dtype="float32"),
            layers.RandomRotation(0.08, seed=seed + 1, **affine),
            layers.RandomZoom((-0.15, 0.1), seed=seed + 2, **affine),
            layers.RandomTranslation(0.06, 0.06, seed=seed + 3, **affine),
            layers.RandomBrightness(0.15, value_range=value_range, seed=seed + 4, dtype="float32"),
            layers.RandomContrast(0.2, value_range=value_range, seed=seed + 5, dtype="float32"),
        ],
        name="augmentation",
    )
