"""The nouns that every stage speaks: what a video is, its frames, predictions and timeline.

All records are frozen, and their arrays are read-only views. Times are float seconds from the first
frame that the recording shows; intervals are half-open; sizes are (height, width) in pixels; colour
is RGB. Impossible values are refused on construction with ``ValueError``.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "FrameBatch",
    "FramePredictions",
    "PhaseTimeline",
    "ToolSegment",
    "ToolTimeline",
    "VideoInfo",
]


@dataclass(frozen=True)
class VideoInfo:
    """What a recording's header says; only frames that were decoded prove any of it."""

    path: str
    width_px: int
    """As displayed: rotation and pixel aspect applied."""
    height_px: int
    frame_rate: Fraction | None
    """From the header; for display only, never used to compute a time."""
    duration_s: float | None
    """From the header; a hint for progress bars, never the length of anything."""
    start_s: float
    """The container's own time of its first frame, before time zero was moved there."""
    codec: str
    stream_index: int | None = None
    """Which of the file's streams was read, counting all kinds; None where that is not known."""

    def __post_init__(self) -> None:
        if self.width_px <= 0 or self.height_px <= 0:
            raise ValueError(
                f"a video needs a positive size, got {self.width_px} x {self.height_px} px"
            )


@dataclass(frozen=True, eq=False)
class FrameBatch:
    """A few sampled frames, in the order of their sampling times."""

    images: NDArray[np.uint8]
    """(n, height, width, 3) RGB."""
    times_s: NDArray[np.float64]
    """(n,) sampling times, strictly increasing."""
    pts_s: NDArray[np.float64]
    """(n,) when each frame was first presented; never after its sampling time."""

    def __post_init__(self) -> None:
        _require_array("images", self.images, np.uint8, (None, None, None, 3))
        n = len(self.images)
        _require_array("times_s", self.times_s, np.float64, (n,))
        _require_array("pts_s", self.pts_s, np.float64, (n,))
        _require_increasing("times_s", self.times_s)
        if np.any(self.pts_s > self.times_s):
            late = int(np.argmax(self.pts_s > self.times_s))
            raise ValueError(
                f"a frame cannot be shown before it is presented: frame {late} has "
                f"pts_s {self.pts_s[late]} after times_s {self.times_s[late]}"
            )
        _freeze(self, "images", "times_s", "pts_s")

    def __len__(self) -> int:
        return len(self.images)


@dataclass(frozen=True, eq=False)
class FramePredictions:
    """How likely each tool is to be visible in each sampled frame."""

    times_s: NDArray[np.float64]
    """(n,) strictly increasing."""
    probabilities: NDArray[np.float32]
    """(n, n_tools) in [0, 1]; column k is P(tool k is visible), independent of the others."""
    tools: tuple[str, ...]
    features: NDArray[np.float16] | None = None
    """(n, n_features), or None where nobody asked for them."""

    def __post_init__(self) -> None:
        _require_names(self.tools)
        n = len(self.times_s)
        _require_array("times_s", self.times_s, np.float64, (n,))
        _require_increasing("times_s", self.times_s)
        _require_array("probabilities", self.probabilities, np.float32, (n, len(self.tools)))
        _require_probabilities(self.probabilities, missing_allowed=False)
        _freeze(self, "times_s", "probabilities")
        if self.features is not None:
            _require_array("features", self.features, np.float16, (n, None))
            _freeze(self, "features")


@dataclass(frozen=True, eq=False)
class ToolTimeline:
    """Which tools are visible in each second of one recording."""

    tools: tuple[str, ...]
    probabilities: NDArray[np.float64]
    """(n_seconds, n_tools) mean over the second's frames; NaN where no frame was decoded."""
    present: NDArray[np.bool_]
    """(n_seconds, n_tools); row k speaks for video time [k, k + 1) s."""
    n_frames: NDArray[np.int64]
    """(n_seconds,) sampled frames that speak for the second; 0 where none was decoded."""

    def __post_init__(self) -> None:
        _require_names(self.tools)
        n = len(self.n_frames)
        _require_array("n_frames", self.n_frames, np.int64, (n,))
        _require_array("probabilities", self.probabilities, np.float64, (n, len(self.tools)))
        _require_array("present", self.present, np.bool_, (n, len(self.tools)))
        _require_probabilities(self.probabilities, missing_allowed=True)
        if np.any(self.n_frames < 0):
            raise ValueError(f"n_frames counts frames, got {int(self.n_frames.min())}")
        if np.any(self.present[self.n_frames == 0]):
            raise ValueError("a second without a frame cannot show a tool")
        _freeze(self, "probabilities", "present", "n_frames")

    @property
    def n_seconds(self) -> int:
        """How many seconds the recording lasts, rounded up."""
        return len(self.n_frames)


@dataclass(frozen=True)
class ToolSegment:
    """One uninterrupted use of one tool."""

    tool: str
    start_s: float
    end_s: float
    """Half-open: the tool is visible in [start_s, end_s)."""
    mean_probability: float
    peak_probability: float

    def __post_init__(self) -> None:
        if not self.start_s < self.end_s:
            raise ValueError(
                f"a segment of {self.tool!r} must start before it ends, "
                f"got [{self.start_s}, {self.end_s})"
            )

    @property
    def duration_s(self) -> float:
        """Seconds from start to end."""
        return self.end_s - self.start_s


@dataclass(frozen=True, eq=False)
class PhaseTimeline:
    """Which phase of the operation each second belongs to."""

    phases: tuple[str, ...]
    probabilities: NDArray[np.float64]
    """(n_seconds, n_phases); each row sums to 1."""
    phase: NDArray[np.int64]
    """(n_seconds,) index into ``phases``."""

    def __post_init__(self) -> None:
        _require_names(self.phases)
        n = len(self.phase)
        _require_array("phase", self.phase, np.int64, (n,))
        _require_array("probabilities", self.probabilities, np.float64, (n, len(self.phases)))
        _require_probabilities(self.probabilities, missing_allowed=False)
        if n and not np.allclose(self.probabilities.sum(axis=1), 1.0, atol=1e-6):
            worst = float(np.abs(self.probabilities.sum(axis=1) - 1.0).max())
            raise ValueError(f"each row of phase probabilities sums to 1, one is off by {worst}")
        if n and not (self.phase.min() >= 0 and self.phase.max() < len(self.phases)):
            raise ValueError(f"phase indexes {len(self.phases)} phases, got {self.phase.max()}")
        _freeze(self, "probabilities", "phase")


def _require_array(
    name: str, array: NDArray[Any], dtype: type, shape: tuple[int | None, ...]
) -> None:
    if array.dtype != np.dtype(dtype):
        raise ValueError(f"{name} must be {np.dtype(dtype)}, got {array.dtype}")
    fits = array.ndim == len(shape) and all(
        want is None or want == have for want, have in zip(shape, array.shape, strict=True)
    )
    if not fits:
        wanted = ", ".join("any" if want is None else str(want) for want in shape)
        raise ValueError(f"{name} must have shape ({wanted}), got {array.shape}")


def _require_increasing(name: str, times_s: NDArray[np.float64]) -> None:
    if not np.all(np.isfinite(times_s)) or np.any(np.diff(times_s) <= 0):
        raise ValueError(f"{name} must be finite and strictly increasing, got {times_s}")


def _require_names(names: tuple[str, ...]) -> None:
    if not names or len(set(names)) != len(names):
        raise ValueError(f"names must be given and differ from one another, got {names}")


def _require_probabilities(values: NDArray[Any], *, missing_allowed: bool) -> None:
    missing = np.isnan(values)
    if missing.any() and not missing_allowed:
        raise ValueError(f"probabilities hold {int(missing.sum())} NaN")
    known = values[~missing]
    if known.size and not (known.min() >= 0 and known.max() <= 1):
        raise ValueError(f"probabilities lie in [0, 1], got {known.min()} to {known.max()}")


def _freeze(record: object, *names: str) -> None:
    for name in names:
        view = getattr(record, name).view()
        view.flags.writeable = False
        object.__setattr__(record, name, view)
