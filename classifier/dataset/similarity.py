"""Which images show nearly the same picture: copies that were recompressed or resized.

Two images are nearly the same if their luma, averaged over 16 x 16 fields, differs by at most 2
levels in the mean and 16 in any field. Measured on 1,680 images (422 frames of three operations,
1,002 crops of tools, 256 rendered ones): every copy at JPEG quality 60 or 30, of half or double the
size, or squeezed to 224 x 224 px differs by at most 0.9 and 8. Of 588,000 pairs of frames from
different recordings, or of different crops, one is as near (a frame and the next one, in fact), and
none of 35,500 pairs from the same recording, frames from 2 s apart and other tools before the same
background among them; the nearest of those differs by 3.0 in the mean. Copies that were cropped,
mirrored or brightened are not found.

So that not every pair is compared field by field, a perceptual hash is looked at before (63 signs
of the low frequencies, as in pHash), and of that only pairs of nearly the same brightness.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["SIDE", "near_pairs", "thumbnail"]

SIDE = 16
"""Fields in each direction."""

_MOST_MEAN, _MOST_ANYWHERE, _MOST_BITS = 2.0, 16, 8
_PLAINEST = 4.0
"""Standard deviation of luma below which a picture is too plain to be told from others: black."""

_MOST_EACH = 16
"""Partners looked for of an image, in its part and in others: of 1,000 like ones, some will do."""

_MANY = 1024
_N_ROWS = 256
_N_FREQUENCIES = 8


def thumbnail(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(16, 16) luma of an RGB picture, (height, width, 3), squeezed."""
    luma = Image.fromarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY))
    # Three times as fast as OpenCV's area filter, and in threads more.
    return np.asarray(luma.resize((SIDE, SIDE), Image.Resampling.BOX), dtype=np.uint8)


def near_pairs(thumbnails: NDArray[np.uint8], parts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Pairs of rows that show nearly the same picture, (n, 2), the smaller row first, in order.

    ``thumbnails`` is (n, 16, 16), ``parts`` (n,) says which images belong together. Of images that
    have many partners not all pairs are given, but some in their own part and some in others.
    All pairs are compared whose mean luma differs by at most 2: 1e5 images take some seconds.
    """
    flat = thumbnails.reshape(len(thumbnails), SIDE * SIDE).astype(np.int16)
    vivid = np.flatnonzero(flat.std(axis=1, dtype=np.float32) >= _PLAINEST)
    if len(vivid) < 2:
        return np.empty((0, 2), dtype=np.int64)
    means = flat[vivid].mean(axis=1)
    order = vivid[np.argsort(means, kind="stable")]
    candidates = np.concatenate(
        list(_candidates(_hashes(thumbnails[order]), np.sort(means), parts[order]))
    )
    first, second = order[candidates[:, 0]], order[candidates[:, 1]]
    near = _are_near(flat, first, second)
    pairs = np.sort(np.stack([first[near], second[near]], axis=1), axis=1)
    return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]


def _hashes(thumbnails: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """(n,) 63 bits each: which low frequencies are stronger than their median, but the mean's."""
    places = np.arange(SIDE)
    waves = np.cos(np.pi * (2 * places + 1) * places[:_N_FREQUENCIES, np.newaxis] / (2 * SIDE))
    strengths = waves.astype(np.float32) @ thumbnails @ waves.astype(np.float32).T
    low = strengths.reshape(len(thumbnails), -1)[:, 1:]
    bits = low > np.median(low, axis=1, keepdims=True)
    return np.packbits(np.pad(bits, ((0, 0), (1, 0))), axis=1).view(np.uint64)[:, 0]


def _candidates(
    hashes: NDArray[np.uint64], means: NDArray[np.float64], parts: NDArray[np.int64]
) -> Iterator[NDArray[np.int64]]:
    """Pairs of rows with hashes alike, (n, 2), each row with later ones; ``means`` ascend."""
    ends = np.searchsorted(means, means + _MOST_MEAN, side="right")
    for start in range(0, len(hashes), _N_ROWS):
        rows = np.arange(start, min(start + _N_ROWS, len(hashes)))
        others = np.arange(start + 1, ends[rows[-1]])
        n_bits = np.bitwise_count(hashes[rows, np.newaxis] ^ hashes[others])
        alike = n_bits <= _MOST_BITS
        if np.count_nonzero(alike) > _MANY * _N_ROWS:
            # Thousands of one picture: those of nearest brightness are enough.
            alike = alike[:, : _N_ROWS + _MANY]
        i, j = np.nonzero(alike)
        i, j = rows[i], others[j]
        later = (j > i) & (j < ends[i])
        i, j = i[later], j[later]
        few = _first_of_each((2 * (i - start) + (parts[i] == parts[j])).astype(np.uint16))
        yield np.stack([i[few], j[few]], axis=1)


def _first_of_each(values: NDArray[np.uint16]) -> NDArray[np.int64]:
    """Where the first 16 of each value stand, in order; 16 bits are sorted in linear time."""
    by_value = np.argsort(values, kind="stable")
    ordered = values[by_value]
    rank = np.arange(len(values)) - np.searchsorted(ordered, ordered)
    return np.sort(by_value[rank < _MOST_EACH])


def _are_near(
    flat: NDArray[np.int16], first: NDArray[np.int64], second: NDArray[np.int64]
) -> NDArray[np.bool_]:
    near = np.zeros(len(first), dtype=np.bool_)
    for start in range(0, len(first), 1 << 14):
        part = slice(start, start + (1 << 14))
        difference = np.abs(flat[first[part]] - flat[second[part]])
        near[part] = (difference.mean(axis=1) <= _MOST_MEAN) & (
            difference.max(axis=1) <= _MOST_ANYWHERE
        )
    return near
