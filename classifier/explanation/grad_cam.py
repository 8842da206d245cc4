"""Images in, one map a tool out: how much each place of the image speaks for that tool.

Grad-CAM (Selvaraju et al. 2017, https://arxiv.org/abs/1610.02391): the channels of a convolutional
layer, each weighted by the mean gradient of the tool's logit with respect to it. The maps are given
with their sign, in logits; Grad-CAM draws what is above zero (``overlay.spread_map``).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from classifier.backend import keras, tf
from classifier.config import ModelConfig
from classifier.model.bundle import read_model_folder
from classifier.model.loading import network_of
from classifier.model.network import CaffePreprocessing, Network

__all__ = ["LAYERS", "GradCam", "Layer", "explain_images", "load_grad_cam"]

Layer = Literal["conv5", "conv4"]

LAYERS: dict[str, str] = {"conv5": "conv5_block3_out", "conv4": "conv4_block6_out"}
"""What is looked at: the last block of ResNet50, a map of 7 x 7 for an input of 224 x 224 px, or
the last block of the stage before it, of 14 x 14."""

_GRAPH_IMAGES = 8
"""Images in one run of the graph; always the same number, so that a map depends on its own image
alone, to the last bit."""


class GradCam:
    """A network that says where it looks; its graph is compiled once."""

    def __init__(self, network: Network, config: ModelConfig, *, layer: Layer = "conv4") -> None:
        if layer not in get_args(Layer):
            raise ValueError(f"a layer is one of {get_args(Layer)}, got {layer!r}")
        self.config = config
        self.layer = layer
        height, width = config.input_size_px
        graph = _closed_form(network, config) if layer == "conv5" else _by_gradient(network, config)
        signature = tf.TensorSpec((_GRAPH_IMAGES, height, width, 3), tf.uint8)
        self._graph = tf.function(graph, input_signature=[signature]).get_concrete_function()
        # (n, height, width, channels)
        self.map_size_px: tuple[int, int] = tuple(
            network.backbone.get_layer(LAYERS[layer]).output.shape[1:3]
        )

    @property
    def tools(self) -> tuple[str, ...]:
        """Names of the maps, in order."""
        return self.config.tools

    def explain(
        self, images: NDArray[np.uint8], *, tools: Sequence[str] | None = None
    ) -> NDArray[np.float32]:
        """(n, height, width, 3) uint8 RGB -> (n, n_tools, map height, map width), signed logits.

        ``tools`` chooses the maps and their order; None gives one for each of ``self.tools``. The
        map of ``conv5`` adds up, over its places, to the tool's logit less the head's bias.

        Raises:
            ValueError: images of another shape or type, or a tool that the model does not know.
        """
        expected = (*self.config.input_size_px, 3)
        if images.dtype != np.uint8 or images.shape[1:] != expected:
            raise ValueError(
                f"images must be uint8 of shape (n, {', '.join(map(str, expected))}), "
                f"got {images.dtype} of {images.shape}"
            )
        columns = self._columns(tools)
        maps = np.empty((len(images), len(columns), *self.map_size_px), dtype=np.float32)
        for start in range(0, len(images), _GRAPH_IMAGES):
            part = images[start : start + _GRAPH_IMAGES]
            found = self._graph(tf.constant(_padded(part))).numpy()
            maps[start : start + len(part)] = found[: len(part), columns]
        return maps

    def _columns(self, tools: Sequence[str] | None) -> list[int]:
        if tools is None:
            return list(range(len(self.tools)))
        unknown = [tool for tool in tools if tool not in self.tools]
        if unknown:
            raise ValueError(f"a tool is one of {self.tools}, got {unknown[0]!r}")
        return [self.tools.index(tool) for tool in tools]


def load_grad_cam(path: str | Path, *, layer: Layer = "conv4") -> GradCam:
    """Load the network of a model folder in order to ask where it looks.

    Raises:
        ModelFolderError: the folder is missing, broken, or its weights do not fit.
    """
    folder = read_model_folder(Path(path))
    return GradCam(network_of(folder), folder.config, layer=layer)


def explain_images(
    path: str | Path,
    images: NDArray[np.uint8],
    *,
    tools: Sequence[str] | None = None,
    layer: Layer = "conv4",
) -> NDArray[np.float32]:
    """Explain the answers of the model in a folder; see ``GradCam.explain`` and its errors."""
    return load_grad_cam(path, layer=layer).explain(images, tools=tools)


def _closed_form(network: Network, config: ModelConfig) -> Any:
    """One run for the maps of all tools.

    Behind the last convolution come a mean over the places and one dense layer, so that the
    gradient of a logit is the head's weight divided by the number of places, at every place.
    """
    last = network.backbone.get_layer(LAYERS["conv5"]).output
    convolutions = keras.Model(network.backbone.input, last)
    preprocess, n_places = CaffePreprocessing(), last.shape[1] * last.shape[2]

    def maps(images: Any) -> Any:
        activations = convolutions(preprocess(images), training=False)
        weights = network.head.kernel[:, : len(config.tools)] / n_places
        return tf.einsum("nijk,kt->ntij", tf.cast(activations, tf.float32), weights)

    return maps


def _by_gradient(network: Network, config: ModelConfig) -> Any:
    """One run up to the layer, and one back to it from each tool."""
    backbone = network.backbone
    inner = backbone.get_layer(LAYERS["conv4"]).output
    before = keras.Model(backbone.input, inner)
    behind = keras.Model(inner, backbone.output)
    preprocess = CaffePreprocessing()

    def maps(images: Any) -> Any:
        activations = before(preprocess(images), training=False)
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(activations)
            logits = network.head(behind(activations, training=False))
            each = [logits[:, k] for k in range(len(config.tools))]
        weights = [tf.reduce_mean(tape.gradient(logit, activations), axis=(1, 2)) for logit in each]
        return tf.einsum("nijk,ntk->ntij", activations, tf.stack(weights, axis=1))

    return maps


def _padded(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    missing = _GRAPH_IMAGES - len(images)
    return np.concatenate([images, np.zeros((missing, *images.shape[1:]), dtype=np.uint8)])
