"""Weights of a network to and from disk: named arrays, checked before they are believed.

One HDF5 file with one dataset a variable, named by the variable's path. Kernels are stored as
float16, everything small (biases, batch normalisation) as float32; training rounds its kernels the
same way before it judges them, so a loaded network is exactly the one that was measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from classifier.errors import ModelFolderError

__all__ = [
    "assign_weights",
    "read_weights",
    "round_weights",
    "weights_by_path",
    "write_arrays",
    "write_weights",
]


def weights_by_path(model: Any) -> dict[str, Any]:
    """Every variable that belongs to the network's answer, by its path."""
    return {variable.path: variable for variable in model.weights if not _is_state(variable)}


def round_weights(model: Any) -> None:
    """Give every weight the value that it will have after being stored."""
    for variable in weights_by_path(model).values():
        variable.assign(_stored(np.asarray(variable)).astype(np.float32))


def assign_weights(model: Any, arrays: Mapping[str, NDArray[np.float32]]) -> None:
    """Give the weights of these paths these values."""
    variables = weights_by_path(model)
    for name, value in arrays.items():
        variables[name].assign(value)


def write_weights(path: Path, model: Any) -> None:
    """Write all weights; the same weights give the same bytes."""
    write_arrays(path, {name: np.asarray(v) for name, v in weights_by_path(model).items()})


def write_arrays(path: Path, arrays: Mapping[str, NDArray[np.float32]]) -> None:
    """Write weights that are given by their path, as ``write_weights`` writes a model's."""
    with h5py.File(path, "w") as file:
        for name, array in sorted(arrays.items()):
            stored = _stored(array)
            options = {"compression": "gzip", "shuffle": True} if stored.ndim > 1 else {}
            file.create_dataset(name, data=stored, track_times=False, **options)


def read_weights(path: Path, model: Any, *, only: str = "") -> None:
    """Set the weights whose path starts with ``only`` from a file that ``write_weights`` wrote.

    Raises:
        ModelFolderError: not such a file, or a weight is missing, of another shape, stored outside
            the file, or not finite. The network is left as it was.
    """
    wanted = {k: v for k, v in weights_by_path(model).items() if k.startswith(only)}
    try:
        with h5py.File(path, "r") as file:
            values = {name: _read_one(path, file, name, v.shape) for name, v in wanted.items()}
    except OSError as error:
        raise ModelFolderError(path, "the weights file is damaged or not HDF5") from error
    for name, variable in wanted.items():
        variable.assign(values[name])


def _read_one(
    path: Path, file: h5py.File, name: str, shape: tuple[int, ...]
) -> NDArray[np.float32]:
    # Links could lead to other files of this machine; only plain datasets of this file are read.
    node: h5py.Group = file
    for part in name.split("/"):
        link = node.get(part, getlink=True) if isinstance(node, h5py.Group) else None
        if not isinstance(link, h5py.HardLink):
            raise ModelFolderError(path, f"holds no weight {name}", hint="it is another network's")
        node = node[part]
    if not isinstance(node, h5py.Dataset) or node.external or node.is_virtual:
        raise ModelFolderError(path, f"the weight {name} is not stored in this file")
    if node.shape != tuple(shape) or node.dtype.kind != "f":
        raise ModelFolderError(
            path, f"the weight {name} has shape {node.shape}, the network needs {tuple(shape)}"
        )
    value: NDArray[np.float32] = node[...].astype(np.float32)
    if not np.isfinite(value).all():
        raise ModelFolderError(path, f"the weight {name} is not finite", hint="train again")
    return value


def _stored(value: NDArray[Any]) -> NDArray[Any]:
    value = value.astype(np.float32)
    return value.astype(np.float16) if value.ndim > 1 else value


def _is_state(variable: Any) -> bool:
    """Random layers keep their generator's state among the weights."""
    return "seed_generator" in str(variable.path)
