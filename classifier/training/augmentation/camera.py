"""How the camera is held: turned about its axis, mirrored, a little nearer, a little aside."""

from __future__ import annotations

import math
from typing import Any

from classifier.backend import keras
from classifier.training.augmentation.effect import ImageEffect, Range, require_range
from classifier.training.augmentation.lit_area import RoundField, find_round_field

__all__ = ["CameraMovement"]

PROBABILITY = 0.9
"""A tool is the same tool from every side; few images need to stay as they are."""
ROUND_TURN_DEGREES = 180.0
"""Either way; in a round picture nothing is lost by any turn."""
FULL_TURN_DEGREES = 15.0
"""Either way, in a picture that fills its corners: a turn takes what lies in them, and a squeezed
picture turned far would show tools of other proportions."""
ZOOM: Range = (0.9, 1.12)
"""Size of things relative to before; nearer by an eighth loses a seventeenth at each side."""
SHIFT = 0.04
"""Either way along each axis, in shares of the side: less than a shaft's width."""

_SMALLEST_FIT = 0.7
"""Circles that recorders cut more than this are fitted no further: tools would become small."""

_REACH = 1.01
"""Radius up to which a picture is kept, by the fitted one: an ellipse is never fitted exactly."""


class CameraMovement(ImageEffect):
    """Turns, mirrors, scales and shifts each image in one resampling.

    A round picture is turned by any angle about its own centre and within its own ellipse: what was
    a circle before the network's square squeezed it stays in place, tools keep their proportions,
    and nothing leaves the picture: where the recording cuts its circle, what is turned towards the
    cut is shrunk to fit, and what was cut off is continued by reflection. Outside of the circle is
    black. A picture that is not round is turned a little, and continued by reflection.
    """

    def __init__(
        self,
        *,
        seed: int,
        probability: float = PROBABILITY,
        round_turn_degrees: float = ROUND_TURN_DEGREES,
        full_turn_degrees: float = FULL_TURN_DEGREES,
        flip: bool = True,
        zoom: Range = ZOOM,
        shift: float = SHIFT,
        name: str | None = None,
    ) -> None:
        super().__init__(seed=seed, probability=probability, name=name)
        self.round_turn_degrees = round_turn_degrees
        self.full_turn_degrees = full_turn_degrees
        self.flip = flip
        self.zoom = require_range("zoom", zoom, within=(0.5, 2.0))
        self.shift = shift

    def change(self, images: Any) -> Any:
        """Fetch each pixel from where it was before the camera moved."""
        ops = keras.ops
        height, width = images.shape[1:3]
        field = find_round_field(images)
        angle, size = self._draw_turn_and_size(images, field)
        centre = tuple(ops.where(field.is_round, c, 0.5) for c in field.centre)
        shift = (-self.shift, self.shift)
        aim = tuple(c + self.draw(images, shift) for c in centre)
        (yy, yx), (xy, xx) = self._matrix_back(images, field, angle=angle, size=size)
        # From new to old pixels, which are counted from their centres; aim goes to centre.
        (y, x), (new_y, new_x) = (
            (place[0] * height - 0.5, place[1] * width - 0.5) for place in (centre, aim)
        )
        xy, yx = xy * (width / height), yx * (height / width)
        rows = [xx, xy, x - xx * new_x - xy * new_y, yx, yy, y - yx * new_x - yy * new_y]
        transform = ops.concatenate([*rows, 0 * rows[0], 0 * rows[0]], axis=-1)[:, 0, 0]
        moved = ops.image.affine_transform(
            images, transform, fill_mode="reflect", data_format="channels_last"
        )
        return moved * _is_within(images, field, aim=aim, size=size)

    def _draw_turn_and_size(self, images: Any, field: RoundField) -> tuple[Any, Any]:
        """An angle in radians and a factor for each image."""
        most = keras.ops.where(field.is_round, self.round_turn_degrees, self.full_turn_degrees)
        angle = self.draw(images, (-1.0, 1.0)) * most * (math.pi / 180)
        return angle, self.draw(images, self.zoom) * _fit(field, angle)

    def _matrix_back(
        self, images: Any, field: RoundField, *, angle: Any, size: Any
    ) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
        """What leads from new to old distances (y, x), in shares of the height and width."""
        ops = keras.ops
        tall, wide = field.semi_axes
        squeeze = ops.where(field.is_round, tall / wide, 1.0)
        mirror_y, mirror_x = self._draw_sign(images), self._draw_sign(images)
        cos, sin = ops.cos(angle) / size, ops.sin(angle) / size
        return (
            (cos * mirror_y, sin * mirror_y * squeeze),
            (-sin * mirror_x / squeeze, cos * mirror_x),
        )

    def _draw_sign(self, images: Any) -> Any:
        if not self.flip:
            return keras.ops.ones_like(images[:, :1, :1, :1])
        return keras.ops.sign(self.draw(images, (-1.0, 1.0)))

    def get_config(self) -> dict[str, Any]:
        """What builds the same layer."""
        return super().get_config() | {
            "round_turn_degrees": self.round_turn_degrees,
            "full_turn_degrees": self.full_turn_degrees,
            "flip": self.flip,
            "zoom": self.zoom,
            "shift": self.shift,
        }


def _fit(field: RoundField, angle: Any) -> Any:
    """(n, 1, 1, 1): how large a turned picture may be to stay between the recording's edges.

    Seen as a circle of radius one, the picture ends at ``cut`` above and below its centre. Turned,
    its highest point is the circle's own, or a corner where the cut took that away.
    """
    ops = keras.ops
    cut = ops.clip(0.5 / field.semi_axes[0], _SMALLEST_FIT, 1.0)
    cos, sin = ops.abs(ops.cos(angle)), ops.abs(ops.sin(angle))
    highest = ops.where(cos <= cut, 1.0, cut * cos + ops.sqrt(1 - cut**2) * sin)
    return ops.where(field.is_round, ops.minimum(1.0, cut / highest), 1.0)


def _is_within(images: Any, field: RoundField, *, aim: tuple[Any, Any], size: Any) -> Any:
    """(n, height, width, 1): 0 outside of a round picture, whose circle stays one when turned."""
    ops = keras.ops
    height, width = images.shape[1:3]
    y = ops.reshape((ops.arange(height, dtype="float32") + 0.5) / height, (1, -1, 1, 1))
    x = ops.reshape((ops.arange(width, dtype="float32") + 0.5) / width, (1, 1, -1, 1))
    from_aim = ops.square((y - aim[0]) / field.semi_axes[0]) + ops.square(
        (x - aim[1]) / field.semi_axes[1]
    )
    reach = ops.where(field.is_round, ops.square(_REACH * size), math.inf)
    return ops.cast(from_aim < reach, "float32")
