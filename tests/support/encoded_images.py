"""Pictures in every encoding, and what OpenCV makes of them."""

from __future__ import annotations

import io

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from classifier.dataset.decoding import decode_image

RGB = NDArray[np.uint8]


def smooth(height: int = 60, width: int = 80, seed: int = 0) -> RGB:
    coarse = np.random.default_rng(seed).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.uint8)


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def saved(pixels: NDArray[np.generic], kind: str, **options: object) -> bytes:
    return encoded(Image.fromarray(pixels), kind, **options)


def exif(orientation: int) -> bytes:
    tags = Image.Exif()
    tags[0x0112] = orientation
    return tags.tobytes()


def by_opencv(content: bytes) -> RGB:
    bgr = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    assert bgr is not None
    return bgr[..., ::-1].astype(np.uint8)


def decoded(content: bytes) -> RGB:
    found = decode_image(content, thorough=True).pixels
    assert found.dtype == np.uint8
    return found
