"""Features of a recording in a ``.npy`` file: written, and read without believing what is in it.

A ``.npy`` may hold Python objects, which are code to be run, and its header may claim any size. So
the header is read first, by NumPy's own parser of plain literals, and held against the file's size;
the numbers are mapped, not loaded.
"""

from __future__ import annotations

import math
import stat
from os import PathLike
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from video_pipeline.errors import TableError
from video_pipeline.output.files import whole_file

__all__ = ["FEATURES_NAME", "map_matrix", "read_features", "write_features", "write_matrix"]

FEATURES_NAME = "features.npy"

_HINT = "features are a .npy of float16, one row a second"
_MOST_HEADER_BYTES = 10_000
_READERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def write_features(path: str | PathLike[str], features: NDArray[np.float16]) -> None:
    """Write (n_seconds, n_features) float16, row k is second k; raises ``OutputError``.

    A second without a frame is a row of NaN.
    """
    if features.dtype != np.float16:
        raise ValueError(f"features are float16, got {features.dtype}")
    write_matrix(path, features)


def write_matrix(path: str | PathLike[str], matrix: NDArray[Any]) -> None:
    """Write numbers in rows and columns as a ``.npy``, whole or not at all; ``OutputError``."""
    if matrix.ndim != 2 or matrix.dtype.hasobject:
        raise ValueError(f"rows and columns of numbers, got {matrix.shape} {matrix.dtype}")
    with whole_file(path) as file:
        np.lib.format.write_array(
            file, np.ascontiguousarray(matrix), version=(1, 0), allow_pickle=False
        )


def read_features(path: str | PathLike[str]) -> NDArray[np.float16]:
    """Map features into memory: (n_seconds, n_features) float16, read-only, row k is second k.

    Raises:
        TableError: it is no such file, holds objects or other numbers, or less than it claims.
    """
    return map_matrix(path, np.float16, hint=_HINT)


def map_matrix(
    path: str | PathLike[str],
    kind: type[np.floating[Any]],
    *,
    hint: str,
    columns_first: bool = False,
) -> NDArray[Any]:
    """Map a ``.npy`` of numbers of this ``kind``, in rows and columns, into memory, read-only.

    ``columns_first``: also one that was saved column by column, as a transposed array is.

    Raises:
        TableError: it is no such file, holds objects or other numbers, or less than it claims.
    """
    place = Path(path)
    try:
        if not stat.S_ISREG(place.stat().st_mode):
            raise TableError(path, "is not a plain file", hint=hint)
        with place.open("rb") as file:
            shape, is_fortran, offset = _header(path, file, np.dtype(kind), hint)
            if is_fortran and not columns_first:
                raise TableError(path, "holds its columns first", hint=hint)
        n_bytes = math.prod(shape) * np.dtype(kind).itemsize
        if place.stat().st_size - offset != n_bytes:
            raise TableError(
                path,
                f"claims {shape[0]} x {shape[1]} numbers, but does not hold as many",
                hint="write it again",
            )
        order: Literal["C", "F"] = "F" if is_fortran else "C"
        mapped = np.memmap(place, dtype=kind, mode="r", offset=offset, shape=shape, order=order)
    except OSError as error:
        raise TableError(path, f"cannot be read ({error.strerror})") from error
    return mapped


def _header(
    path: str | PathLike[str], file: BinaryIO, wanted: np.dtype[Any], hint: str
) -> tuple[tuple[int, int], bool, int]:
    """The array's shape, whether it lies column by column, and where its numbers begin."""
    try:
        version = np.lib.format.read_magic(file)
        if version not in _READERS:
            raise TableError(path, f"is a .npy of version {version[0]}.{version[1]}", hint=hint)
        shape, is_fortran, kind = _READERS[version](file, max_header_size=_MOST_HEADER_BYTES)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError) as error:
        raise TableError(path, "is no .npy file, or damaged", hint=hint) from error
    if kind.hasobject:
        raise TableError(path, "holds Python objects, which are never loaded", hint=hint)
    if kind != wanted:
        raise TableError(path, f"holds {kind} numbers, not {wanted}", hint=hint)
    if len(shape) != 2 or min(shape) < 1:
        raise TableError(path, f"has the shape {shape}, not (rows, columns)", hint=hint)
    return (shape[0], shape[1]), is_fortran, file.tell()
