"""What can be wrong with one picture: it is black, out of focus, or shows no tissue.

Every rule is a plain function of (n, height, width, 3) uint8 RGB images of at least 16 x 16 px and
knows nothing of time. Thresholds lie far from plainly good pictures, so the rules miss mild cases
rather than cry wolf: ``scripts/judge_frame_quality.py`` measures both sides on anyone's frames.
The figures below were measured on 1,100 real laparoscopic frames of seven operations at 224 x 224.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = [
    "are_black",
    "are_blurred",
    "are_colourless",
    "are_out_of_field",
    "brightness_in_blocks",
    "in_blocks",
    "sharpness",
]

N_BLOCKS = 32
"""A picture is cut into 32 x 32 blocks: their means hardly know sensor or codec noise."""

LIT_LEVEL = 40
"""A block is lit where the mean of its brightest channel is above this, of 255.

Black video with noise and the dark red that some cameras give for black stay below 25. The
brightest channel, so that a blue screen is no black one.
"""
LEAST_LIT_SHARE = 0.03
"""A picture with no more lit blocks than this is black: a caption on black still is.

The darkest real frame has 19 % of its blocks lit.
"""

TISSUE_SATURATION = 0.3
"""(max - min) / max of a tissue-coloured block, at least; its brightest channel is red.

Liver, fat, blood, gallbladder, skin. The grey walls of a trocar lie at 0.02 to 0.15.
"""
DARKEST_TISSUE = 24
"""Level of the brightest channel from which on a block counts as tissue, lit or not: where light is
scarce, only a tool may be lit."""
LEAST_TISSUE_SHARE = 0.03
"""Of as many blocks as are lit. A trocar from within has 1 %, and from 6 % on where tissue is seen
beyond its end; the haziest frame, a plastic bag in smoke, has 14 %."""

FOREIGN_SATURATION = 0.35
"""From this on a block whose brightest channel is green or blue has a colour that tissue lacks."""
MOST_FOREIGN_SHARE = 1 / 3
"""Share of the lit blocks, for drapes beside a hand or colour bars with a red one.

Blue instruments, clips and bags reach 6 % in real frames; a third of colour bars is foreign.
"""
COLOURLESS_LEVELS = 4
"""Mean of max - min over the lit blocks below which a picture has no colours at all."""

LARGEST_JUDGED_PX = 224
"""Larger pictures are judged at this height and width, for which the next thresholds hold. Smaller
ones are judged as they are and look sharper: at 128 x 128 from a blur of 2 px (of 224) on, at
64 x 64 from one of 4 px on."""
LEAST_SHARPNESS = 0.3
"""Real frames lie at 0.39 and above (median 1.01); out of focus by a Gaussian of 1.0, 1.5 and 2 px
(of 224) their median is 0.28, 0.18 and 0.13, and from 1.5 px on all lie below 0.24. Four of the
1,100 are too dark to be judged."""
LEAST_STRUCTURE = 2.0
"""Levels. A picture without coarse structure (fog, a bare wall) has nothing to be sharp or not."""

_FIELD_LEVEL = 28
_FIELD_MARGIN_PX = 13
_LEAST_FIELD_SHARE = 0.1
_MOST_NOISE = 2.5
"""Levels, median. Fine structure beyond this is texture, not noise."""
_NINTHS = 9
"""A pixel less the mean of nine is a whole number of ninths: so all is counted exactly."""
_P99_BY_MEDIAN = 3.82
"""Of the magnitude of Gaussian noise."""


def are_black(images: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """(n,) whether a picture shows nothing, but for noise or a line of text."""
    lit = in_blocks(images).max(axis=3) > LIT_LEVEL
    return np.asarray(lit.mean(axis=(1, 2)) <= LEAST_LIT_SHARE)


def are_out_of_field(images: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """(n,) whether a picture that is not black has other colours than the inside of a body.

    Told by colour alone, so by what it lacks (tissue in 3 % of what is lit) or has too much of
    (saturated green and blue in a third of it). The inside of a trocar, gauze, drapes, menus and
    test cards are found; skin, wood and warm light outside of the body are not. Pictures in false
    colours (fluorescence) and in none (see ``are_colourless``) are called out of field.
    """
    blocks = in_blocks(images).astype(np.int16)
    brightest, darkest = blocks.max(axis=3), blocks.min(axis=3)
    lit = brightest > LIT_LEVEL
    n_lit = np.maximum(lit.sum(axis=(1, 2)), 1)
    is_red = blocks[..., 0] == brightest
    chroma = brightest - darkest
    tissue = (brightest > DARKEST_TISSUE) & is_red & (chroma >= TISSUE_SATURATION * brightest)
    foreign = lit & ~is_red & (chroma >= FOREIGN_SATURATION * brightest)
    without_tissue = tissue.sum(axis=(1, 2)) < LEAST_TISSUE_SHARE * n_lit
    with_foreign = foreign.sum(axis=(1, 2)) > MOST_FOREIGN_SHARE * n_lit
    return np.asarray((without_tissue | with_foreign) & ~are_black(images))


def are_colourless(images: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """(n,) whether a picture is black, white and grey, so that colours say nothing about it."""
    blocks = in_blocks(images).astype(np.int16)
    brightest = blocks.max(axis=3)
    lit = brightest > LIT_LEVEL
    chroma = np.where(lit, brightest - blocks.min(axis=3), 0).sum(axis=(1, 2))
    return np.asarray(chroma < COLOURLESS_LEVELS * np.maximum(lit.sum(axis=(1, 2)), 1))


def are_blurred(images: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """(n,) whether nothing in a picture is sharp; black and featureless ones are not judged.

    A defocused lens is found, a wipe of the camera in one direction mostly is not: edges along the
    motion stay sharp. One sharp tool, or a caption within the field, is enough to be called sharp.
    """
    return np.array([sharpness(image) < LEAST_SHARPNESS for image in images], dtype=np.bool_)


def sharpness(image: NDArray[np.uint8]) -> float:
    """How strong the finest edges of one (h, w, 3) picture are by its coarser ones; inf: unknown.

    Fine is what a mean over 3 px takes away, coarse what one over 9 px takes away after it; strong
    the 99th percentile within the lit field, away from its edge, which stays sharp out of focus.
    Noise is estimated from the median and subtracted in squares.
    """
    height, width = image.shape[:2]
    size = (min(width, LARGEST_JUDGED_PX), min(height, LARGEST_JUDGED_PX))
    if size != (width, height):
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    luma = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    lit = (cv2.blur(luma, (5, 5)) > _FIELD_LEVEL).astype(np.uint8)
    around = np.ones((_FIELD_MARGIN_PX, _FIELD_MARGIN_PX), np.uint8)
    field = cv2.erode(lit, around, borderValue=1)
    if field.mean() < _LEAST_FIELD_SHARE:
        return float("inf")
    smooth = cv2.boxFilter(luma, cv2.CV_16S, (3, 3), normalize=False)  # ninths of a level
    fine = _counted(cv2.absdiff(luma.astype(np.int16) * _NINTHS, smooth), field)
    coarse = _counted(cv2.absdiff(smooth, cv2.blur(smooth, (9, 9))), field)
    structure = _quantile(coarse, 0.99)
    if structure < LEAST_STRUCTURE:
        return float("inf")
    noise = _P99_BY_MEDIAN * min(_quantile(fine, 0.5), _MOST_NOISE)
    return float(max(_quantile(fine, 0.99) ** 2 - noise**2, 0.0) ** 0.5) / structure


def _counted(ninths: NDArray[Any], field: NDArray[Any]) -> NDArray[np.float32]:
    """How often each ninth of a level occurs in the field: quantiles without sorting."""
    n_bins = 255 * _NINTHS + 1
    counts = cv2.calcHist([ninths.view(np.uint16)], [0], field, [n_bins], [0, n_bins])
    return np.asarray(counts, np.float32).ravel()


def _quantile(counts: NDArray[np.float32], share: float) -> float:
    """The lowest level that at least ``share`` of what was counted does not exceed."""
    running = np.cumsum(counts, dtype=np.float64)
    return int(np.searchsorted(running, share * running[-1])) / _NINTHS


def brightness_in_blocks(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(n, 32, 32) luma of the blocks of (n, h, w, 3) pictures, 0 to 255."""
    weights = np.array([0.299, 0.587, 0.114], dtype=np.float32)
    return np.asarray(in_blocks(images).astype(np.float32) @ weights, np.float32)


def in_blocks(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(n, 32, 32, 3) means of the blocks of (n, h, w, 3) pictures of any size.

    Blocks of blocks are the same blocks: who asks for several judgements of a picture may shrink it
    once and hand the blocks to every rule here but ``are_blurred``.
    """
    blocks = np.zeros((len(images), N_BLOCKS, N_BLOCKS, 3), dtype=np.uint8)
    for k, image in enumerate(images):
        cv2.resize(image, (N_BLOCKS, N_BLOCKS), dst=blocks[k], interpolation=cv2.INTER_AREA)
    return blocks
