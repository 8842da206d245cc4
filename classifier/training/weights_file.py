"""Keras' files of weights, read without Keras: arrays alone, and only those of our backbone.

Keras has two layouts. The younger numbers the layers of each kind (``layers/conv2d_3/vars/0``);
the older, in which the public ImageNet weights lie, lists its layers and their weights in
attributes. In both, what counts is the order, which is that of ``layout.backbone_layers``.

A file that holds a whole model also says which functions are to be called to build it. No such file
is loaded, in no form.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from classifier.errors import WeightsError
from classifier.model.layout import Layer, backbone_layers
from classifier.model.stored_arrays import (
    ArrayFile,
    StoredArray,
    StoredArrayError,
    opened_arrays,
    stored_text,
)
from classifier.plain_files import open_plain_file

__all__ = ["CHOICES", "read_weights_file"]

CHOICES = "pass --weights PATH (a Keras weights file or a model folder) or --weights none"

_MOST_BYTES = 1 << 30
"""The network's weights in float64 with an optimizer's moments beside them are less."""

_ZIP = b"PK"
_YOUNG_ROOTS = ("layers", "_layer_checkpoint_dependencies")
_OTHER_NETWORK = "not Keras weights of a ResNet50 without its top"
_WHOLE_MODEL = "holds a whole model, which may run code, and is not loaded"
_WEIGHTS_ALONE = (
    "train --weights takes a model folder that `train` wrote, or a file of weights alone "
    "(Keras' .weights.h5)"
)


def read_weights_file(path: Path) -> dict[str, NDArray[np.float32]]:
    """Read the backbone's weights, by the names that they have in our network.

    Raises:
        WeightsError: it is no plain file, holds a whole model, is damaged or hostile, or has the
            weights of another network, or some that are not finite.
    """
    _require_no_archive(path)
    try:
        with opened_arrays(
            path, most_bytes=_MOST_BYTES, error=WeightsError, follow_links=True
        ) as file:
            if "model_config" in file.root.attrs:
                raise WeightsError(path, _WHOLE_MODEL, hint=_WEIGHTS_ALONE)
            found = dict(_find(path, file))
            return {name: _read(path, name, array) for name, array in found.items()}
    except StoredArrayError as error:
        raise WeightsError(path, str(error), hint=CHOICES) from error


def _require_no_archive(path: Path) -> None:
    with open_plain_file(
        path, most_bytes=_MOST_BYTES, error=WeightsError, follow_links=True
    ) as file:
        start = file.read(len(_ZIP))
    if start == _ZIP or path.suffix.casefold() == ".keras":
        raise WeightsError(path, _WHOLE_MODEL, hint=_WEIGHTS_ALONE)


def _find(path: Path, file: ArrayFile) -> Iterator[tuple[str, StoredArray]]:
    """Each of our weights and where it lies, its shape checked."""
    for layer, names in zip(backbone_layers(), _places(path, file), strict=True):
        if len(names) != len(layer.shapes):
            raise WeightsError(path, f"{_OTHER_NETWORK} (at {layer.name})", hint=CHOICES)
        for (ours, shape), theirs in zip(layer.paths().items(), names, strict=True):
            array = file.arrays.get(theirs)
            if array is None or array.shape != shape or array.dtype.kind != "f":
                raise WeightsError(path, f"{_OTHER_NETWORK} (at {ours})", hint=CHOICES)
            yield ours, array


def _places(path: Path, file: ArrayFile) -> list[list[str]]:
    """For each of our layers the names of its weights in the file."""
    layers = list(backbone_layers())
    listed = stored_text(file.root, "layer_names")
    if listed is not None:
        places = [_listed(file.root, name) for name in listed]
        places = [names for names in places if names]
    else:
        root = next((root for root in _YOUNG_ROOTS if root in file.root), _YOUNG_ROOTS[0])
        places = list(_numbered(layers, file.arrays, root))
    if len(places) != len(layers):
        raise WeightsError(path, _OTHER_NETWORK, hint=CHOICES)
    return places


def _listed(root: h5py.Group, layer: str) -> list[str]:
    node: Any = root.get(layer)
    if not isinstance(node, h5py.Group):
        raise StoredArrayError(f"lists a layer {layer} that it does not hold")
    return [f"{layer}/{name}" for name in stored_text(node, "weight_names") or ()]


def _numbered(
    layers: list[Layer], arrays: Mapping[str, StoredArray], root: str
) -> Iterator[list[str]]:
    n_of_kind: dict[str, int] = {}
    for layer in layers:
        k = n_of_kind.get(layer.kind, 0)
        n_of_kind[layer.kind] = k + 1
        place = f"{root}/{layer.kind}{f'_{k}' if k > 0 else ''}/vars"
        yield [f"{place}/{i}" for i in range(len(layer.shapes)) if f"{place}/{i}" in arrays]


def _read(path: Path, name: str, array: StoredArray) -> NDArray[np.float32]:
    # A number that float32 cannot hold becomes infinite.
    with np.errstate(over="ignore"):
        value = array.read().astype(np.float32)
    if not np.isfinite(value).all():
        raise WeightsError(path, f"the weight {name} is not finite", hint=CHOICES)
    return value
