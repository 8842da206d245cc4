"""Images in, probabilities and features out: batched, compiled once, the same bits every time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.backend import has_gpu, keras, precision_policy, tf
from classifier.config import ModelConfig
from classifier.model.bundle import read_model_folder
from classifier.model.folding import fold_batch_norm
from classifier.model.network import N_FEATURES, CaffePreprocessing, Network, build_network
from classifier.model.weights import read_weights

__all__ = ["ToolClassifier", "load_classifier"]

_CPU_GRAPH_IMAGES = 8
"""Images in one run of the graph on a CPU: as fast as any more, and always the same shape, so that
the batch size that a user chooses cannot change a bit of the answer."""

_GPU_GRAPH_IMAGES = 64


class ToolClassifier:
    """A trained network, ready to say how likely each tool is to be visible.

    Each image's answer depends on that image alone: the graph has one fixed shape, and what does
    not fill it is padded.
    """

    def __init__(
        self, network: Network, config: ModelConfig, *, digest: str, graph_images: int
    ) -> None:
        self.config = config
        self.digest = digest
        """SHA-256 that changes with anything that changes an answer."""
        self._graph_images = graph_images
        self._graph = _compile(network, config, graph_images)

    @property
    def tools(self) -> tuple[str, ...]:
        """Names of the probabilities' columns, in order."""
        return self.config.tools

    @property
    def input_size_px(self) -> tuple[int, int]:
        """(height, width) of the images that it takes."""
        return self.config.input_size_px

    @property
    def resize_rule(self) -> str:
        """Name of the rule by which they must be resized, one of ``images.RESIZE_RULES``."""
        return self.config.resize_rule

    @property
    def crops_field_of_view(self) -> bool:
        """Whether they must be cut to the endoscope's picture before."""
        return self.config.crops_field_of_view

    def predict(self, images: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float16]]:
        """(n, height, width, 3) uint8 RGB -> (n, n_tools) probabilities, (n, 2048) features.

        Raises:
            ValueError: the images have another shape or type.
        """
        expected = (*self.input_size_px, 3)
        if images.dtype != np.uint8 or images.shape[1:] != expected:
            raise ValueError(
                f"images must be uint8 of shape (n, {', '.join(map(str, expected))}), "
                f"got {images.dtype} of {images.shape}"
            )
        n = len(images)
        probabilities = np.empty((n, len(self.tools)), dtype=np.float32)
        features = np.empty((n, N_FEATURES), dtype=np.float16)
        for start in range(0, n, self._graph_images):
            part = images[start : start + self._graph_images]
            rows = slice(start, start + len(part))
            answer, pooled = self._graph(tf.constant(self._padded(part)))
            probabilities[rows] = answer.numpy()[: len(part), : len(self.tools)]
            features[rows] = pooled.numpy()[: len(part)]
        return probabilities, features

    def _padded(self, images: NDArray[np.uint8]) -> NDArray[np.uint8]:
        missing = self._graph_images - len(images)
        if missing == 0:
            return images
        return np.concatenate([images, np.zeros((missing, *images.shape[1:]), dtype=np.uint8)])


def load_classifier(path: str | Path, *, batch_size: int | None = None) -> ToolClassifier:
    """Load a model folder that ``train`` wrote.

    ``batch_size`` is the number of images that a GPU takes at once; on a CPU the network always
    works on 8, and callers may hand over as many as they like.

    Raises:
        ModelFolderError: the folder is missing, broken, or its weights do not fit.
    """
    folder = read_model_folder(Path(path))
    gpu = has_gpu()
    network = build_network(folder.config)
    read_weights(folder.weights_path, network.logits)
    graph_images = (batch_size or _GPU_GRAPH_IMAGES) if gpu else _CPU_GRAPH_IMAGES
    return ToolClassifier(network, folder.config, digest=folder.digest, graph_images=graph_images)


def _compile(network: Network, config: ModelConfig, n_images: int) -> Any:
    """Fold, fix the shape and freeze: constants let TensorFlow fuse and pre-arrange the kernels."""
    from tensorflow.python.framework.convert_to_constants import (
        convert_variables_to_constants_v2,
    )

    height, width = config.input_size_px
    with precision_policy("float16" if has_gpu() else "float32"):
        images = keras.Input((height, width, 3), batch_size=n_images, dtype="uint8")
        features = fold_batch_norm(network.backbone)(CaffePreprocessing()(images))
        features = keras.ops.cast(features, "float32")
        logits = network.head(features)
        link = keras.ops.softmax if config.head == "softmax" else keras.ops.sigmoid
        model = keras.Model(images, (link(logits), features))
    signature = tf.TensorSpec((n_images, height, width, 3), tf.uint8)
    function = tf.function(lambda x: model(x, training=False), input_signature=[signature])
    return convert_variables_to_constants_v2(function.get_concrete_function())
