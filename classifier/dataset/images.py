"""One image file in, one RGB array of the network's size out, by a rule that has a name.

The rule's name is written into each model folder, because a network must see recordings resized as
its training images were.
"""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from classifier.dataset.decoding import MAX_PIXELS, DecodedImage, decode_image
from classifier.dataset.image_headers import FORMATS, ImageFaultError, format_of, suits_suffix
from classifier.errors import DatasetError

__all__ = [
    "IMAGE_SUFFIXES",
    "REFERENCE_RULE",
    "RESIZE_RULES",
    "decode_file",
    "read_content",
    "read_image",
    "resize_image",
]

REFERENCE_RULE = "opencv_inter_area"
"""The rule of model folders that name none."""

IMAGE_SUFFIXES = frozenset().union(*FORMATS.values())
"""Files with one of these, in any letter case, are taken for images; what they are, they say."""

_MOST_BYTES = 256 << 20
"""No image of ``MAX_PIXELS`` pixels has more."""


def read_image(
    path: Path,
    *,
    size_px: tuple[int, int] | None = None,
    resize_rule: str = REFERENCE_RULE,
) -> NDArray[np.uint8]:
    """Decode one image as (height, width, 3) uint8 RGB, resized to ``size_px`` unless it is None.

    Training and annotation of images read by this rule, so that both see the same: EXIF
    orientation is applied, transparency dropped, grey made three equal channels, CMYK made RGB, 16
    bits made 8 by their upper half, of several pictures the first taken. An image is what its
    content is: a PNG named ``.jpg`` is read, but a TIFF only under its own name, because what can
    be in one differs from program to program.

    Raises:
        DatasetError: the file is absent, empty, cut off, damaged, too large, or not an image.
    """
    try:
        pixels = decode_file(path, read_content(path)).pixels
    except ImageFaultError as fault:
        raise DatasetError(path, fault.cause, hint=fault.hint) from fault
    return resize_image(pixels, size_px, rule=resize_rule) if size_px is not None else pixels


def read_content(path: Path) -> bytes:
    """Read an image file's bytes.

    Raises:
        ImageFaultError: it cannot be read, or is larger than any image.
    """
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):
            # Opening a pipe would wait for its writer.
            raise ImageFaultError("unreadable", "not a regular file")
        if about.st_size > _MOST_BYTES:
            raise ImageFaultError(
                "too_large", f"more than {_MOST_BYTES >> 20} MiB", hint="make it smaller"
            )
        return path.read_bytes()
    except OSError as error:
        raise ImageFaultError("unreadable", f"cannot be read ({error.strerror})") from error


def decode_file(
    path: Path, content: bytes, *, max_pixels: int = MAX_PIXELS, thorough: bool = False
) -> DecodedImage:
    """Decode what was read from ``path``; see ``decode_image``.

    Raises:
        ImageFaultError: it cannot be used, or is a TIFF by another name.
    """
    if format_of(content) == "TIFF" and not suits_suffix("TIFF", path.suffix):
        raise ImageFaultError(
            "not_supported", f"a TIFF named {path.suffix}", hint="name it .tif, or save it as PNG"
        )
    return decode_image(content, max_pixels=max_pixels, thorough=thorough)


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
