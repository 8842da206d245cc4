"""Every image decoded once before anything is learned from it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from classifier.dataset.decoding import MAX_PIXELS
from classifier.dataset.inspection import CheckedFile, InspectedImage, inspect_images
from classifier.dataset.record import Dataset, ImageProblem

__all__ = ["CheckedFile", "check_images", "checked_files", "fingerprint"]


def check_images(
    dataset: Dataset,
    *,
    max_pixels: int = MAX_PIXELS,
    inspected: Mapping[Path, InspectedImage] | None = None,
    progress: Callable[[int], None] | None = None,
) -> tuple[Dataset, str]:
    """Decode every image once; return those that can be used, and a fingerprint of all of them.

    ``inspected`` is what ``scan_dataset`` found of them, so that none is read again.
    """
    if inspected is None:
        inspected = inspect_images(dataset.paths, max_pixels=max_pixels, progress=progress)
    files = checked_files(dataset, inspected)
    kept = np.array([i for i, file in enumerate(files) if file is not None], dtype=np.int64)
    problems = tuple(
        ImageProblem(path, inspected[path].findings[0].message)
        for path, file in zip(dataset.paths, files, strict=True)
        if file is None
    )
    checked = replace(dataset.take(kept), problems=dataset.problems + problems)
    return checked, fingerprint(file for file in files if file is not None)


def checked_files(
    dataset: Dataset, inspected: Mapping[Path, InspectedImage]
) -> tuple[CheckedFile | None, ...]:
    """Size and digest of each image, in the dataset's order; None for one that cannot be used."""
    return tuple(inspected[path].file for path in dataset.paths)


def fingerprint(files: Iterable[CheckedFile]) -> str:
    """SHA-256 over the files' sorted names, sizes and SHA-256 digests, in hexadecimal.

    A name is the file's and its folder's, so that the fingerprint names the very images that were
    learned from, wherever they lie.
    """
    lines = sorted(
        f"{file.path.parent.name}/{file.path.name}\0{file.size_bytes}\0{file.sha256}"
        for file in files
    )
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()
