"""Labelled images as one record: which files, which tools each shows, which belong together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from classifier.dataset.images import read_image, resize_image

__all__ = ["Crop", "Dataset", "ImageProblem"]


_T = TypeVar("_T")

Crop = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]
"""(h, w, 3) uint8 RGB to the part of it that stays; several threads may call it at once."""


@dataclass(frozen=True)
class ImageProblem:
    """One file that cannot be used, and why."""

    path: Path
    cause: str


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images and the classes that each of them shows."""

    source: Path
    """The folder or table that the images were listed from."""
    paths: tuple[Path, ...]
    labels: NDArray[np.float32]
    """(n, n_classes) 0, 1, or NaN where nobody said; the tools' columns first, then the
    background classes'."""
    tools: tuple[str, ...]
    background: tuple[str, ...] = ()
    videos: tuple[str, ...] | None = None
    """The recording of each image, or None where nothing tells it."""
    patients: tuple[str, ...] | None = None
    """The patient of each image, or None where nothing tells it."""
    problems: tuple[ImageProblem, ...] = ()
    crops: tuple[Crop, ...] | None = None
    """How each image is cut before it is resized, or None where all stay whole."""

    def __post_init__(self) -> None:
        shape = (len(self.paths), len(self.tools) + len(self.background))
        if self.labels.shape != shape:
            raise ValueError(f"labels must have shape {shape}, got {self.labels.shape}")
        if self.videos is not None and len(self.videos) != len(self.paths):
            raise ValueError(f"{len(self.paths)} images need as many videos")
        if self.patients is not None and len(self.patients) != len(self.paths):
            raise ValueError(f"{len(self.paths)} images need as many patients")
        if self.crops is not None and len(self.crops) != len(self.paths):
            raise ValueError(f"{len(self.paths)} images need as many crops")

    def __len__(self) -> int:
        return len(self.paths)

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of all columns."""
        return self.tools + self.background

    @property
    def counts(self) -> dict[str, int]:
        """How many images are known to show each class."""
        n_shown = (self.labels == 1).sum(axis=0)
        return dict(zip(self.classes, map(int, n_shown), strict=True))

    @property
    def groups(self) -> tuple[str, ...] | None:
        """What must not be torn apart: each image's patient, else its recording, else None."""
        return self.patients if self.patients is not None else self.videos

    def take(self, rows: NDArray[np.int64]) -> Dataset:
        """Keep the images of ``rows``, in that order."""
        return replace(
            self,
            paths=_taken(self.paths, rows),
            labels=self.labels[rows],
            videos=_taken(self.videos, rows) if self.videos is not None else None,
            patients=_taken(self.patients, rows) if self.patients is not None else None,
            crops=_taken(self.crops, rows) if self.crops is not None else None,
        )

    def read(self, row: int, *, size_px: tuple[int, int], resize_rule: str) -> NDArray[np.uint8]:
        """Read one image as a network sees it, (height, width, 3): cut, then resized.

        Raises:
            DatasetError: the file is absent, empty, cut off, or not an image.
        """
        image = read_image(self.paths[row])
        if self.crops is not None:
            image = self.crops[row](image)
        return resize_image(image, size_px, rule=resize_rule)

    def without_background(self) -> Dataset:
        """Drop the background columns: their images become examples of no tool at all."""
        return replace(self, labels=self.labels[:, : len(self.tools)], background=())


def _taken(values: tuple[_T, ...], rows: NDArray[np.int64]) -> tuple[_T, ...]:
    return tuple(values[row] for row in rows)
