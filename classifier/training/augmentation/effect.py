"""What every effect has in common: it changes some images of a batch, at random, in training."""

from __future__ import annotations

import math
from typing import Any

from classifier.backend import keras

__all__ = ["ImageEffect", "Range", "require_range"]

Range = tuple[float, float]
"""The least and the greatest value that an effect draws, evenly between them, for each image."""


class ImageEffect(keras.layers.Layer):  # type: ignore[misc]
    """(n, height, width, 3) RGB in [0, 255] -> the same as float32, some images of it changed.

    A subclass says in ``change`` what an image becomes; here it is drawn which images do, each with
    ``probability``. The same seed and the same number of calls before give the same pixels: all
    randomness comes from ``seed_generator``, whose two integers are a variable of the model.
    Always float32, whatever the network computes in: half precision knows no 254.5.
    """

    def __init__(self, *, seed: int, probability: float, name: str | None = None) -> None:
        if not 0 <= probability <= 1:
            raise ValueError(f"probability lies in [0, 1], got {probability}")
        super().__init__(name=name, trainable=False, dtype="float32")
        self.seed = seed
        self.probability = probability
        # Keras' own name would count the generators of this process; a checkpoint needs one name.
        self.seed_generator = keras.random.SeedGenerator(seed, name=f"{self.name}_seed_generator")

    def call(self, images: Any, training: bool = False) -> Any:
        """Change some of the images in training, none otherwise."""
        ops = keras.ops
        images = ops.cast(images, "float32")
        if not training or self.probability == 0:
            return images
        # Only as many images are computed as can be needed: an effect that befalls a fifth of them
        # then costs a fifth. Each of these is changed so often that the probability holds exactly.
        n_images = ops.shape(images)[0]
        rows = ops.argsort(keras.random.uniform((n_images,), seed=self.seed_generator))
        n_expected = _times(self.probability, n_images)
        n_most = _ceil(n_expected)
        rows = rows[:n_most]
        before = ops.take(images, rows, axis=0)
        is_changed = self.draw(before, (0.0, 1.0)) * ops.cast(n_most, "float32") < n_expected
        after = ops.clip(self.change(before), 0.0, 255.0)
        return ops.scatter_update(images, rows[:, None], _choose(is_changed, after, before))

    def change(self, images: Any) -> Any:
        """(n, height, width, 3) in [0, 255] -> every image changed; may overshoot the range."""
        raise NotImplementedError

    def draw(self, images: Any, between: Range) -> Any:
        """(n, 1, 1, 1): a number for each image, evenly between two."""
        shape = (keras.ops.shape(images)[0], 1, 1, 1)
        return keras.random.uniform(shape, *between, seed=self.seed_generator)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """As the images come."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """What builds the same layer, its generator at the beginning."""
        return {"name": self.name, "seed": self.seed, "probability": self.probability}


def require_range(name: str, values: Range, *, within: Range) -> Range:
    """The range ``values``, or ``ValueError`` where it is turned around or leaves ``within``."""
    low, high = values
    if not within[0] <= low <= high <= within[1]:
        raise ValueError(f"{name} must rise within {within}, got {tuple(values)}")
    return low, high


def _choose(is_first: Any, first: Any, second: Any) -> Any:
    """Whole images of one or the other batch: ``where`` would take four times as long."""
    ops = keras.ops
    n_images = ops.shape(first)[0]
    is_second = ops.cast(ops.logical_not(is_first)[:, 0, 0, 0], "int32")
    rows = ops.arange(n_images, dtype="int32") + n_images * is_second
    return ops.take(ops.concatenate([first, second]), rows, axis=0)


def _times(factor: float, count: Any) -> Any:
    """A Python number where shapes are known, a tensor where they are not."""
    return factor * (count if isinstance(count, int) else keras.ops.cast(count, "float32"))


def _ceil(number: Any) -> Any:
    if isinstance(number, float):
        return math.ceil(number)
    return keras.ops.cast(keras.ops.ceil(number), "int32")
