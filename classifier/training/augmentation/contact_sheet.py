"""A printable sheet of what augmentation does to the user's own images."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from classifier.backend import keras
from classifier.drawing import GREY, new_figure, save_figure
from classifier.training.augmentation.pipeline import EFFECTS, Strength, build_augmentation

__all__ = ["draw_columns", "write_contact_sheet"]

_MOST_CELL_PX = 224
_LEAST_CELL_PX = 160
"""The columns' names are as wide."""
_GAP_PX = 6
_HEAD_PX, _MARGIN_PX = 76, 24
_DOTS_PER_INCH = 150
_ALWAYS = 1.0


def write_contact_sheet(
    path: Path,
    images: NDArray[np.uint8],
    *,
    seed: int,
    strength: Strength = "endoscopic",
    n_draws: int = 4,
) -> None:
    """Draw each image as it is, under every single effect, and as ``n_draws`` steps would see it.

    The effects stand in the order in which they are applied, each of a random strength.

    Args:
        path: the PNG to write; the same arguments give the same bytes.
        images: (n, height, width, 3) RGB of the network's size, one row each; four to six fit a
            landscape page.
        seed: as for ``build_augmentation``: the last columns begin as its first calls do.
        strength: which augmentation the last columns show; only ``endoscopic`` has single effects.
        n_draws: how many of the last columns.
    """
    if images.ndim != 4 or images.shape[-1] != 3 or len(images) == 0:
        raise ValueError(f"images must be (n, height, width, 3), got {images.shape}")
    columns = draw_columns(images, seed=seed, strength=strength, n_draws=n_draws)
    mosaic = _lay_out([pictures for _, pictures in columns])
    _draw(path, mosaic, [name for name, _ in columns], n_draws=n_draws)


def draw_columns(
    images: NDArray[np.uint8], *, seed: int, strength: Strength, n_draws: int
) -> list[tuple[str, NDArray[np.uint8]]]:
    """Name and (n, height, width, 3) uint8 pictures of each column, from left to right."""
    columns = [("original", images)]
    if strength == "endoscopic":
        columns += [
            (name.replace("_", " "), _apply(layer(seed=seed + k, probability=_ALWAYS), images))
            for k, (name, layer) in enumerate(EFFECTS.items())
        ]
    augmentation = build_augmentation(seed=seed, strength=strength)
    return columns + [(f"draw {k + 1}", _apply(augmentation, images)) for k in range(n_draws)]


def _apply(layer: Any, images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    changed = keras.ops.convert_to_numpy(layer(images, training=True))
    return np.asarray(np.rint(changed), dtype=np.uint8)


def _lay_out(columns: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """One white-gapped RGB image of all pictures, large ones shrunk and small ones enlarged."""
    height, width = columns[0].shape[1:3]
    side = max(height, width)
    # Small ones are enlarged by a whole number: each of their pixels stays a square.
    scale = min(max(1.0, _LEAST_CELL_PX // side), _MOST_CELL_PX / side)
    way = cv2.INTER_AREA if scale <= 1 else cv2.INTER_NEAREST
    cell = round(height * scale), round(width * scale)
    n_rows = len(columns[0])
    shape = [
        n * (side + _GAP_PX) - _GAP_PX for n, side in zip((n_rows, len(columns)), cell, strict=True)
    ]
    mosaic = np.full((*shape, 3), 255, dtype=np.uint8)
    for k, pictures in enumerate(columns):
        for i, picture in enumerate(pictures):
            shown = cv2.resize(picture, cell[::-1], interpolation=way)
            y, x = i * (cell[0] + _GAP_PX), k * (cell[1] + _GAP_PX)
            mosaic[y : y + cell[0], x : x + cell[1]] = shown
    return mosaic


def _draw(path: Path, mosaic: NDArray[np.uint8], names: list[str], *, n_draws: int) -> None:
    """Put the mosaic on a page, pixel for pixel, and say above each column what it shows."""
    mosaic_height, mosaic_width = mosaic.shape[:2]
    height, width = mosaic_height + _HEAD_PX + _MARGIN_PX, mosaic_width + 2 * _MARGIN_PX
    figure, (axis,) = new_figure(width / _DOTS_PER_INCH, height / _DOTS_PER_INCH, n_columns=1)
    figure.set_layout_engine("none")
    left, bottom = _MARGIN_PX / width, _MARGIN_PX / height
    axis.set_position((left, bottom, mosaic_width / width, mosaic_height / height))
    axis.set_axis_off()
    axis.imshow(mosaic, interpolation="nearest", aspect="auto")
    step = (mosaic_width + _GAP_PX) / len(names)
    for k, name in enumerate(names):
        _write(axis, name, (k + 0.5) * step - _GAP_PX / 2, above_px=10, fontsize=8)
    n_before = len(names) - n_draws
    groups = {
        "one effect at a time": (1, n_before),
        "what the network sees": (n_before, len(names)),
    }
    for title, (first, end) in groups.items():
        if first < end:
            ends = (first * step, end * step - _GAP_PX)
            axis.plot(ends, (-36, -36), color=GREY, linewidth=0.8, clip_on=False)
            _write(axis, title, sum(ends) / 2, above_px=42, fontsize=9, fontweight="bold")
    axis.set_xlim(-0.5, mosaic_width - 0.5)
    axis.set_ylim(mosaic_height - 0.5, -0.5)
    save_figure(figure, path)


def _write(
    axis: Any, text: str, x: float, *, above_px: int, fontsize: int, fontweight: str = "normal"
) -> None:
    axis.text(
        x, -above_px, text, ha="center", va="bottom", fontsize=fontsize, fontweight=fontweight
    )
