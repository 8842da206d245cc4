"""What the pipeline asks of a classifier; anything that keeps this contract may take the seat."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["FrameClassifier"]


class FrameClassifier(Protocol):
    """Says for every image and tool how likely the tool is to be visible.

    An image's answer must not depend on the other images of the call. A classifier may also say how
    its images have to be made: ``resize_rule`` (one of ``pixels.RESIZE_RULES``) and
    ``crops_field_of_view``.
    """

    @property
    def tools(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        ...

    @property
    def input_size_px(self) -> tuple[int, int]:
        """(height, width) of the images that it takes."""
        ...

    def predict(
        self, images: NDArray[np.uint8]
    ) -> tuple[NDArray[np.float32], NDArray[np.float16] | None]:
        """(n, height, width, 3) uint8 RGB -> probabilities (n, n_tools), features (n, any)."""
        ...
