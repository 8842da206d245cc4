"""Files that are complete or absent: written beside their place, then renamed into it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import cv2

from rendering.chance import Image
from rendering.tools import TOOLS

__all__ = ["appearing", "write_jpeg", "write_table"]


@contextmanager
def appearing(path: Path) -> Iterator[Path]:
    """Give a path beside the wanted one; what was written there moves when the block succeeds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.stem}.part{path.suffix}")
    try:
        yield beside
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def write_jpeg(path: Path, image: Image, *, quality: int) -> None:
    """Write an RGB image."""
    done, data = cv2.imencode(".jpg", image[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError(f"{path}: a {image.shape} {image.dtype} image cannot become a JPEG file")
    with appearing(path) as beside:
        beside.write_bytes(data.tobytes())


def write_table(
    path: Path, first_columns: Sequence[str], rows: Iterable[tuple[Sequence[str], Sequence[bool]]]
) -> None:
    """Write rows of (first cells, presence of each of TOOLS) as CSV with 0/1 cells."""
    lines = [",".join([*first_columns, *TOOLS])]
    lines += [
        ",".join([*cells, *("1" if tool else "0" for tool in present)]) for cells, present in rows
    ]
    with appearing(path) as beside:
        beside.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
