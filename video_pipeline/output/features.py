"""Features of a recording in a ``.npy`` file, read without running or believing what is in it.

A ``.npy`` may hold Python objects, which are code to be run, and its header may claim any size. So
the header is read first, by NumPy's own parser of plain literals, and held against the file's size;
the numbers are mapped, not loaded.
"""

from __future__ import annotations

import math
import stat
from os import PathLike
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from video_pipeline.errors import TableError

__all__ = ["read_features"]

_HINT = "features are a .npy of float16, one row a second"
_MOST_HEADER_BYTES = 10_000
_READERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def read_features(path: str | PathLike[str]) -> NDArray[np.float16]:
    """Map features into memory: (n_seconds, n_features) float16, read-only, row k is second k.

    Raises:
        TableError: it is no such file, holds objects or other numbers, or less than it claims.
    """
    place = Path(path)
    try:
        if not stat.S_ISREG(place.stat().st_mode):
            raise TableError(path, "is not a plain file", hint=_HINT)
        with place.open("rb") as file:
            shape, offset = _header(path, file)
        n_bytes = math.prod(shape) * np.dtype(np.float16).itemsize
        if place.stat().st_size - offset != n_bytes:
            raise TableError(
                path,
                f"claims {shape[0]} x {shape[1]} numbers, but does not hold as many",
                hint="write it again",
            )
        mapped = np.memmap(place, dtype=np.float16, mode="r", offset=offset, shape=shape)
    except OSError as error:
        raise TableError(path, f"cannot be read ({error.strerror})") from error
    return mapped


def _header(path: str | PathLike[str], file: BinaryIO) -> tuple[tuple[int, int], int]:
    """The array's shape, and where its numbers begin."""
    try:
        version = np.lib.format.read_magic(file)
        if version not in _READERS:
            raise TableError(path, f"is a .npy of version {version[0]}.{version[1]}", hint=_HINT)
        shape, is_fortran, kind = _READERS[version](file, max_header_size=_MOST_HEADER_BYTES)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError) as error:
        raise TableError(path, "is no .npy file, or damaged", hint=_HINT) from error
    if kind.hasobject:
        raise TableError(path, "holds Python objects, which are never loaded", hint=_HINT)
    if kind != np.float16 or is_fortran:
        raise TableError(path, f"holds {kind} numbers, or columns first", hint=_HINT)
    if len(shape) != 2 or min(shape) < 1:
        raise TableError(path, f"has the shape {shape}, not (seconds, features)", hint=_HINT)
    return (shape[0], shape[1]), file.tell()
