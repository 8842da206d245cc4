"""One frame as a picture on disk: its name, its encoding, and that none is ever overwritten."""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from video_pipeline.errors import OutputError
from video_pipeline.output.files import make_folder, write_bytes

__all__ = [
    "DEFAULT_QUALITY",
    "FORMATS",
    "PictureSettings",
    "encode_picture",
    "find_pictures",
    "milliseconds",
    "picture_name",
    "write_new_picture",
]

FORMATS = ("jpg", "png")
DEFAULT_QUALITY = 95

# Six digits of seconds are eleven days: names sort as times do.
_NAME = re.compile(r".+_\d{6,}\.\d{3}s\.(?:jpg|png)")


@dataclass(frozen=True)
class PictureSettings:
    """How frames become files."""

    format: str = "jpg"
    quality: int | None = DEFAULT_QUALITY
    """Of JPEG, 1 to 100; None for PNG, which loses nothing."""
    size_px: tuple[int, int] | None = None
    """(height, width); None keeps the displayed size."""

    def __post_init__(self) -> None:
        if self.format not in FORMATS:
            raise ValueError(f"pictures are jpg or png, got {self.format!r}")
        if (self.quality is None) != (self.format == "png"):
            raise ValueError(f"a quality belongs to jpg, got {self.quality} for {self.format}")
        if self.quality is not None and not 1 <= self.quality <= 100:
            raise ValueError(f"a quality lies between 1 and 100, got {self.quality}")

    def as_json(self) -> dict[str, Any]:
        """What tells whether two calls write the same pictures, the format left out."""
        size_px = list(self.size_px) if self.size_px is not None else None
        return {"quality": self.quality, "size_px": size_px}


def milliseconds(time_s: float) -> int:
    """A time as names and tables hold it; times a millisecond apart or more stay different."""
    return math.floor(time_s * 1000 + 0.5)


def picture_name(video_id: str, time_ms: int, picture_format: str) -> str:
    """``case12_000090.500s.jpg``: the frame of case12 at 90.5 s."""
    return f"{video_id}_{time_ms // 1000:06}.{time_ms % 1000:03}s.{picture_format}"


def find_pictures(out: Path) -> dict[str, list[str]]:
    """Extracted frames anywhere below ``out``: each name and the places of its copies.

    Places are relative to ``out``, with forward slashes. People sort frames into class folders; a
    frame is found, and left, wherever it lies now.
    """
    found: dict[str, list[str]] = {}
    for place, folders, files in os.walk(out):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in files:
            if _NAME.fullmatch(name):
                found.setdefault(name, []).append(Path(place, name).relative_to(out).as_posix())
    return found


def encode_picture(image: NDArray[np.uint8], picture: PictureSettings) -> bytes | None:
    """(height, width, 3) RGB as the bytes of a file; None where the format knows no such size."""
    options = [] if picture.quality is None else [cv2.IMWRITE_JPEG_QUALITY, picture.quality]
    try:
        done, content = cv2.imencode(
            f".{picture.format}", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), options
        )
    except cv2.error:
        return None
    return content.tobytes() if done else None


def write_new_picture(path: Path, image: NDArray[np.uint8], picture: PictureSettings) -> bool:
    """Write a frame unless something is there already; whether it was written.

    Raises:
        OutputError: it cannot be written, or its format knows no picture of that size.
    """
    if os.path.lexists(path):
        return False
    content = encode_picture(image, picture)
    if content is None:
        height, width = image.shape[:2]
        raise OutputError(
            path, f"{width} x {height} px are too many for {picture.format}", hint="pass --size"
        )
    make_folder(path.parent)
    write_bytes(path, content)
    return True
