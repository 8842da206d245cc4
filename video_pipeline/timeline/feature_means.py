"""Features of frames into features of seconds: the mean over the frames of each second."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["FeatureMeans"]


class FeatureMeans:
    """Averages the features of a recording's frames second by second while they arrive.

    Only the second at hand is summed, in float32; each finished one is kept as float16, which is
    4 KB a second at 2048 features. Frames are added one after another, so the result does not
    depend, not in the last bit, on how they were cut into batches.
    """

    def __init__(self) -> None:
        self._rows: dict[int, NDArray[np.float16]] = {}
        self._second = -1
        self._sum = np.empty(0, dtype=np.float32)
        self._n_frames = 0

    def add(self, times_s: NDArray[np.float64], features: NDArray[np.float16]) -> None:
        """Add the next frames, (n,) and (n, n_features); they come in order of time."""
        if features.ndim != 2 or len(features) != len(times_s):
            raise ValueError(f"features of {len(times_s)} frames expected, got {features.shape}")
        for second, row in zip(np.floor(times_s).astype(int).tolist(), features, strict=True):
            if second < self._second:
                raise ValueError(
                    f"frames come in order of time, got second {second} after {self._second}"
                )
            if second != self._second:
                self._close()
                self._second = second
                self._sum = np.zeros(features.shape[1], dtype=np.float32)
                self._n_frames = 0
            self._sum += row
            self._n_frames += 1

    def finish(self, n_seconds: int) -> NDArray[np.float16] | None:
        """(n_seconds, n_features), NaN where no frame was; None where there was none at all."""
        self._close()
        if self._second >= n_seconds:
            raise ValueError(f"a frame of second {self._second} is outside of {n_seconds} seconds")
        if self._n_frames == 0:
            return None
        features = np.full((n_seconds, len(self._sum)), np.nan, dtype=np.float16)
        for second in sorted(self._rows):
            # A row that is taken over is let go of: two whole copies are never held.
            features[second] = self._rows.pop(second)
        return features

    def _close(self) -> None:
        if self._n_frames > 0:
            mean = self._sum / np.float32(self._n_frames)
            self._rows[self._second] = mean.astype(np.float16)
