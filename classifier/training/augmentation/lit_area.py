"""Where an endoscope's picture is lit, and, if it is round, which ellipse it fills.

Recorders put the round picture on black, and the network's square squeezes the circle of a wide
recording into a standing ellipse. Effects of the scene must leave the black alone, and turning must
follow the ellipse.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from classifier.backend import keras

__all__ = ["RoundField", "find_round_field", "lit_area"]

_STRIDE_PX, _BLOCK_PX = 2, 2
"""Every second pixel is looked at, in blocks of four of these."""
_DARK = 20.0
"""Brightest channel up to which a pixel counts as black: recorders' black reaches about 16."""
_BRIDGED_BLOCKS = 5
"""Darkness narrower than this lies within the picture, and is a shadow of it."""
_CORNER_SHARE = 1 / 14
"""Side of the corner pieces that are looked at; a circle in a square leaves twice as much."""
_MOST_SQUEEZED = 2.2
"""Greatest ratio of axes believed; 16:9 makes 1.8. A picture between two pillars seems squeezed
without end: it is not round."""


@dataclass(frozen=True, eq=False)
class RoundField:
    """The field of view of each image, as far as it is round; each part is (n, 1, 1, 1)."""

    is_round: Any
    """bool: black in all four corners, and narrowing as an ellipse does. Else, the rest is void."""
    centre: tuple[Any, Any]
    """(y, x) in shares of the height and of the width."""
    semi_axes: tuple[Any, Any]
    """(vertical, horizontal) in shares of the height and of the width; above 0.5 where the
    recording cuts its circle."""


def lit_area(images: Any) -> Any:
    """(n, height, width, 1) in [0, 1]: 0 in the black around the picture, 1 in it, soft between."""
    lit = keras.ops.image.resize(
        _lit_blocks(images),
        images.shape[1:3],
        interpolation="bilinear",
        data_format="channels_last",
    )
    # From the edge inwards: nothing may shine on the black outside of it.
    return keras.ops.clip(2 * lit - 1, 0.0, 1.0)


def find_round_field(images: Any) -> RoundField:
    """The ellipse on which the lit area's width depends as its rows say, by least squares.

    An ellipse of semi-axes a (across) and b is sqrt(a ** 2 - (a / b) ** 2 * y ** 2) wide to each
    side, so the squares of the widths lie on a line over y ** 2, also where top and bottom are cut.
    """
    ops = keras.ops
    lit = ops.cast(_lit_blocks(images) > 0.5, "float32")
    n_rows, n_columns = lit.shape[1:3]
    total = ops.sum(lit, axis=(1, 2), keepdims=True) + 1e-6
    y = ops.reshape((ops.arange(n_rows, dtype="float32") + 0.5) / n_rows, (1, -1, 1, 1))
    x = ops.reshape((ops.arange(n_columns, dtype="float32") + 0.5) / n_columns, (1, 1, -1, 1))
    centre_y = ops.sum(lit * y, axis=(1, 2), keepdims=True) / total
    centre_x = ops.sum(lit * x, axis=(1, 2), keepdims=True) / total
    half_width = 0.5 * ops.mean(lit, axis=2, keepdims=True)
    weight = half_width / (ops.sum(half_width, axis=1, keepdims=True) + 1e-6)

    def mean(values: Any) -> Any:
        return ops.sum(weight * values, axis=1, keepdims=True)

    height_2, width_2 = (y - centre_y) ** 2, half_width**2
    from_mean = height_2 - mean(height_2)
    fall = -mean(from_mean * width_2) / (mean(from_mean**2) + 1e-9)
    least, most = _MOST_SQUEEZED**-2, _MOST_SQUEEZED**2
    is_ellipse = ops.logical_and(fall > least, fall < most)
    fall = ops.clip(fall, least, most)
    horizontal = ops.sqrt(mean(width_2) + fall * mean(height_2))
    return RoundField(
        is_round=ops.logical_and(_has_black_corners(lit), is_ellipse),
        centre=(centre_y, centre_x),
        semi_axes=(horizontal / ops.sqrt(fall), horizontal),
    )


def _lit_blocks(images: Any) -> Any:
    """(n, height / 4, width / 4, 1): the share of each block that is lit, small shadows bridged."""
    ops = keras.ops
    brightest = ops.max(images[:, ::_STRIDE_PX, ::_STRIDE_PX], axis=-1, keepdims=True)
    is_lit = ops.cast(brightest > _DARK, "float32")
    lit = ops.average_pool(
        is_lit, _BLOCK_PX, strides=_BLOCK_PX, padding="same", data_format="channels_last"
    )
    reach = _BRIDGED_BLOCKS // 2
    grown = _largest_near(ops.pad(lit, _around(reach)))
    # Beyond the image nothing is lit: at its edge, no shadow is bridged, and no corner filled.
    return ops.maximum(lit, -_largest_near(-ops.pad(grown, _around(reach))))


def _around(n_blocks: int) -> list[tuple[int, int]]:
    return [(0, 0), (n_blocks, n_blocks), (n_blocks, n_blocks), (0, 0)]


def _largest_near(values: Any) -> Any:
    return keras.ops.max_pool(values, _BRIDGED_BLOCKS, strides=1, data_format="channels_last")


def _has_black_corners(lit: Any) -> Any:
    n_rows, n_columns = (max(1, round(n * _CORNER_SHARE)) for n in lit.shape[1:3])
    sides = keras.ops.concatenate([lit[:, :n_rows], lit[:, -n_rows:]], axis=1)
    corners = keras.ops.concatenate([sides[:, :, :n_columns], sides[:, :, -n_columns:]], axis=2)
    return keras.ops.max(corners, axis=(1, 2), keepdims=True) < 0.5
