"""One image file in, one RGB array of the network's size out, by a rule that has a name.

The rule's name is written into each model folder, because a network must see recordings resized as
its training images were.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from classifier.errors import DatasetError

__all__ = ["IMAGE_SUFFIXES", "REFERENCE_RULE", "RESIZE_RULES", "read_image", "resize_image"]

REFERENCE_RULE = "opencv_inter_area"
"""The rule of model folders that name none."""

IMAGE_SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})

_JPEG_START, _JPEG_END = b"\xff\xd8\xff", b"\xff\xd9"
_PNG_START, _PNG_END = b"\x89PNG", b"IEND"


def read_image(
    path: Path,
    *,
    size_px: tuple[int, int] | None = None,
    resize_rule: str = REFERENCE_RULE,
) -> NDArray[np.uint8]:
    """Decode one image as (height, width, 3) uint8 RGB, resized to ``size_px`` unless it is None.

    EXIF orientation is applied, transparency dropped, grey made three equal channels.

    Raises:
        DatasetError: the file is absent, empty, cut off, or not an image.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DatasetError(path, f"cannot be read ({error.strerror})") from error
    cause = _why_unreadable(content)
    if cause is not None:
        raise DatasetError(path, cause)
    try:
        bgr = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise DatasetError(path, "the image is too large or damaged") from error
    if bgr is None:
        raise DatasetError(path, "not an image that OpenCV can decode")
    rgb = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)
    return resize_image(rgb, size_px, rule=resize_rule) if size_px is not None else rgb


def resize_image(
    image: NDArray[np.uint8], size_px: tuple[int, int], *, rule: str = REFERENCE_RULE
) -> NDArray[np.uint8]:
    """Resize (height, width, 3) to ``size_px`` (height, width), its aspect not kept.

    Raises:
        ValueError: ``rule`` is none of ``RESIZE_RULES``.
    """
    if rule not in RESIZE_RULES:
        raise ValueError(f"resize_rule must be {' or '.join(RESIZE_RULES)}, got {rule!r}")
    if image.shape[:2] == tuple(size_px):
        return image
    return RESIZE_RULES[rule](image, size_px)


def _by_opencv(image: NDArray[np.uint8], size_px: tuple[int, int]) -> NDArray[np.uint8]:
    """``cv2.resize`` with ``INTER_AREA`` on full RGB."""
    height, width = size_px
    resized = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    return resized.astype(np.uint8, copy=False)


def _by_swscale(image: NDArray[np.uint8], size_px: tuple[int, int]) -> NDArray[np.uint8]:
    """FFmpeg's area filter, rounded and the same on every processor.

    Shrunk pictures differ from OpenCV's by one level at most. Grown ones differ more: OpenCV keeps
    the edges of their pixels, this filter interpolates between them.
    """
    # Machines that use the other rule need no FFmpeg.
    import av
    from av.video.reformatter import Interpolation, VideoReformatter

    height, width = size_px
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
    # Images are read by several threads, which must not share a scaler.
    resized = VideoReformatter().reformat(
        frame,
        width=width,
        height=height,
        format="rgb24",
        interpolation=Interpolation.AREA
        | Interpolation.ACCURATE_RND
        | Interpolation.FULL_CHR_H_INT
        | Interpolation.FULL_CHR_H_INP
        | Interpolation.BITEXACT,
        threads=1,
    )
    return resized.to_ndarray().astype(np.uint8, copy=False)


RESIZE_RULES: dict[str, Callable[[NDArray[np.uint8], tuple[int, int]], NDArray[np.uint8]]] = {
    REFERENCE_RULE: _by_opencv,
    "swscale_area": _by_swscale,
}
"""By name, what makes of (h, w, 3) uint8 RGB the same of another (height, width): squeezed."""


def _why_unreadable(content: bytes) -> str | None:
    """Say why these bytes are no whole image; decoders fill what is missing with grey instead."""
    if not content:
        return "the file is empty"
    cut_jpeg = content.startswith(_JPEG_START) and _JPEG_END not in content[-4096:]
    cut_png = content.startswith(_PNG_START) and _PNG_END not in content[-64:]
    return "the image is cut off" if cut_jpeg or cut_png else None
