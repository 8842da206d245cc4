"""Arrays in an HDF5 file that a stranger wrote, read without believing a word of it.

HDF5 can do much that a file of weights never needs: lead to other files, compute its values from
other arrays, load a plug-in to decode them, claim terabytes that were never written, or inflate a
few bytes to fill the memory. So HDF5 is asked only where an array lies and how it is stored; what
is anything but plain numbers in this file is refused, and the numbers are read and inflated here,
never to more than the array's own size.
"""

from __future__ import annotations

import contextlib
import math
import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import h5py
import numpy as np
from numpy.typing import NDArray

from classifier.errors import ClassifierError
from classifier.plain_files import open_plain_file

__all__ = ["ArrayFile", "StoredArray", "StoredArrayError", "opened_arrays", "stored_text"]

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_MOST_OBJECTS = 10_000
_DEEPEST = 12
_MOST_NAME_BYTES = 1 << 16
_DEFLATE, _SHUFFLE = h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE
_KNOWN_FILTERS: tuple[list[int], ...] = ([], [_DEFLATE], [_SHUFFLE], [_SHUFFLE, _DEFLATE])
_BROKEN = (OSError, RuntimeError, KeyError, ValueError, TypeError, OverflowError, MemoryError)
"""What h5py raises for files that are damaged, cut or made to be."""


class StoredArrayError(Exception):
    """What is wrong with a file of arrays, to be said together with its path."""


@dataclass(frozen=True, eq=False)
class StoredArray:
    """One array that lies in the file as plain numbers; nothing of it is read yet."""

    name: str
    dataset: h5py.Dataset
    file: IO[bytes]

    @property
    def shape(self) -> tuple[int, ...]:
        """Its claimed shape."""
        return tuple(self.dataset.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Its numbers' type."""
        kept: np.dtype[Any] = self.dataset.dtype
        return kept

    def read(self) -> NDArray[Any]:
        """Read the numbers; memory for about twice the claimed size is needed at most.

        Raises:
            StoredArrayError: they are not all there, or damaged.
        """
        try:
            return self._read_chunks() if self.dataset.chunks else self._read_whole()
        except (*_BROKEN, zlib.error) as error:
            raise StoredArrayError(f"the array {self.name} is damaged") from error

    def _read_whole(self) -> NDArray[Any]:
        n_bytes = math.prod(self.shape) * self.dtype.itemsize
        offset = self.dataset.id.get_offset()
        if offset is None:
            raise StoredArrayError(f"the array {self.name} was never written")
        content = self._bytes_at(offset, n_bytes)
        return np.frombuffer(content, self.dtype).reshape(self.shape)

    def _read_chunks(self) -> NDArray[Any]:
        sides = self.dataset.chunks
        missing = math.prod(-(-n // side) for n, side in zip(self.shape, sides, strict=True))
        values = np.empty(self.shape, self.dtype)
        seen = set()
        for info in _chunks(self.dataset):
            start = info.chunk_offset
            if start in seen or any(a % side for a, side in zip(start, sides, strict=True)):
                raise StoredArrayError(f"the array {self.name} is stored twice over")
            seen.add(start)
            part = self._read_chunk(info, sides)
            place = tuple(slice(a, a + side) for a, side in zip(start, sides, strict=True))
            inside = values[place]
            inside[...] = part[tuple(slice(n) for n in inside.shape)]
        if len(seen) != missing:
            raise StoredArrayError(f"the array {self.name} is not all there")
        return values

    def _read_chunk(self, info: Any, sides: tuple[int, ...]) -> NDArray[Any]:
        n_bytes = math.prod(sides) * self.dtype.itemsize
        # What does not shrink grows by a few bytes in every 16 KiB.
        if info.filter_mask != 0 or info.size > n_bytes + n_bytes // 1000 + 64:
            raise StoredArrayError(f"the array {self.name} is packed in an unknown way")
        filters = _filters(self.dataset)
        content = self._bytes_at(info.byte_offset, info.size)
        if _DEFLATE in filters:
            content = _inflated(content, n_bytes)
        if len(content) != n_bytes:
            raise StoredArrayError(f"the array {self.name} is not as large as it claims")
        if _SHUFFLE in filters:
            planes = np.frombuffer(content, np.uint8).reshape(self.dtype.itemsize, -1)
            content = np.ascontiguousarray(planes.T).tobytes()
        return np.frombuffer(content, self.dtype).reshape(sides)

    def _bytes_at(self, offset: int, n_bytes: int) -> bytes:
        size = os.fstat(self.file.fileno()).st_size
        if not 0 <= offset <= size - n_bytes:
            raise StoredArrayError(f"the array {self.name} is larger than the file")
        self.file.seek(offset)
        return self.file.read(n_bytes)


@dataclass(frozen=True, eq=False)
class ArrayFile:
    """A file that holds plain arrays and groups of them, and nothing else."""

    arrays: dict[str, StoredArray]
    """By name, such as ``head/kernel``."""
    root: h5py.Group
    """For the texts beside them; see ``stored_text``."""


@contextlib.contextmanager
def opened_arrays(
    path: Path, *, most_bytes: int, error: type[ClassifierError], follow_links: bool = False
) -> Iterator[ArrayFile]:
    """Open a file of arrays and look at each, without reading any.

    Raises:
        ``error``: it is not there, or no plain file of at most ``most_bytes``.
        StoredArrayError: it is not HDF5, or holds anything but plain arrays.
    """
    with open_plain_file(
        path, most_bytes=most_bytes, error=error, follow_links=follow_links
    ) as file:
        if file.read(len(_SIGNATURE)) != _SIGNATURE:
            raise StoredArrayError("the file is damaged or not HDF5")
        with _without_plugins(), contextlib.ExitStack() as stack:
            try:
                root = stack.enter_context(h5py.File(file, "r"))
                arrays = {name: StoredArray(name, node, file) for name, node in _walk(root)}
            except _BROKEN as cause:
                raise StoredArrayError("the file is damaged or not HDF5") from cause
            yield ArrayFile(arrays, root)


def stored_text(group: h5py.Group, name: str) -> tuple[str, ...] | None:
    """The names that an attribute lists, or None without such an attribute.

    Raises:
        StoredArrayError: it is no short list of short texts.
    """
    try:
        if name not in group.attrs:
            return None
        kept = group.attrs.get_id(name)
        if math.prod(kept.shape) == 0:
            return ()
        is_text = h5py.check_string_dtype(kept.dtype) is not None
        if not is_text or len(kept.shape) != 1 or kept.get_storage_size() > _MOST_NAME_BYTES:
            raise StoredArrayError(f"{name} is no list of names")
        values = group.attrs[name].tolist()
        return tuple(text.decode() if isinstance(text, bytes) else text for text in values)
    except _BROKEN as cause:
        raise StoredArrayError(f"{name} is no list of names") from cause


def _walk(root: h5py.Group) -> Iterator[tuple[str, h5py.Dataset]]:
    """Every array in the file, by name; a loop of groups ends at the depth that is allowed."""
    n_objects = 0
    waiting: list[tuple[str, h5py.Group]] = [("", root)]
    while waiting:
        prefix, group = waiting.pop()
        n_objects += len(group)
        if n_objects > _MOST_OBJECTS or prefix.count("/") > _DEEPEST:
            raise StoredArrayError("the file holds more than any file of weights")
        for part in group:
            name = prefix + part
            if not isinstance(group.get(part, getlink=True), h5py.HardLink):
                raise StoredArrayError(f"{name} is a link to another place")
            node = group[part]
            if isinstance(node, h5py.Group):
                waiting.append((f"{name}/", node))
                continue
            _require_plain_array(name, node)
            yield name, node


def _require_plain_array(name: str, node: Any) -> None:
    if not isinstance(node, h5py.Dataset):
        raise StoredArrayError(f"{name} is no array")
    if node.is_virtual or node.external:
        raise StoredArrayError(f"the array {name} is not stored in this file")
    if node.shape is None or node.dtype.kind not in "fiu" or not _is_standard(node):
        raise StoredArrayError(f"the array {name} is not of plain numbers")
    if _filters(node) not in _KNOWN_FILTERS:
        raise StoredArrayError(f"the array {name} is packed in an unknown way")
    sides = node.chunks or node.shape
    if len(sides) != len(node.shape) or any(not 0 < a <= b for a, b in zip(sides, node.shape)):  # noqa: B905 - lengths are compared first
        raise StoredArrayError(f"the array {name} has the impossible shape {node.shape}")


def _is_standard(node: h5py.Dataset) -> bool:
    """Whether the bytes are what NumPy takes them for: HDF5 knows floats of any layout."""
    kept: bool = node.id.get_type().equal(h5py.h5t.py_create(node.dtype))
    return kept


def _filters(node: h5py.Dataset) -> list[int]:
    steps = node.id.get_create_plist()
    return [steps.get_filter(k)[0] for k in range(steps.get_nfilters())]


def _chunks(dataset: h5py.Dataset) -> list[Any]:
    infos: list[Any] = []
    dataset.id.chunk_iter(infos.append)
    return infos


def _inflated(content: bytes, n_bytes: int) -> bytes:
    inflater = zlib.decompressobj()
    plain = inflater.decompress(content, n_bytes + 1)
    return plain if inflater.eof else b""


@contextlib.contextmanager
def _without_plugins() -> Iterator[None]:
    """HDF5 finds no plug-in to load, whatever a file asks for."""
    places = [h5py.h5pl.get(k) for k in range(h5py.h5pl.size())]
    for _ in places:
        h5py.h5pl.remove(0)
    try:
        yield
    finally:
        for place in places:
            h5py.h5pl.append(place)
