"""Probabilities as bytes: hundredths for the page's script, and a picture a pixel high for the eye.

A page of three hours and seven tools holds 75,600 probabilities: a byte each, and about as much
again for the pictures, which are there without a script and on paper.
"""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np
from numpy.typing import NDArray

__all__ = ["MISSING_BYTE", "hundredths", "packed", "strip_png"]

MISSING_BYTE = 255
"""Where there is no probability."""

_MOST_COLUMNS = 8192
"""Of a strip's picture; browsers cannot show much wider ones, and no screen has so many."""


def hundredths(probabilities: NDArray[np.float64]) -> NDArray[np.uint8]:
    """The same shape: probabilities in hundredths, as the page writes them; 255 where missing."""
    known = ~np.isnan(probabilities)
    cells = np.full(probabilities.shape, MISSING_BYTE, dtype=np.uint8)
    cells[known] = np.rint(100 * probabilities[known]).astype(np.uint8)
    return cells


def packed(cells: NDArray[np.uint8]) -> str:
    """(n_seconds, n_tools) as base64, one tool after the other."""
    return base64.b64encode(np.ascontiguousarray(cells.T).tobytes()).decode()


def strip_png(probabilities: NDArray[np.float64], colour: str) -> tuple[str, int]:
    """(n_seconds,) as a ``data:`` address of a PNG a pixel high, and how many seconds it spans.

    From nothing at 0, and where missing, to the full ``colour`` (``#rrggbb``) at 1. Of long
    recordings several seconds share a pixel, which has their mean; the last pixel may reach beyond
    the recording's end.
    """
    step = max(1, -(-len(probabilities) // _MOST_COLUMNS))
    n_columns = max(1, -(-len(probabilities) // step))
    seconds = np.full(n_columns * step, np.nan)
    seconds[: len(probabilities)] = probabilities
    levels = hundredths(_mean_of_known(seconds.reshape(n_columns, step)))
    levels[levels == MISSING_BYTE] = 0
    content = _png(levels, bytes.fromhex(colour.removeprefix("#")))
    return f"data:image/png;base64,{base64.b64encode(content).decode()}", n_columns * step


def _mean_of_known(cells: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, m) -> (n,) mean of what is not NaN; NaN where all of it is."""
    known = ~np.isnan(cells)
    count = known.sum(axis=1)
    total = np.where(known, cells, 0.0).sum(axis=1)
    means = np.full(len(cells), np.nan)
    np.divide(total, count, out=means, where=count > 0)
    # Rounding may lift a mean of ones above one.
    capped: NDArray[np.float64] = np.minimum(means, 1.0)
    return capped


def _png(levels: NDArray[np.uint8], rgb: bytes) -> bytes:
    """A row of pixels of one colour, each opaque by its level of 0 to 100 (PNG, 3rd ed., 11.2)."""
    opacities = bytes(round(255 * level / 100) for level in range(101))
    size_and_kind = struct.pack(">IIBBBBB", len(levels), 1, 8, 3, 0, 0, 0)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", size_and_kind),
            _chunk(b"PLTE", rgb * 101),
            _chunk(b"tRNS", opacities),
            _chunk(b"IDAT", zlib.compress(b"\x00" + levels.tobytes(), 9)),
            _chunk(b"IEND", b""),
        )
    )


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)
