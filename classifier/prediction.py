"""Images in, probabilities and features out: batched, compiled once, the same bits every time."""

from __future__ import annotations

import copy
import dataclasses
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.backend import has_gpu, keras, precision_policy, tf
from classifier.calibration.of_config import calibration_of
from classifier.config import ModelConfig
from classifier.model.bundle import ModelFolder, read_model_folder
from classifier.model.folding import fold_batch_norm
from classifier.model.loading import network_of
from classifier.model.network import N_FEATURES, CaffePreprocessing, Network, build_network
from classifier.model.self_test import check_self_test
from classifier.model.weights import weights_by_path

__all__ = ["ToolClassifier", "classifier_of_folder", "classifier_of_network", "load_classifier"]

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
        self._calibration = calibration_of(config)
        self._graph_images = graph_images
        self._graph = _compile(network, config, graph_images)
        # From the features, so that asking for logits adds nothing to the graph above: another
        # output could keep TensorFlow from fusing what it fuses, and change its last bits.
        self._head = _compile_head(network, graph_images)

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

        The probabilities are calibrated if the model holds a calibration.

        Raises:
            ValueError: the images have another shape or type.
        """
        probabilities = np.empty((len(images), len(self.tools)), dtype=np.float32)
        features = np.empty((len(images), N_FEATURES), dtype=np.float16)
        for rows, answer, pooled in self._runs(images):
            n = rows.stop - rows.start
            if self._calibration is not None:
                answer = self._calibration.apply(self._head(pooled).numpy())
            probabilities[rows] = np.asarray(answer)[:n, : len(self.tools)]
            features[rows] = pooled.numpy()[:n]
        return probabilities, features

    def predict_proba(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(n, height, width, 3) uint8 RGB -> (n, n_tools) probabilities, as ``predict`` gives them.

        Raises:
            ValueError: the images have another shape or type.
        """
        return self.predict(images)[0]

    def predict_logits(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(n, height, width, 3) uint8 RGB -> (n, n_outputs) logits, which no calibration touches.

        A softmax head's background classes come after the tools.

        Raises:
            ValueError: the images have another shape or type.
        """
        logits = np.empty((len(images), self.config.n_outputs), dtype=np.float32)
        for rows, _, pooled in self._runs(images):
            logits[rows] = self._head(pooled).numpy()[: rows.stop - rows.start]
        return logits

    def with_calibration(self, calibration: dict[str, Any] | None) -> ToolClassifier:
        """Give the same network with another calibration, as ``ModelConfig`` holds it, or none.

        Both share what was compiled; this one stays as it is.

        Raises:
            ValueError: the calibration is impossible, or of another model.
        """
        other = copy.copy(self)
        other.config = dataclasses.replace(self.config, calibration=calibration)
        other._calibration = calibration_of(other.config)
        other.digest = _digest_after(self, other.config)
        return other

    def _runs(self, images: NDArray[np.uint8]) -> Iterator[tuple[slice, Any, Any]]:
        """Run the graph on images by the handful: their rows, and tensors with rows to spare."""
        expected = (*self.input_size_px, 3)
        if images.dtype != np.uint8 or images.shape[1:] != expected:
            raise ValueError(
                f"images must be uint8 of shape (n, {', '.join(map(str, expected))}), "
                f"got {images.dtype} of {images.shape}"
            )
        for start in range(0, len(images), self._graph_images):
            part = images[start : start + self._graph_images]
            answer, pooled = self._graph(tf.constant(self._padded(part)))
            yield slice(start, start + len(part)), answer, pooled

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
        ModelFolderError: the folder is missing, broken, its weights do not fit, or do not answer
            as they did when they were stored.
    """
    folder = read_model_folder(Path(path))
    return classifier_of_folder(folder, network_of(folder), batch_size=batch_size)


def classifier_of_folder(
    folder: ModelFolder, network: Network, *, batch_size: int | None = None
) -> ToolClassifier:
    """Give the classifier of a folder whose network is at hand; see ``load_classifier``.

    Raises:
        ModelFolderError: it does not answer as it did when its weights were stored.
    """
    classifier = ToolClassifier(
        network, folder.config, digest=folder.digest, graph_images=_graph_images(batch_size)
    )
    check_self_test(folder.path, folder.config, classifier.predict_logits, half_precision=has_gpu())
    return classifier


def classifier_of_network(
    network: Network, config: ModelConfig, *, batch_size: int | None = None
) -> ToolClassifier:
    """Give the classifier that loading this network from disk would give.

    The network may have been trained in another precision or with augmentation: its weights are
    copied into one without. They must be rounded already (``weights.round_weights``), as training
    leaves them.
    """
    plain = build_network(config)
    weights = weights_by_path(network.logits)
    content = hashlib.sha256(config.to_json().encode())
    for name, variable in sorted(weights_by_path(plain.logits).items()):
        value = np.asarray(weights[name], dtype=np.float32)
        variable.assign(value)
        content.update(value.tobytes())
    return ToolClassifier(
        plain, config, digest=content.hexdigest(), graph_images=_graph_images(batch_size)
    )


def _graph_images(batch_size: int | None) -> int:
    return (batch_size or _GPU_GRAPH_IMAGES) if has_gpu() else _CPU_GRAPH_IMAGES


def _digest_after(before: ToolClassifier, config: ModelConfig) -> str:
    """The digest that a model folder with this description has; else one of its own."""
    known = config.weights_sha256 != ""
    text = config.to_json() if known else before.digest + config.to_json()
    return hashlib.sha256(text.encode()).hexdigest()


def _compile(network: Network, config: ModelConfig, n_images: int) -> Any:
    """Fold, fix the shape and freeze: constants let TensorFlow fuse and pre-arrange the kernels."""
    height, width = config.input_size_px
    with precision_policy("float16" if has_gpu() else "float32"):
        images = keras.Input((height, width, 3), batch_size=n_images, dtype="uint8")
        features = fold_batch_norm(network.backbone)(CaffePreprocessing()(images))
        features = keras.ops.cast(features, "float32")
        logits = network.head(features)
        link = keras.ops.softmax if config.head == "softmax" else keras.ops.sigmoid
        model = keras.Model(images, (link(logits), features))
    return _frozen(model, tf.TensorSpec((n_images, height, width, 3), tf.uint8))


def _compile_head(network: Network, n_images: int) -> Any:
    """The last layer alone, (n_images, 2048) features -> logits, frozen as the whole is."""
    features = keras.Input((N_FEATURES,), batch_size=n_images, dtype="float32")
    model = keras.Model(features, network.head(features))
    run = _frozen(model, tf.TensorSpec((n_images, N_FEATURES), tf.float32))
    return lambda pooled: run(pooled)[0]


def _frozen(model: Any, signature: Any) -> Any:
    from tensorflow.python.framework.convert_to_constants import (
        convert_variables_to_constants_v2,
    )

    function = tf.function(lambda x: model(x, training=False), input_signature=[signature])
    return convert_variables_to_constants_v2(function.get_concrete_function())
