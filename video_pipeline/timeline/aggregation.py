"""Frames into seconds: the mean probability of each second, and from it the tool timeline."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from video_pipeline.records import FramePredictions, ToolTimeline
from video_pipeline.timeline.smoothing import Smoothing, smooth_tools

__all__ = ["SecondMeans", "build_timeline"]


class SecondMeans:
    """Sums the predictions of a recording into seconds while they arrive.

    Holds a row a second, whatever the frame rate and however long the recording. A frame sampled at
    time t counts for second floor(t). Frames are added one after another, so the result does not
    depend, not in the last bit, on how they were cut into batches.
    """

    def __init__(self, tools: tuple[str, ...]) -> None:
        self._tools = tools
        self._sums = np.zeros((1024, len(tools)))
        self._n_frames = np.zeros(1024, dtype=np.int64)
        self._last_s: float | None = None

    def add(self, predictions: FramePredictions) -> None:
        """Add the next frames; each batch begins after the one before it."""
        if predictions.tools != self._tools:
            raise ValueError(f"predictions for {self._tools} expected, got {predictions.tools}")
        times_s = predictions.times_s
        if len(times_s) == 0:
            return
        if times_s[0] < 0:
            raise ValueError(f"frames begin at time zero, got one at {times_s[0]} s")
        if self._last_s is not None and times_s[0] <= self._last_s:
            raise ValueError(
                f"frames come in order of time, got {times_s[0]} s after {self._last_s} s"
            )
        self._last_s = float(times_s[-1])
        seconds = np.floor(times_s).astype(np.int64)
        self._hold(int(seconds[-1]) + 1)
        np.add.at(self._sums, seconds, predictions.probabilities)
        np.add.at(self._n_frames, seconds, 1)

    def finish(self, n_seconds: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Return probabilities (n_seconds, n_tools), NaN where no frame was, and n_frames."""
        if self._last_s is not None and self._last_s >= n_seconds:
            raise ValueError(f"a frame at {self._last_s} s lies outside of {n_seconds} seconds")
        self._hold(n_seconds)
        n_frames = self._n_frames[:n_seconds].copy()
        probabilities = np.full((n_seconds, len(self._tools)), np.nan)
        seen = n_frames > 0
        probabilities[seen] = self._sums[:n_seconds][seen] / n_frames[seen, np.newaxis]
        return probabilities, n_frames

    def _hold(self, n_seconds: int) -> None:
        """Make room for so many seconds; doubling keeps the copying linear."""
        have = len(self._n_frames)
        if n_seconds > have:
            more = max(n_seconds, 2 * have) - have
            self._sums = np.pad(self._sums, ((0, more), (0, 0)))
            self._n_frames = np.pad(self._n_frames, (0, more))


def build_timeline(
    *,
    tools: tuple[str, ...],
    probabilities: NDArray[np.float64],
    n_frames: NDArray[np.int64],
    smoothing: Smoothing,
) -> ToolTimeline:
    """Decide from each second's probabilities, (n_seconds, n_tools), which tools are visible in it.

    The seconds' means are what is smoothed: at one sampled frame a second they are the frames
    themselves, at more they are a first, unweighted smoothing.
    """
    return ToolTimeline(
        tools=tools,
        probabilities=probabilities,
        present=smooth_tools(probabilities, tools, smoothing),
        n_frames=n_frames,
    )
