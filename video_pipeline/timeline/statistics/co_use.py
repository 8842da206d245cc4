"""Which tools are used together: seconds that show both of two tools, and of what that is a share.

The share is of the seconds that show one of the two or both: Jaccard's index, 1 where neither is
ever seen without the other (P. Jaccard, "The distribution of the flora in the alpine zone", 1912).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from video_pipeline.records import ToolTimeline

__all__ = ["CoUse", "add_up_co_use", "count_co_use"]


@dataclass(frozen=True, eq=False)
class CoUse:
    """Every pair of tools, of one recording or of several."""

    tools: tuple[str, ...]
    both_s: NDArray[np.int64]
    """(n_tools, n_tools) seconds that show both; on the diagonal those that show the tool."""
    either_s: NDArray[np.int64]
    """(n_tools, n_tools) seconds that show one of the two, or both."""

    @property
    def jaccard(self) -> NDArray[np.float64]:
        """(n_tools, n_tools) ``both_s`` over ``either_s``; NaN where neither is ever visible."""
        shares = np.full(self.both_s.shape, np.nan)
        np.divide(self.both_s, self.either_s, out=shares, where=self.either_s > 0)
        return shares


def count_co_use(timeline: ToolTimeline) -> CoUse:
    """Count the pairs of one recording."""
    present = timeline.present.astype(np.int64)
    both_s = present.T @ present
    own_s = np.diagonal(both_s)
    return CoUse(timeline.tools, both_s, own_s[:, np.newaxis] + own_s - both_s)


def add_up_co_use(parts: Sequence[CoUse], *, tools: Sequence[str]) -> CoUse:
    """Add recordings up, in the order of ``tools``, which has all of theirs.

    A pair is counted in the recordings that know both tools: where nobody looked for one of them,
    nothing is known of the two together.
    """
    column_of = {tool: k for k, tool in enumerate(tools)}
    both_s = np.zeros((len(tools), len(tools)), dtype=np.int64)
    either_s = np.zeros_like(both_s)
    for part in parts:
        columns = [column_of[tool] for tool in part.tools]
        both_s[np.ix_(columns, columns)] += part.both_s
        either_s[np.ix_(columns, columns)] += part.either_s
    return CoUse(tuple(tools), both_s, either_s)
