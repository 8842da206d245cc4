"""Smoothing: noisy probabilities in, a steady yes or no per tool and row out.

Four steps, in this order, each of which can be switched off:

1. a centred median removes single wild values and leaves edges where they are;
2. hysteresis: a tool appears at ``on_threshold`` and stays until it falls below ``off_threshold``;
3. holes shorter than ``min_off_s`` between two uses are filled;
4. uses shorter than ``min_on_s`` are dropped.

Holes are filled before uses are dropped: a use that noise has cut into pieces is then one long use,
while the other order would drop it piece by piece.

Rows without a frame (NaN) are never present. A gap of up to ``LONGEST_BRIDGED_GAP_S`` is smoothed
as though it were not there (the seconds before and after it touch); a longer one ends everything:
what follows is smoothed like a recording of its own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from video_pipeline.timeline.runs import fill_runs, find_runs

__all__ = ["LONGEST_BRIDGED_GAP_S", "SmoothingSettings", "smooth"]

LONGEST_BRIDGED_GAP_S = 3.0


@dataclass(frozen=True)
class SmoothingSettings:
    """How probabilities become presence; the same for every tool.

    Columns never influence one another, so settings per tool are one record per tool, each applied
    to its own column.

    The defaults are for a model that nobody has tuned. Of the tool uses in Cholec80, a quarter last
    2 s or less, so a default must keep those: these drop uses of a single second and nothing else
    from clear probabilities. A median over 3 s closes single-second holes too, and costs more true
    uses than it saves (event F1 on noiseless labels 0.74 against 0.93).
    """

    median_s: float | None = None
    """Length of the median's window; None: no median."""
    on_threshold: float = 0.7
    """A tool appears when its probability is at least this."""
    off_threshold: float | None = 0.3
    """... and disappears when it is below this; None: one plain threshold, ``on_threshold``."""
    min_on_s: float | None = 2.0
    """Shorter uses are dropped; None: none is."""
    min_off_s: float | None = None
    """Shorter holes between two uses are filled; None: none is."""

    def __post_init__(self) -> None:
        for name in ("median_s", "min_on_s", "min_off_s"):
            seconds = getattr(self, name)
            if seconds is not None and not (math.isfinite(seconds) and seconds > 0):
                raise ValueError(f"{name} must be a positive time or None, got {seconds}")
        if not 0 < self.on_threshold <= 1:
            raise ValueError(f"on_threshold must lie in (0, 1], got {self.on_threshold}")
        if self.off_threshold is not None and not 0 < self.off_threshold <= self.on_threshold:
            raise ValueError(
                f"off_threshold must lie in (0, on_threshold = {self.on_threshold}], "
                f"got {self.off_threshold}"
            )


def smooth(
    probabilities: NDArray[np.floating],
    settings: SmoothingSettings,
    *,
    rate_hz: float = 1.0,
) -> NDArray[np.bool_]:
    """Decide for each row and tool whether the tool is visible.

    ``probabilities`` is (n, n_tools), ``rate_hz`` rows a second; a row without a frame is NaN in
    every column. Returns present, (n, n_tools).
    """
    missing = np.isnan(probabilities)
    unseen = missing.all(axis=1)
    if np.any(missing.any(axis=1) != unseen):
        row = int(np.argmax(missing.any(axis=1) != unseen))
        raise ValueError(f"a missing row is NaN for every tool, row {row} only for some")
    present = np.zeros(probabilities.shape, dtype=np.bool_)
    for rows in _stretches(~unseen, longest_gap=math.floor(LONGEST_BRIDGED_GAP_S * rate_hz)):
        present[rows] = _smooth_stretch(probabilities[rows], settings, rate_hz)
    return present


def _stretches(seen: NDArray[np.bool_], *, longest_gap: int) -> list[NDArray[np.intp]]:
    """Group the rows that were seen; gaps of more than ``longest_gap`` rows part the groups."""
    rows = np.flatnonzero(seen)
    return np.split(rows, np.flatnonzero(np.diff(rows) - 1 > longest_gap) + 1)


def _smooth_stretch(
    probabilities: NDArray[np.floating], settings: SmoothingSettings, rate_hz: float
) -> NDArray[np.bool_]:
    if settings.median_s is not None:
        probabilities = _median(probabilities, half_width=_rows(settings.median_s / 2, rate_hz))
    on = settings.on_threshold
    off = settings.off_threshold
    present = probabilities >= on if off is None else _hysteresis(probabilities, on=on, off=off)
    if settings.min_off_s is not None:
        present = _fill_holes(present, settings.min_off_s * rate_hz)
    if settings.min_on_s is not None:
        present = _drop_short(present, settings.min_on_s * rate_hz)
    return present


def _rows(seconds: float, rate_hz: float) -> int:
    """Count the whole rows in a time; the nudge keeps 0.3 s at 10 Hz three rows."""
    return math.floor(seconds * rate_hz + 1e-9)


def _median(probabilities: NDArray[np.floating], *, half_width: int) -> NDArray[np.floating]:
    """Take the median of the ``2 * half_width + 1`` rows around each row.

    At both ends the window is cut off, not mirrored; of an even number of rows the median is the
    mean of the middle two. NaN, added as padding, sorts last and is not counted.
    """
    n = len(probabilities)
    half_width = min(half_width, max(n - 1, 0))
    if half_width == 0:
        return probabilities
    padded = np.pad(probabilities, ((half_width, half_width), (0, 0)), constant_values=np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * half_width + 1, axis=0)
    ordered = np.sort(windows, axis=-1)
    row = np.arange(n)
    counted = np.minimum(row, half_width) + np.minimum(n - 1 - row, half_width) + 1
    lower = ordered[row, :, (counted - 1) // 2]
    upper = ordered[row, :, counted // 2]
    middle: NDArray[np.floating] = (lower + upper) / 2
    return middle


def _hysteresis(probabilities: NDArray[np.floating], *, on: float, off: float) -> NDArray[np.bool_]:
    """Carry the last clear word forward: on at ``on`` and above, off below ``off``; first off."""
    clear = (probabilities >= on) | (probabilities < off)
    row = np.arange(len(probabilities))[:, np.newaxis]
    last_clear = np.maximum.accumulate(np.where(clear, row, -1), axis=0)
    held = np.take_along_axis(probabilities, np.maximum(last_clear, 0), axis=0)
    present: NDArray[np.bool_] = (last_clear >= 0) & (held >= on)
    return present


def _fill_holes(present: NDArray[np.bool_], min_rows: float) -> NDArray[np.bool_]:
    holes = find_runs(~present)
    between_uses = (holes.start > 0) & (holes.stop < len(present))
    short = holes.length < min_rows - 1e-9
    return present | fill_runs(holes.where(between_uses & short), present.shape)


def _drop_short(present: NDArray[np.bool_], min_rows: float) -> NDArray[np.bool_]:
    uses = find_runs(present)
    return fill_runs(uses.where(uses.length >= min_rows - 1e-9), present.shape)
