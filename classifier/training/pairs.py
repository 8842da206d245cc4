"""Two images of one tool each become one that shows both, so that a sigmoid head learns of company.

Class folders show one tool an image; frames of real operations show two in almost half of their
seconds. Where a tool lies in an image nobody said. ``mixed`` takes the mean of both, in which both
are faint. ``pasted`` takes every part from the image that looks less like tissue there: tools are
grey, white or golden where tissue is red, so their colours lie far from the image's usual one.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["PAIRINGS"]

Image = NDArray[np.uint8]
Pairing = Callable[[Image, Image, np.random.Generator], Image]

_SMALL_PX = 64
"""Strangeness is judged on a picture of this side: tools are large, highlights are small."""
_SOFTNESS = 0.12
"""Difference in strangeness at which one image outweighs the other by e to 1."""
_FAINTEST = 5.0
"""Lab units that are added to an image's scale, so that its noise does not count as strange."""


def _mix(one: Image, other: Image, rng: np.random.Generator) -> Image:
    other = _turned(other, rng)
    share = rng.uniform(0.4, 0.6)
    return np.asarray(cv2.addWeighted(one, share, other, 1 - share, 0.0), dtype=np.uint8)


def _paste(one: Image, other: Image, rng: np.random.Generator) -> Image:
    other = _turned(other, rng)
    # Where both are tissue, one of them is the ground.
    ground = rng.choice((-_SOFTNESS, _SOFTNESS))
    difference = _strangeness(other) - _strangeness(one) + ground
    weight = 1 / (1 + np.exp(-difference / _SOFTNESS))
    height, width = one.shape[:2]
    share = cv2.resize(weight, (width, height), interpolation=cv2.INTER_CUBIC)[..., None]
    blended = one + np.clip(share, 0, 1) * (other.astype(np.float32) - one)
    return np.asarray(np.rint(blended), dtype=np.uint8)


PAIRINGS: dict[str, Pairing] = {"mixed": _mix, "pasted": _paste}
"""By name, what makes of two (h, w, 3) uint8 RGB images of one size a third one of that size."""


def _turned(image: Image, rng: np.random.Generator) -> Image:
    """Mirrored or not, so that two images make more than one pair."""
    turn = int(rng.integers(0, 4))
    turned = image[:: -1 if turn & 1 else 1, :: -1 if turn & 2 else 1]
    return np.ascontiguousarray(turned, dtype=np.uint8)


def _strangeness(image: Image) -> NDArray[np.float32]:
    """(64, 64) how far each place's colour is from the image's usual one; about 1 on a tool."""
    small = cv2.resize(image, (_SMALL_PX, _SMALL_PX), interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    # The black around a round picture is neither tool nor tissue.
    lit = lab[..., 0] > 8
    usual = np.median(lab[lit], axis=0) if lit.any() else np.zeros(3)
    away = lab - usual.astype(np.float32)
    # Light falls off towards the rim: brightness says less than colour.
    distance = np.hypot(np.hypot(away[..., 1], away[..., 2]), 0.25 * away[..., 0])
    distance = np.where(lit, distance, np.float32(0)).astype(np.float32)
    smooth = cv2.GaussianBlur(distance, (0, 0), 1.2)
    # A grey tool is less strange than a golden one; against each other both have to stand.
    scale = np.percentile(smooth[lit], 90) if lit.any() else 0.0
    return np.asarray(smooth / (scale + _FAINTEST), dtype=np.float32)
