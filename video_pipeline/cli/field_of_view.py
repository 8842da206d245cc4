"""What the classifier is given to find the endoscope's picture with: the finder of recordings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from classifier.dataset.record import Crop

__all__ = ["find_crop"]


def find_crop(images: Iterable[NDArray[np.uint8]]) -> Crop:
    """Judge a recording's field of view from some of its pictures; a ``FieldOfViewFinder``."""
    # On first use: machines that train and evaluate without cropping need no video packages.
    from video_pipeline.frames.pictures.field_of_view import find_field_of_view

    return find_field_of_view(images).crop
