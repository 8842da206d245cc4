"""Pictures made to be good or bad in one known way: tissue, blur, noise, cloth, menus, bars."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

SIZE_PX = (224, 224)
LIVER, FAT, STEEL = (150, 60, 50), (220, 180, 110), (200, 205, 210)
GREEN, BLUE, WHITE, GREY = (20, 120, 80), (40, 60, 200), (235, 235, 235), (128, 128, 128)


def tissue(
    seed: int = 0, size_px: tuple[int, int] = SIZE_PX, *, shift_px: int = 0
) -> NDArray[np.uint8]:
    """Textured organs in a round field of view, with vessels, highlights and a steel shaft."""
    height, width = size_px
    rng = np.random.default_rng(seed)
    hills = cv2.resize(rng.random((7, 9)), (width, height), interpolation=cv2.INTER_CUBIC)
    share = (hills > 0.5)[:, :, np.newaxis]
    image = np.where(share, LIVER, FAT) * (0.4 + 0.6 * np.clip(hills, 0, 1)[:, :, np.newaxis])
    image = np.ascontiguousarray(image.astype(np.uint8))
    for _ in range(25):
        (x, y), (dx, dy) = rng.integers(0, min(size_px), 2), rng.integers(-40, 40, 2)
        end = (int(x + dx), int(y + dy))
        cv2.line(image, (int(x), int(y)), end, (110, 20, 25), max(1, width // 112))
        cv2.circle(image, end, max(1, width // 150), (255, 250, 245), -1)
    tip = (width // 2 + shift_px, height // 2)
    cv2.line(image, (width, height // 3), tip, STEEL, max(2, width // 20))
    y, x = np.mgrid[:height, :width]
    image[np.hypot((y + 0.5) / height - 0.5, (x + 0.5) / width - 0.5) > 0.47] = 0
    return image


def blurred(image: NDArray[np.uint8], sigma_px: float) -> NDArray[np.uint8]:
    """Out of focus, but for the edge of the field, which lies within the endoscope."""
    lit = image.max(axis=2, keepdims=True) > 0
    soft = cv2.GaussianBlur(image, (0, 0), sigma_px)
    return np.where(lit, soft, image).astype(np.uint8)


def noisy(image: NDArray[np.uint8], sigma: float, seed: int = 0) -> NDArray[np.uint8]:
    noise = np.random.default_rng(seed).normal(0, sigma, image.shape)
    return np.clip(np.rint(image + noise), 0, 255).astype(np.uint8)


def plain(colour: tuple[int, int, int], size_px: tuple[int, int] = SIZE_PX) -> NDArray[np.uint8]:
    return np.full((*size_px, 3), colour, dtype=np.uint8)


def bars() -> NDArray[np.uint8]:
    """The seven bars of the test card, 75 %."""
    colours = [(r, g, b) for g in (191, 0) for r in (191, 0) for b in (191, 0)][:7]
    return np.repeat(np.array([colours], np.uint8), 32, axis=1).repeat(224, axis=0)


def menu(background: tuple[int, int, int] = (20, 30, 60)) -> NDArray[np.uint8]:
    image = plain(background)
    for k, line in enumerate(("NO SIGNAL", "1 RECORD", "2 SETTINGS", "3 EXPORT")):
        cv2.putText(image, line, (20, 50 + 40 * k), cv2.FONT_HERSHEY_SIMPLEX, 0.8, WHITE, 2)
    return image


def stack(*images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.stack(images)
