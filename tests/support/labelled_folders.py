"""Small class folders that are in order, to be put out of it, and what a scan says."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from classifier.dataset.scan import ScanReport


def picture(seed: int, height: int = 48, width: int = 64) -> NDArray[np.uint8]:
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.uint8)


def write(path: Path, seed: int, *, quality: int = 95, height: int = 48) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    content = cv2.imencode(
        path.suffix, picture(seed, height, height * 4 // 3), [cv2.IMWRITE_JPEG_QUALITY, quality]
    )[1]
    path.write_bytes(content.tobytes())
    return path


def said(report: ScanReport) -> list[tuple[str, str]]:
    """Kind and path of each finding."""
    return [
        (finding.kind, finding.path.relative_to(report.dataset).as_posix())
        for finding in report.findings
    ]


def counts(report: ScanReport) -> dict[str, dict[str, int]]:
    return {split.split: dict(split.counts) for split in report.splits}


def leak(dataset: Path, kind: str) -> Path:
    source = dataset / "train" / "hook" / "1.jpg"
    path = dataset / "test" / "hook" / "leak.jpg"
    if kind == "link":
        path.symlink_to(source)
    elif kind == "copy":
        shutil.copy(source, path)
    elif kind == "recompressed":
        write(path, 11, quality=60)
    else:
        write(path, 11, height=96)
    return path
