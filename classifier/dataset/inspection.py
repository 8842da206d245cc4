"""Each image file read and decoded once: its digest, its small picture, and what is to be said."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classifier.dataset.decoding import MAX_PIXELS, DecodedImage
from classifier.dataset.findings import Finding
from classifier.dataset.image_headers import ImageFaultError, suits_suffix
from classifier.dataset.images import decode_file, read_content
from classifier.dataset.similarity import thumbnail

__all__ = ["CheckedFile", "InspectedImage", "inspect_images"]

_TINY_PX = 16
"""An image with a shorter side shows nothing that a network could learn."""


@dataclass(frozen=True)
class CheckedFile:
    """An image that can be decoded, and what tells its content from any other's."""

    path: Path
    size_bytes: int
    sha256: str


@dataclass(frozen=True, eq=False)
class InspectedImage:
    """What came of one image file."""

    path: Path
    file: CheckedFile | None
    """None if it cannot be used; then the first of ``findings`` says why."""
    thumbnail: NDArray[np.uint8] | None
    """(16, 16) luma, None if it cannot be used."""
    findings: tuple[Finding, ...]


def inspect_images(
    paths: Sequence[Path],
    *,
    max_pixels: int = MAX_PIXELS,
    progress: Callable[[int], None] | None = None,
) -> dict[Path, InspectedImage]:
    """Read, digest and decode each file once, in threads; by its path."""
    unique = dict.fromkeys(paths)

    def inspect(path: Path) -> InspectedImage:
        return _inspect(path, max_pixels)

    inspected: dict[Path, InspectedImage] = {}
    with ThreadPoolExecutor(max_workers=min(8, (os.cpu_count() or 1) + 1)) as pool:
        for image in pool.map(inspect, unique):
            inspected[image.path] = image
            if progress is not None:
                progress(1)
    return inspected


def _inspect(path: Path, max_pixels: int) -> InspectedImage:
    try:
        content = read_content(path)
        decoded = decode_file(path, content, max_pixels=max_pixels, thorough=True)
    except ImageFaultError as fault:
        hint = f"; {fault.hint}" if fault.hint is not None else ""
        finding = Finding(fault.fault, path, fault.cause + hint)
        return InspectedImage(path, None, None, (finding,))
    return InspectedImage(
        path,
        CheckedFile(path, len(content), hashlib.sha256(content).hexdigest()),
        thumbnail(decoded.pixels),
        _remarks(path, decoded),
    )


def _remarks(path: Path, decoded: DecodedImage) -> tuple[Finding, ...]:
    height, width = decoded.pixels.shape[:2]
    said = {
        "tiny": (min(height, width) < _TINY_PX, f"{width} x {height} px"),
        "animated": (decoded.is_animated, f"several pictures in one {decoded.format}"),
        "suffix": (not suits_suffix(decoded.format, path.suffix), f"is a {decoded.format}"),
        "rotated": (decoded.orientation != 1, f"EXIF orientation {decoded.orientation}"),
        "cmyk": (decoded.is_cmyk, "CMYK"),
        "deep": (decoded.n_bits > 8, f"{decoded.n_bits} bits a channel"),
    }
    return tuple(Finding(kind, path, text) for kind, (is_so, text) in said.items() if is_so)
