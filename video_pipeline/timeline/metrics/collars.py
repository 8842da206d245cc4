"""Uses found by their ends: both within a collar of the true ones.

The event-based definition of A. Mesaros, T. Heittola and T. Virtanen, "Metrics for polyphonic sound
event detection", Applied Sciences 6(6), 2016, as sed_eval computes it: onsets at most ``collar_s``
apart, offsets at most the larger of ``collar_s`` and a share of the true length, and of all
one-to-one matchings the largest (sed_eval's ``optimal``, its default; ``greedy`` finds fewer where
uses crowd).
"""

from __future__ import annotations

from collections.abc import Sequence

from video_pipeline.timeline.events import Interval

__all__ = ["COLLAR_S", "SHARE_OF_LENGTH", "count_within_collars"]

COLLAR_S = 2.0
SHARE_OF_LENGTH = 0.2


def count_within_collars(
    predicted: Sequence[Interval],
    reference: Sequence[Interval],
    *,
    collar_s: float = COLLAR_S,
    share_of_length: float = SHARE_OF_LENGTH,
) -> int:
    """Count the pairs of the largest matching; each side is ordered and free of overlaps.

    True uses that compete for a prediction begin within two collars of one another, so all but the
    last of them are shorter than that, and with a share of at most one half their offset's collar
    is ``collar_s`` too. Then the predictions that fit a use and those that fit the next are windows
    that move to the right at both ends, and taking the first that fits is best.
    """
    if not 0 <= share_of_length <= 0.5:
        raise ValueError(f"share_of_length must lie in [0, 0.5], got {share_of_length}")
    matches = first = 0
    for start, end in reference:
        while first < len(predicted) and start - predicted[first][0] > collar_s:
            first += 1
        late = max(collar_s, share_of_length * (end - start))
        p = first
        while p < len(predicted) and predicted[p][0] - start <= collar_s:
            if abs(predicted[p][1] - end) <= late:
                matches, first = matches + 1, p + 1
                break
            p += 1
    return matches
