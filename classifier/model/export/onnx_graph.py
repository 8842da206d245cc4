"""The network as an ONNX graph, written node by node from its weights.

It is the same ResNet50 every time, so it needs no converter that understands Keras or TensorFlow:
convolutions with their batch normalisation folded in, rectifiers, sums and two poolings. Only
operators that every ONNX runtime has had since 2022 are used (opset 17).

    images (n, height, width, 3) uint8 RGB -> probabilities (n, n_tools), logits (n, n_outputs),
                                              features (n, 2048), all float32
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.config import ModelConfig
from classifier.model.layout import BLOCKS, N_FEATURES

__all__ = ["write_onnx"]

_OPSET, _IR_VERSION = 17, 8
_EPSILON = 1.001e-5
"""Of every batch normalisation in ``keras.applications``' ResNet50."""
_IMAGENET_MEAN_RGB = (123.68, 116.779, 103.939)

Weights = Mapping[str, NDArray[np.float32]]


def write_onnx(
    path: Path, config: ModelConfig, weights: Weights, *, notes: Mapping[str, str]
) -> None:
    """Write the network of ``config`` with these weights; the same ones give the same bytes.

    ``notes`` are texts to be kept in the file.
    """
    onnx: Any = importlib.import_module("onnx")
    graph = _Graph(onnx, weights)
    value = graph.add("Cast", "images", to=onnx.TensorProto.FLOAT)
    value = graph.add("Transpose", value, perm=[0, 3, 1, 2])
    mean = graph.keep("mean", np.array(_IMAGENET_MEAN_RGB, np.float32).reshape(1, 3, 1, 1))
    value = graph.add("Sub", value, mean)
    value = _stem(graph, value)
    for stage, (n_blocks, _) in BLOCKS.items():
        for block in range(1, n_blocks + 1):
            stride = 2 if block == 1 and stage != "conv2" else 1
            value = _block(graph, f"{stage}_block{block}", value, stride, widens=block == 1)
    _answers(graph, config, value)
    model = _model(onnx, config, graph)
    model.metadata_props.extend(
        onnx.StringStringEntryProto(key=key, value=text) for key, text in sorted(notes.items())
    )
    onnx.checker.check_model(model, full_check=True)
    path.write_bytes(model.SerializeToString(deterministic=True))


class _Graph:
    """Nodes and constants in the order in which they were added."""

    def __init__(self, onnx: Any, weights: Weights) -> None:
        self._onnx = onnx
        self.weights = weights
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def add(self, kind: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        """Add a node; return the name of what it gives."""
        name = output or f"{kind.lower()}_{len(self.nodes)}"
        node = self._onnx.helper.make_node(kind, list(inputs), [name], name=name, **attributes)
        self.nodes.append(node)
        return name

    def keep(self, name: str, value: NDArray[Any]) -> str:
        """Add a constant; return its name."""
        self.constants.append(
            self._onnx.numpy_helper.from_array(np.ascontiguousarray(value), name=name)
        )
        return name

    def convolve(self, name: str, value: str, *, stride: int, padding: int) -> str:
        """Add the convolution ``name_conv`` with ``name_bn`` folded into it."""
        kernel, bias = _folded(self.weights, name)
        if name == "conv1":
            # The network sees BGR: turned here, once, instead of in every image.
            kernel = kernel[:, :, ::-1]
        return self.add(
            "Conv",
            value,
            self.keep(f"{name}_kernel", kernel.transpose(3, 2, 0, 1)),
            self.keep(f"{name}_bias", bias),
            kernel_shape=list(kernel.shape[:2]),
            strides=[stride, stride],
            pads=[padding] * 4,
        )


def _folded(weights: Weights, name: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    conv, norm = (f"{name}_{kind}" for kind in ("conv", "bn"))
    gamma, beta, mean, variance = (
        weights[f"{norm}/{part}"].astype(np.float64)
        for part in ("gamma", "beta", "moving_mean", "moving_variance")
    )
    scale = gamma / np.sqrt(variance + _EPSILON)
    kernel = weights[f"{conv}/kernel"] * scale
    bias = (weights[f"{conv}/bias"] - mean) * scale + beta
    return kernel.astype(np.float32), bias.astype(np.float32)


def _stem(graph: _Graph, value: str) -> str:
    value = graph.add("Relu", graph.convolve("conv1", value, stride=2, padding=3))
    # Keras pads with zeros and ONNX with nothing: behind a rectifier the maximum is the same.
    return graph.add("MaxPool", value, kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)


def _block(graph: _Graph, name: str, value: str, stride: int, *, widens: bool) -> str:
    shortcut = value
    if widens:
        shortcut = graph.convolve(f"{name}_0", value, stride=stride, padding=0)
    value = graph.add("Relu", graph.convolve(f"{name}_1", value, stride=stride, padding=0))
    value = graph.add("Relu", graph.convolve(f"{name}_2", value, stride=1, padding=1))
    value = graph.convolve(f"{name}_3", value, stride=1, padding=0)
    return graph.add("Relu", graph.add("Add", shortcut, value))


def _answers(graph: _Graph, config: ModelConfig, value: str) -> None:
    pooled = graph.add("GlobalAveragePool", value)
    features = graph.add("Flatten", pooled, axis=1, output="features")
    kernel = graph.keep("head_kernel", graph.weights["head/kernel"])
    bias = graph.keep("head_bias", graph.weights["head/bias"])
    logits = graph.add("Gemm", features, kernel, bias, output="logits")
    if config.head == "sigmoid":
        graph.add("Sigmoid", logits, output="probabilities")
        return
    shares = graph.add("Softmax", logits, axis=1)
    # Background classes come after the tools, and are never reported.
    bounds = [
        graph.keep(name, np.array([number], np.int64))
        for name, number in (("first", 0), ("beyond", len(config.tools)), ("axis", 1))
    ]
    graph.add("Slice", shares, *bounds, output="probabilities")


def _model(onnx: Any, config: ModelConfig, graph: _Graph) -> Any:
    kinds = onnx.TensorProto
    described = onnx.helper.make_tensor_value_info
    height, width = config.input_size_px
    outputs = {
        "probabilities": len(config.tools),
        "logits": config.n_outputs,
        "features": N_FEATURES,
    }
    return onnx.helper.make_model(
        onnx.helper.make_graph(
            graph.nodes,
            "surgical_tools",
            [described("images", kinds.UINT8, ["n", height, width, 3])],
            [described(name, kinds.FLOAT, ["n", size]) for name, size in outputs.items()],
            graph.constants,
        ),
        opset_imports=[onnx.helper.make_opsetid("", _OPSET)],
        ir_version=_IR_VERSION,
        producer_name="surgical-video",
    )
