"""Labelled images as one record: which files, which tools each shows, which belong together."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classifier.errors import DatasetError
from classifier.images import read_image, resize_image

__all__ = ["Crop", "Dataset", "ImageProblem", "check_images", "split_validation"]

_MOST_EXCESS = 1.25
"""Whole recordings seldom give exactly the share; so much more is taken."""


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
    """(n, n_classes) 0 or 1; the tools' columns first, then the background classes'."""
    tools: tuple[str, ...]
    background: tuple[str, ...] = ()
    videos: tuple[str, ...] | None = None
    """The recording of each image, or None where nothing tells it."""
    problems: tuple[ImageProblem, ...] = ()
    crops: tuple[Crop, ...] | None = None
    """How each image is cut before it is resized, or None where all stay whole."""

    def __post_init__(self) -> None:
        shape = (len(self.paths), len(self.tools) + len(self.background))
        if self.labels.shape != shape:
            raise ValueError(f"labels must have shape {shape}, got {self.labels.shape}")
        if self.videos is not None and len(self.videos) != len(self.paths):
            raise ValueError(f"{len(self.paths)} images need as many videos")
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
        """How many images show each class."""
        return dict(zip(self.classes, map(int, self.labels.sum(axis=0)), strict=True))

    def take(self, rows: NDArray[np.int64]) -> Dataset:
        """Keep the images of ``rows``, in that order."""
        videos = tuple(self.videos[row] for row in rows) if self.videos is not None else None
        return replace(
            self,
            paths=tuple(self.paths[row] for row in rows),
            labels=self.labels[rows],
            videos=videos,
            crops=tuple(self.crops[row] for row in rows) if self.crops is not None else None,
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


def check_images(
    dataset: Dataset,
    *,
    progress: Callable[[int], None] | None = None,
) -> tuple[Dataset, str]:
    """Decode every image once; return those that can be read, and a fingerprint of all of them.

    The fingerprint is the SHA-256 over the sorted file names, sizes and SHA-256 digests of what is
    kept, so that it names the very images that were learned from, wherever they lie.
    """
    with ThreadPoolExecutor(max_workers=4) as pool:
        found: list[str | ImageProblem] = []
        for outcome in pool.map(_digest_or_problem, dataset.paths):
            found.append(outcome)
            if progress is not None:
                progress(1)
    kept = np.array([i for i, x in enumerate(found) if isinstance(x, str)], dtype=np.int64)
    problems = tuple(x for x in found if isinstance(x, ImageProblem))
    checked = replace(dataset.take(kept), problems=dataset.problems + problems)
    names = [f"{dataset.paths[i].parent.name}/{dataset.paths[i].name}" for i in kept]
    lines = sorted(f"{name}\0{found[i]}" for name, i in zip(names, kept, strict=True))
    content = "\n".join(lines).encode("utf-8", "surrogateescape")
    return checked, hashlib.sha256(content).hexdigest()


def _digest_or_problem(path: Path) -> str | ImageProblem:
    try:
        read_image(path)
    except DatasetError as error:
        return ImageProblem(path, error.cause)
    content = path.read_bytes()
    return f"{len(content)}\0{hashlib.sha256(content).hexdigest()}"


def split_validation(dataset: Dataset, *, share: float, seed: int) -> tuple[Dataset, Dataset]:
    """Take about ``share`` of the images for validation, by whole recordings where they are known.

    Frames of one operation resemble one another, so a random split of frames overstates accuracy;
    it is used only where no recording is named. Then each class gives its share, and at least one
    image as long as it has two.

    Raises:
        DatasetError: nothing would be left to learn from or to validate on.
    """
    rng = np.random.default_rng(seed)
    n_videos = len(set(dataset.videos)) if dataset.videos is not None else 0
    if n_videos >= 2:
        chosen = _choose_videos(dataset, share=share, rng=rng)
    else:
        chosen = _choose_images(dataset, share=share, rng=rng)
    if not chosen.any() or chosen.all():
        raise DatasetError(
            dataset.source,
            f"{len(dataset)} images are too few to learn from and to validate on",
            hint="add images, at least two a class",
        )
    return dataset.take(np.flatnonzero(~chosen)), dataset.take(np.flatnonzero(chosen))


def _choose_videos(
    dataset: Dataset, *, share: float, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Recordings in random order, as many as fit into the share; if none fits, the smallest one."""
    if dataset.videos is None:
        raise ValueError("a split by recordings needs the images' recordings")
    videos = np.array(dataset.videos)
    names, sizes = np.unique(videos, return_counts=True)
    chosen = np.zeros(len(dataset), dtype=np.bool_)
    for name in rng.permutation(names):
        with_it = chosen | (videos == name)
        if with_it.mean() <= share * _MOST_EXCESS and _teaches_every_class(dataset, ~with_it):
            chosen = with_it
        if chosen.mean() >= share:
            break
    for name in names[np.argsort(sizes, kind="stable")]:
        if chosen.any():
            break
        if _teaches_every_class(dataset, videos != name):
            chosen = videos == name
    return chosen


def _teaches_every_class(dataset: Dataset, rows: NDArray[np.bool_]) -> bool:
    """Whether each class that the dataset shows at all is shown by these rows."""
    shown = dataset.labels.any(axis=0)
    return bool(np.array_equal(dataset.labels[rows].any(axis=0), shown))


def _choose_images(
    dataset: Dataset, *, share: float, rng: np.random.Generator
) -> NDArray[np.bool_]:
    chosen = np.zeros(len(dataset), dtype=np.bool_)
    # Frames that show the same set of tools form a stratum.
    _, strata = np.unique(dataset.labels, axis=0, return_inverse=True)
    for stratum in np.unique(strata):
        rows = np.flatnonzero(strata == stratum)
        n_validation = round(share * len(rows))
        if len(rows) >= 2:
            n_validation = max(n_validation, 1)
        chosen[rng.permutation(rows)[:n_validation]] = True
    return chosen
