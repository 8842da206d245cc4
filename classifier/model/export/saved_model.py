"""The network as a TensorFlow SavedModel: folded, in float32, any number of images at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.backend import keras, precision_policy, tf
from classifier.config import ModelConfig
from classifier.model.folding import fold_batch_norm
from classifier.model.network import CaffePreprocessing, Network

__all__ = ["opened_saved_model", "write_saved_model"]


def write_saved_model(folder: Path, config: ModelConfig, network: Network) -> None:
    """Write a SavedModel whose ``serving_default`` takes ``images`` as the ONNX file does."""
    height, width = config.input_size_px
    with tf.device("/CPU:0"), precision_policy("float32"):
        images = keras.Input((height, width, 3), dtype="uint8", name="images")
        features = fold_batch_norm(network.backbone)(CaffePreprocessing()(images))
        logits = network.head(features)
        link = keras.ops.softmax if config.head == "softmax" else keras.ops.sigmoid
        probabilities = link(logits)[:, : len(config.tools)]
        model = keras.Model(images, [probabilities, logits, features])
        module = tf.Module()
        module.variables_of_the_network = list(model.variables)

        def serve(images: Any) -> dict[str, Any]:
            answers = model(images, training=False)
            return dict(zip(("probabilities", "logits", "features"), answers, strict=True))

        signature = [tf.TensorSpec((None, height, width, 3), tf.uint8, name="images")]
        module.serve = tf.function(serve, input_signature=signature)
        tf.saved_model.save(module, str(folder), signatures={"serving_default": module.serve})


def opened_saved_model(
    folder: Path,
) -> Callable[[NDArray[np.uint8]], dict[str, NDArray[np.float32]]]:
    """Load a SavedModel that was written here, and give what answers by it."""
    loaded = tf.saved_model.load(str(folder))
    serve = loaded.signatures["serving_default"]

    def answer(images: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
        # The graph may be dropped while its function is still in use.
        assert loaded is not None  # noqa: S101 - keeps it alive
        return {name: np.asarray(v) for name, v in serve(images=tf.constant(images)).items()}

    return answer
