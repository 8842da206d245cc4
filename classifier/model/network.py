"""The network: uint8 RGB in, one logit a class and 2,048 features out.

ResNet50 (He et al. 2016, as in ``keras.applications``), its preprocessing inside the graph, so that
no caller can feed it BGR or another range.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from classifier.backend import keras, precision_policy
from classifier.config import ModelConfig
from classifier.model.layout import N_FEATURES

__all__ = ["N_FEATURES", "STAGES", "Network", "build_network"]

STAGES = ("conv2", "conv3", "conv4", "conv5")
"""Names that ResNet50's layers start with, from the input to the features."""

_IMAGENET_MEAN_BGR = (103.939, 116.779, 123.68)


@dataclass(frozen=True, eq=False)
class Network:
    """One built network; its parts share their weights."""

    logits: Any
    """keras.Model: (n, height, width, 3) uint8 RGB -> (n, n_classes) float32 logits."""
    backbone: Any
    """keras.Model: (n, height, width, 3) preprocessed -> (n, 2048) features."""
    head: Any
    """keras.layers.Dense: (n, 2048) features -> logits."""


class CaffePreprocessing(keras.layers.Layer):  # type: ignore[misc]
    """RGB in [0, 255] to the BGR, mean-free values that ResNet50's public weights expect."""

    def call(self, images: Any) -> Any:
        """(n, height, width, 3) RGB -> (n, height, width, 3) float."""
        images = keras.ops.cast(images, "float32")
        mean = keras.ops.convert_to_tensor(_IMAGENET_MEAN_BGR, dtype="float32")
        return keras.ops.cast(keras.ops.flip(images, axis=-1) - mean, self.compute_dtype)


def build_network(
    config: ModelConfig,
    *,
    augmentation: Any | None = None,
    precision: str = "float32",
) -> Network:
    """Build the network that ``config`` describes, with random weights.

    ``augmentation`` is a layer from images to images that acts in training only.
    """
    height, width = config.input_size_px
    with precision_policy(precision):
        backbone = keras.applications.ResNet50(
            include_top=False, weights=None, pooling="avg", input_shape=(height, width, 3)
        )
        head = keras.layers.Dense(config.n_outputs, dtype="float32", name="head")
        images = keras.Input((height, width, 3), dtype="uint8", name="images")
        augmented = augmentation(images) if augmentation is not None else images
        features = backbone(CaffePreprocessing(name="preprocessing")(augmented))
        logits = head(keras.layers.Dropout(0.2, name="dropout")(features))
    return Network(keras.Model(images, logits, name="surgical_tools"), backbone, head)
