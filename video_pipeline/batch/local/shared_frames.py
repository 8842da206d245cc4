"""Memory that a worker and its engine share: a batch of images there, the answers back.

It is a file that nobody can see: unlinked as soon as it is made, so nothing of it is left however
a process ends.
"""

from __future__ import annotations

import mmap
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

__all__ = ["FrameLayout", "SharedFrames", "make_shared_file"]

_MOST_FEATURES = 8192
_IN_MEMORY = Path("/dev/shm")  # noqa: S108  Debian's tmpfs; the file there has no name


@dataclass(frozen=True)
class FrameLayout:
    """How much one worker hands over at once."""

    n_images: int
    size_px: tuple[int, int]
    """(height, width) of an image."""
    n_tools: int

    @property
    def image_bytes(self) -> int:
        """Of all images together."""
        return self.n_images * self.size_px[0] * self.size_px[1] * 3

    @property
    def probability_bytes(self) -> int:
        """Of all probabilities together."""
        return self.n_images * self.n_tools * 4

    @property
    def n_bytes(self) -> int:
        """Of the shared file: pages that nobody touches take no memory."""
        return self.image_bytes + self.probability_bytes + self.n_images * _MOST_FEATURES * 2 + 8


def make_shared_file(layout: FrameLayout) -> int:
    """A descriptor of a new file without a name, in memory where the system has such a place."""
    place = _IN_MEMORY if _IN_MEMORY.is_dir() and os.access(_IN_MEMORY, os.W_OK) else None
    with tempfile.TemporaryFile(dir=place) as file:
        file.truncate(layout.n_bytes)
        return os.dup(file.fileno())


class SharedFrames:
    """Both sides' view of the shared file; the descriptor is closed, the memory stays."""

    def __init__(self, descriptor: int, layout: FrameLayout) -> None:
        self._layout = layout
        self._memory = mmap.mmap(descriptor, layout.n_bytes)
        os.close(descriptor)
        n, (height, width) = layout.n_images, layout.size_px
        self._images = np.frombuffer(self._memory, np.uint8, layout.image_bytes)
        self._images = self._images.reshape(n, height, width, 3)
        self._after_images = layout.image_bytes + -layout.image_bytes % 4
        self._probabilities = np.frombuffer(
            self._memory, np.float32, n * layout.n_tools, self._after_images
        ).reshape(n, layout.n_tools)
        self._after_probabilities = self._after_images + layout.probability_bytes

    def put_images(self, images: NDArray[np.uint8]) -> None:
        """(n, height, width, 3), at most as many as the layout holds."""
        self._images[: len(images)] = images

    def images(self, n: int) -> NDArray[np.uint8]:
        """The first ``n`` images; overwritten by the next ones."""
        return self._images[:n]

    def put_answers(
        self, probabilities: NDArray[np.float32], features: NDArray[np.float16] | None
    ) -> int | None:
        """Answers to the images at hand; returns how many features each has."""
        n = len(probabilities)
        self._probabilities[:n] = probabilities
        if features is None:
            return None
        self._features(n, features.shape[1])[:] = features
        return int(features.shape[1])

    def answers(
        self, n: int, n_features: int | None
    ) -> tuple[NDArray[np.float32], NDArray[np.float16] | None]:
        """Copies of what ``put_answers`` was given."""
        features = None if n_features is None else self._features(n, n_features).copy()
        return self._probabilities[:n].copy(), features

    def _features(self, n: int, n_features: int) -> NDArray[np.float16]:
        if n_features > _MOST_FEATURES:
            raise ValueError(f"at most {_MOST_FEATURES} features a frame, got {n_features}")
        return np.frombuffer(
            self._memory, np.float16, n * n_features, self._after_probabilities
        ).reshape(n, n_features)
