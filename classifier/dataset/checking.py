"""Every image decoded once before anything is learned from it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np

from classifier.dataset.images import read_image
from classifier.dataset.record import Dataset, ImageProblem
from classifier.errors import DatasetError

__all__ = ["check_images"]


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
