"""Filtering: noisy probabilities in, a steady yes or no per tool and row out.

Five steps, in this order, each of which can be switched off:

1. a moving average, and
2. a median remove wild values; the median leaves edges where they are;
3. hysteresis: a tool appears at ``on_threshold`` and stays until it falls below ``off_threshold``;
4. holes shorter than ``min_off_s`` between two uses are filled;
5. uses shorter than ``min_on_s`` are dropped.

Holes are filled before uses are dropped: a use that noise has cut into pieces is then one long use,
while the other order would drop it piece by piece.

Rows without a frame (NaN) are never present. A gap of up to ``LONGEST_BRIDGED_GAP_S`` is smoothed
as though it were not there (the seconds before and after it touch); a longer one ends everything:
what follows is smoothed like a recording of its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from video_pipeline.timeline.runs import fill_runs, find_runs
from video_pipeline.timeline.smoothing.filter_settings import SmoothingSettings

__all__ = ["LONGEST_BRIDGED_GAP_S", "hysteresis", "smooth"]

LONGEST_BRIDGED_GAP_S = 3.0


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
    causal = settings.is_causal
    for length_s, of in ((settings.mean_s, _mean_of), (settings.median_s, _median_of)):
        if length_s is not None:
            half = _rows(length_s / 2, rate_hz)
            back, ahead = (2 * half, 0) if causal else (half, half)
            probabilities = _windowed(probabilities, of, back=back, ahead=ahead)
    on = settings.on_threshold
    off = settings.off_threshold
    present = probabilities >= on if off is None else hysteresis(probabilities, on=on, off=off)
    if settings.min_off_s is not None:
        fill = _hold_on if causal else _fill_holes
        present = fill(present, settings.min_off_s * rate_hz)
    if settings.min_on_s is not None:
        drop = _wait_for if causal else _drop_short
        present = drop(present, settings.min_on_s * rate_hz)
    return present


def _rows(seconds: float, rate_hz: float) -> int:
    """Count the whole rows in a time; the nudge keeps 0.3 s at 10 Hz three rows."""
    return math.floor(seconds * rate_hz + 1e-9)


_OfWindows = Callable[[NDArray[np.floating], NDArray[np.intp]], NDArray[np.floating]]
"""(n, n_tools, width) windows, NaN outside, and how many of each row's are inside (n,)."""


def _windowed(
    probabilities: NDArray[np.floating], of: _OfWindows, *, back: int, ahead: int
) -> NDArray[np.floating]:
    """Take ``of`` the rows from ``back`` before each row to ``ahead`` after it.

    At both ends the window is cut off, not mirrored.
    """
    n = len(probabilities)
    back, ahead = min(back, max(n - 1, 0)), min(ahead, max(n - 1, 0))
    if back + ahead == 0:
        return probabilities
    padded = np.pad(probabilities, ((back, ahead), (0, 0)), constant_values=np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(padded, back + ahead + 1, axis=0)
    row = np.arange(n)
    return of(windows, np.minimum(row, back) + np.minimum(n - 1 - row, ahead) + 1)


def _mean_of(windows: NDArray[np.floating], counted: NDArray[np.intp]) -> NDArray[np.floating]:
    mean: NDArray[np.floating] = np.nansum(windows, axis=-1) / counted[:, np.newaxis]
    return mean


def _median_of(windows: NDArray[np.floating], counted: NDArray[np.intp]) -> NDArray[np.floating]:
    """Of an even number of rows the mean of the middle two. NaN, outside, sorts last."""
    ordered = np.sort(windows, axis=-1)
    row = np.arange(len(windows))
    lower = ordered[row, :, (counted - 1) // 2]
    upper = ordered[row, :, counted // 2]
    middle: NDArray[np.floating] = (lower + upper) / 2
    return middle


Threshold = float | NDArray[np.float64]
"""For all tools, or (n_tools,)."""


def hysteresis(
    probabilities: NDArray[np.floating], *, on: Threshold, off: Threshold
) -> NDArray[np.bool_]:
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


def _hold_on(present: NDArray[np.bool_], min_rows: float) -> NDArray[np.bool_]:
    """A use goes on until it has been gone for ``min_rows``: the rows before that are filled."""
    held = present.copy()
    for back in range(1, _most_rows_below(min_rows) + 1):
        held[back:] |= present[:-back]
    return held


def _wait_for(present: NDArray[np.bool_], min_rows: float) -> NDArray[np.bool_]:
    """A use is shown from the row on with which it has lasted ``min_rows``."""
    lasted = present.copy()
    for back in range(1, _most_rows_below(min_rows) + 1):
        lasted[back:] &= present[:-back]
        lasted[:back] = False
    return lasted


def _most_rows_below(min_rows: float) -> int:
    """The largest whole number below ``min_rows``; 2.0 rows leave 1."""
    return max(math.ceil(min_rows - 1e-9) - 1, 0)
