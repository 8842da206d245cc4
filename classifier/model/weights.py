"""Weights of a network to and from disk: named arrays, checked before they are believed.

One HDF5 file with one dataset a variable, named by the variable's path. Kernels are stored as
float16, everything small (biases, batch normalisation) as float32; training rounds its kernels the
same way before it judges them, so a loaded network is exactly the one that was measured.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from classifier.errors import ModelFolderError
from classifier.model.stored_arrays import ArrayFile, StoredArrayError, opened_arrays

__all__ = [
    "MOST_WEIGHTS_BYTES",
    "assign_weights",
    "check_weights",
    "read_arrays",
    "read_weights",
    "round_weights",
    "weights_by_path",
    "write_arrays",
    "write_weights",
]

MOST_WEIGHTS_BYTES = 256 << 20
"""Of a file of weights: more than twice what the network has in float32."""

_NUMBERS = ("float16", "float32")
_HINT = "it is another network's"


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
    """Write all weights; the same weights give the same bytes.

    Raises:
        ModelFolderError: a weight is not finite, or too large for float16; nothing is written.
    """
    write_arrays(path, {name: np.asarray(v) for name, v in weights_by_path(model).items()})


def write_arrays(path: Path, arrays: Mapping[str, NDArray[np.float32]]) -> None:
    """Write weights that are given by their path, as ``write_weights`` writes a model's."""
    values = {name: _stored(array) for name, array in sorted(arrays.items())}
    for name, value in values.items():
        _require_finite(path, name, value)
    with h5py.File(path, "w") as file:
        for name, value in values.items():
            options = {"compression": "gzip", "shuffle": True} if value.ndim > 1 else {}
            file.create_dataset(name, data=value, track_times=False, **options)


def read_weights(path: Path, model: Any) -> None:
    """Set all weights of a network, or of its backbone alone, from a file of ``write_weights``.

    Raises:
        ModelFolderError: not such a file, or a weight is missing, of another shape, stored outside
            the file, or not finite. The network is left as it was.
    """
    wanted = weights_by_path(model)
    values = read_arrays(path, {name: tuple(v.shape) for name, v in wanted.items()})
    for name, variable in wanted.items():
        variable.assign(values[name])


def read_arrays(
    path: Path, shapes: Mapping[str, tuple[int, ...]]
) -> dict[str, NDArray[np.float32]]:
    """Read the weights of these names and shapes; others may be there.

    Raises:
        ModelFolderError: see ``read_weights``.
    """
    try:
        with opened_arrays(path, most_bytes=MOST_WEIGHTS_BYTES, error=ModelFolderError) as file:
            _require_shapes(path, file, shapes)
            return {name: _read_one(path, file, name) for name in shapes}
    except StoredArrayError as error:
        raise ModelFolderError(path, str(error), hint="copy the folder again") from error


def check_weights(path: Path, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Make sure that a file holds the weights of these names and shapes, and nothing else.

    Raises:
        ModelFolderError: see ``read_weights``; or there is something else in the file.
    """
    try:
        with opened_arrays(path, most_bytes=MOST_WEIGHTS_BYTES, error=ModelFolderError) as file:
            _require_shapes(path, file, shapes)
            _require_none_but(path, shapes, file.arrays)
            for name in shapes:
                _read_one(path, file, name)
    except StoredArrayError as error:
        raise ModelFolderError(path, str(error), hint="copy the folder again") from error


def _require_shapes(path: Path, file: ArrayFile, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Before a byte of any is read."""
    for name, shape in shapes.items():
        array = file.arrays.get(name)
        if array is None:
            raise ModelFolderError(path, f"holds no weight {name}", hint=_HINT)
        if array.shape != shape:
            raise ModelFolderError(
                path,
                f"the weight {name} has shape {array.shape}, the network needs {shape}",
                hint=_HINT,
            )
        if array.dtype.name not in _NUMBERS:
            raise ModelFolderError(
                path,
                f"the weight {name} is {array.dtype.name}, not {' or '.join(_NUMBERS)}",
                hint=_HINT,
            )


def _require_none_but(
    path: Path, shapes: Mapping[str, tuple[int, ...]], names: Iterable[str]
) -> None:
    for name in names:
        if name not in shapes:
            raise ModelFolderError(
                path, f"holds {name}, which is no weight of the network", hint=_HINT
            )


def _read_one(path: Path, file: ArrayFile, name: str) -> NDArray[np.float32]:
    value = file.arrays[name].read()
    _require_finite(path, name, value)
    return value.astype(np.float32)


def _require_finite(path: Path, name: str, value: NDArray[Any]) -> None:
    if not np.isfinite(value).all():
        raise ModelFolderError(path, f"the weight {name} is not finite", hint="train again")


def _stored(value: NDArray[Any]) -> NDArray[Any]:
    value = value.astype(np.float32)
    # What float16 cannot hold becomes infinite, and is refused when it is written.
    with np.errstate(over="ignore"):
        return value.astype(np.float16) if value.ndim > 1 else value


def _is_state(variable: Any) -> bool:
    """Random layers keep their generator's state among the weights."""
    return "seed_generator" in str(variable.path)
