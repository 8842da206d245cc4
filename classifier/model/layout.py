"""Every weight of the network by name and shape, known without building it.

The network is always the same ResNet50 (``network``, He et al. 2016 as in ``keras.applications``)
with a head of its own width, so a file of weights can be judged before TensorFlow is loaded and
before a byte of the arrays is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from classifier.config import ModelConfig

__all__ = [
    "BLOCKS",
    "N_FEATURES",
    "Layer",
    "backbone_layers",
    "backbone_shapes",
    "weight_shapes",
]

N_FEATURES = 2048
"""Width of what the backbone gives for an image."""

BLOCKS = {"conv2": (3, 64), "conv3": (4, 128), "conv4": (6, 256), "conv5": (3, 512)}
"""Of each stage the number of its residual blocks, and the width inside of them."""

_EXPANSION = 4
_STEM_WIDTH = 64


@dataclass(frozen=True)
class Layer:
    """One layer that has weights."""

    name: str
    kind: str
    """``conv2d`` or ``batch_normalization``, as Keras calls them in files of weights."""
    shapes: tuple[tuple[str, tuple[int, ...]], ...]
    """Name and shape of each weight, in Keras' order."""

    def paths(self) -> dict[str, tuple[int, ...]]:
        """The shape of each weight by its whole name, such as ``conv1_conv/kernel``."""
        return {f"{self.name}/{weight}": shape for weight, shape in self.shapes}


def weight_shapes(config: ModelConfig) -> dict[str, tuple[int, ...]]:
    """Shape of every weight of the network that ``config`` describes, by its name."""
    n_outputs = config.n_outputs
    return backbone_shapes() | {
        "head/kernel": (N_FEATURES, n_outputs),
        "head/bias": (n_outputs,),
    }


def backbone_shapes() -> dict[str, tuple[int, ...]]:
    """The same of the backbone alone, which is the same in every network."""
    return {path: shape for layer in backbone_layers() for path, shape in layer.paths().items()}


def backbone_layers() -> Iterator[Layer]:
    """The backbone's layers with weights, in the order in which Keras lists and stores them."""
    yield from (_convolution("conv1_conv", 7, 3, _STEM_WIDTH), _norm("conv1_bn", _STEM_WIDTH))
    n_channels = _STEM_WIDTH
    for stage, (n_blocks, width) in BLOCKS.items():
        for block in range(1, n_blocks + 1):
            yield from _block(f"{stage}_block{block}", n_channels, width, widens=block == 1)
            n_channels = width * _EXPANSION


def _block(name: str, n_channels: int, width: int, *, widens: bool) -> Iterator[Layer]:
    wide = width * _EXPANSION
    yield from (_convolution(f"{name}_1_conv", 1, n_channels, width), _norm(f"{name}_1_bn", width))
    yield from (_convolution(f"{name}_2_conv", 3, width, width), _norm(f"{name}_2_bn", width))
    if widens:
        yield _convolution(f"{name}_0_conv", 1, n_channels, wide)
    yield _convolution(f"{name}_3_conv", 1, width, wide)
    if widens:
        yield _norm(f"{name}_0_bn", wide)
    yield _norm(f"{name}_3_bn", wide)


def _convolution(name: str, side: int, n_in: int, n_out: int) -> Layer:
    return Layer(name, "conv2d", (("kernel", (side, side, n_in, n_out)), ("bias", (n_out,))))


def _norm(name: str, width: int) -> Layer:
    weights = ("gamma", "beta", "moving_mean", "moving_variance")
    return Layer(name, "batch_normalization", tuple((weight, (width,)) for weight in weights))
