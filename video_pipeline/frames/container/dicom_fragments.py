"""The fragments that a DICOM object cuts its video into, found and read as one file.

Encapsulated pixel data (DICOM PS3.5, A.4) is a chain of items, each a tag, a 32-bit length and that
many bytes: first the offset table, which is of no use to a video, then the fragments, then an end
mark. Only where each fragment lies is kept, never what it holds.
"""

from __future__ import annotations

import io
import os
import struct
from array import array
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from video_pipeline.errors import RecordingError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = ["EncapsulatedVideo", "Fragments", "find_fragments"]

_ITEM = (0xFFFE, 0xE000)
_END = (0xFFFE, 0xE0DD)
_UNDEFINED_LENGTH = 0xFFFFFFFF
_ITEM_HEADER = struct.Struct("<HHL")

_MOST_ITEMS = 2_000_000
"""Nine hours with a fragment for every picture; a file of empty items must not take for ever."""


@dataclass(frozen=True)
class Fragments:
    """Where a video's bytes lie, in their order."""

    offsets: array[int]
    """Where each fragment starts in the DICOM file, in bytes."""
    ends: array[int]
    """Where each fragment ends in the video, in bytes; the last one is the video's length."""
    is_cut: bool
    """Whether the DICOM file ends before the chain of items does."""

    def __post_init__(self) -> None:
        if not self.ends or len(self.offsets) != len(self.ends):
            raise ValueError(f"{len(self.offsets)} offsets for {len(self.ends)} fragments")


def find_fragments(path: str | os.PathLike[str], file: io.FileIO, first_item_at: int) -> Fragments:
    """Follow the chain of items from the offset table on; nothing but their headers is read.

    A fragment of no bytes is passed over, one of an odd length is taken as long as the next item
    follows it: neither is allowed, both are harmless. The last fragment of a file that was cut is
    as long as the file lets it be.

    Raises ``RecordingError`` where something else than an item follows, where an item has no
    length, and where no fragment holds anything.
    """
    offsets, ends = array("q"), array("q")
    size = file.seek(0, os.SEEK_END)
    at, length, is_cut = first_item_at, 0, False
    for n_items in range(_MOST_ITEMS):
        file.seek(at)
        header = file.read(_ITEM_HEADER.size)
        if len(header) < _ITEM_HEADER.size:
            is_cut = True
            break
        group, element, n_bytes = _ITEM_HEADER.unpack(header)
        if (group, element) == _END:
            break
        if (group, element) != _ITEM or n_bytes == _UNDEFINED_LENGTH:
            raise RecordingError(
                path,
                f"its pixel data are broken: no fragment begins at byte {at}",
                hint="export it again from the archive",
            )
        at += _ITEM_HEADER.size
        present = min(n_bytes, size - at)
        if n_items > 0 and present > 0:
            length += present
            offsets.append(at)
            ends.append(length)
        at += n_bytes
    else:
        raise RecordingError(path, f"its pixel data have more than {_MOST_ITEMS} fragments")
    if not ends:
        raise RecordingError(
            path, "its pixel data hold no video", hint="export it again from the archive"
        )
    return Fragments(offsets, ends, is_cut)


class EncapsulatedVideo(io.RawIOBase):
    """A video inside a DICOM file as a seekable, read-only binary file; takes that file over.

    It holds the file's descriptor and not the file, because PyAV never closes what it is given:
    a file that is forgotten warns of itself, a descriptor is closed with this object.

    The padding byte behind a video of an odd length cannot be told from it and is given as well.
    """

    def __init__(self, file: io.FileIO, fragments: Fragments) -> None:
        super().__init__()
        self._descriptor = os.dup(file.fileno())
        file.close()
        self._fragments = fragments
        self._position = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def tell(self) -> int:
        """Bytes from the video's start."""
        self._require_open()
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go to a byte of the video; behind its end nothing is read."""
        self._require_open()
        starts = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._length}
        if whence not in starts or starts[whence] + offset < 0:
            raise ValueError(f"no place in a video of {self._length} bytes: {offset}, {whence}")
        self._position = starts[whence] + offset
        return self._position

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Fill the buffer, across fragments; less only at the end of the video."""
        self._require_open()
        wanted = memoryview(buffer).cast("B")
        n_read = 0
        piece = bisect_right(self._fragments.ends, self._position)
        while n_read < len(wanted) and piece < len(self._fragments.ends):
            n_left = self._fragments.ends[piece] - self._position
            place = self._fragments.offsets[piece] + self._length_of(piece) - n_left
            os.lseek(self._descriptor, place, os.SEEK_SET)
            data = os.read(self._descriptor, min(n_left, len(wanted) - n_read))
            n_new = len(data)
            if n_new == 0:
                break  # the file has become shorter since its fragments were found
            wanted[n_read : n_read + n_new] = data
            n_read += n_new
            self._position += n_new
            piece += n_new == n_left
        return n_read

    def close(self) -> None:
        """Close the DICOM file as well."""
        if not self.closed:
            os.close(self._descriptor)
        super().close()

    @property
    def _length(self) -> int:
        return self._fragments.ends[-1]

    def _length_of(self, piece: int) -> int:
        return self._fragments.ends[piece] - (self._fragments.ends[piece - 1] if piece > 0 else 0)

    def _require_open(self) -> None:
        if self.closed:
            raise ValueError("the video is closed")
