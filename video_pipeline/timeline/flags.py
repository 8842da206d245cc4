"""Why a second is doubtful: nothing recorded, frames damaged, the recording cut, a bad picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["CUT_OFF", "DECODE_ERROR", "GAP", "NOT_SAMPLED", "flag_seconds"]

GAP = "gap"
"""No frame was shown: the recorder was paused, or data are lost."""
DECODE_ERROR = "decode_error"
"""A frame of this second is damaged, or one is missing about here."""
CUT_OFF = "cut_off"
"""The recording ends within this second although it should have gone on."""
NOT_SAMPLED = "not_sampled"
"""Nobody looked: the rate is below one a second, or the second lies outside of start and end."""


class _Report(Protocol):
    @property
    def gaps(self) -> tuple[tuple[float, float], ...]: ...
    @property
    def damaged_seconds(self) -> tuple[int, ...]: ...
    @property
    def is_complete(self) -> bool: ...


def flag_seconds(
    n_frames: NDArray[np.int64],
    report: _Report,
    *,
    quality: Mapping[str, Sequence[int]] | None = None,
) -> tuple[str, ...]:
    """(n_seconds,) flags; several reasons are joined by ``+``, in the order of their list here.

    ``quality``: the seconds of each fault of pictures, by its name (``frames.pictures.quality``).
    """
    reasons: list[list[str]] = [[] for _ in n_frames]
    in_gap = _seconds_in(report.gaps, len(n_frames))
    damaged = set(report.damaged_seconds)
    for k in np.flatnonzero(n_frames == 0).tolist():
        if in_gap[k]:
            reasons[k].append(GAP)
        elif k not in damaged:
            reasons[k].append(NOT_SAMPLED)
    for reason, seconds in {DECODE_ERROR: sorted(damaged), **(quality or {})}.items():
        for k in seconds:
            if k < len(reasons):
                reasons[k].append(reason)
    if not report.is_complete and reasons:
        reasons[-1].append(CUT_OFF)
    return tuple("+".join(of_second) for of_second in reasons)


def _seconds_in(gaps: Sequence[tuple[float, float]], n_seconds: int) -> NDArray[np.bool_]:
    """(n_seconds,) whether some of each second lies in a gap."""
    touched = np.zeros(n_seconds, dtype=np.bool_)
    for start_s, end_s in gaps:
        touched[int(start_s) : int(np.ceil(end_s))] = True
    return touched
