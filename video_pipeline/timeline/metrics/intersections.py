"""Uses found by intersection: several short ones may find a long one, which no overlap allows.

The tolerance criteria of C. Bilen et al., "A framework for the robust evaluation of sound event
detection", ICASSP 2020 (PSDS): a predicted use counts if true uses cover at least half of it
(detection tolerance), and a true use is found if predictions that count cover at least half of it
(ground truth intersection). What does not count is a false positive.
"""

from __future__ import annotations

import numpy as np

from video_pipeline.timeline.events import Uses, overlapping_pairs

__all__ = ["MIN_COVERED", "count_intersecting"]

MIN_COVERED = 0.5


def count_intersecting(
    predicted: Uses,
    reference: Uses,
    *,
    min_of_predicted: float = MIN_COVERED,
    min_of_reference: float = MIN_COVERED,
) -> tuple[int, int]:
    """How many true uses are found, and how many predicted ones do not count."""
    p, r, shared = overlapping_pairs(predicted, reference)
    covered = np.bincount(p, weights=shared, minlength=len(predicted))
    counts = covered / predicted.length >= min_of_predicted
    of_counting = counts[p]
    found = np.bincount(r[of_counting], weights=shared[of_counting], minlength=len(reference))
    return int((found / reference.length >= min_of_reference).sum()), int((~counts).sum())
