"""What follows on what: the tool that appears after another one goes, and the changes of sets.

Both are read off the boundaries between neighbouring seconds k - 1 and k that both have a frame; at
any other boundary nobody knows what changed.

- A tool *goes* at boundary k if k - 1 shows it and k does not; it *appears* if k shows it and k - 1
  does not. After a tool goes at k, the next tools are those that appear at the first boundary from
  k on at which any tool appears (k itself: a swap), the tool that went included (then it came back
  first). Several that appear at once count each. If a second without a frame or the recording's end
  comes before that, what followed is unknown, and is counted as such.
- A *change* at boundary k is the set of tools that k - 1 shows and the other one that k shows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from video_pipeline.records import ToolTimeline

__all__ = ["Changes", "NextTools", "add_up_next_tools", "count_changes", "count_next_tools"]

Changes = Counter[tuple[frozenset[str], frozenset[str]]]
"""(before, after): how often; either may be empty."""


@dataclass(frozen=True, eq=False)
class NextTools:
    """Which tool appears next after a tool goes."""

    tools: tuple[str, ...]
    n_times: NDArray[np.int64]
    """(n_tools, n_tools) [went, came]."""
    n_went: NDArray[np.int64]
    """(n_tools,) how often each tool went."""
    n_unknown: NDArray[np.int64]
    """(n_tools,) how often it is unknown what followed."""


def count_next_tools(timeline: ToolTimeline) -> NextTools:
    """Count what followed in one recording."""
    comparable, seen = _comparable(timeline)
    # Row k of each: what happens at the boundary before second k + 1.
    appears = timeline.present[1:] & ~timeline.present[:-1] & comparable[:, np.newaxis]
    goes = timeline.present[:-1] & ~timeline.present[1:] & comparable[:, np.newaxis]
    boundary, went = np.nonzero(goes)
    busy = np.flatnonzero(appears.any(axis=1))
    place = np.searchsorted(busy, boundary)
    known = place < len(busy)
    boundary, went_then = boundary[known], went[known]
    following = busy[place[known]]
    n_unseen_before = np.concatenate([[0], np.cumsum(~seen)])
    in_sight = n_unseen_before[boundary + 1] == n_unseen_before[following + 1]
    n_tools = len(timeline.tools)
    n_times = np.zeros((n_tools, n_tools), dtype=np.int64)
    np.add.at(n_times, went_then[in_sight], appears[following[in_sight]].astype(np.int64))
    n_went = np.bincount(went, minlength=n_tools)
    n_known = np.bincount(went_then[in_sight], minlength=n_tools)
    return NextTools(timeline.tools, n_times, n_went, n_went - n_known)


def add_up_next_tools(parts: Sequence[NextTools], *, tools: Sequence[str]) -> NextTools:
    """Add recordings up, in the order of ``tools``, which has all of theirs."""
    column_of = {tool: k for k, tool in enumerate(tools)}
    n_times = np.zeros((len(tools), len(tools)), dtype=np.int64)
    n_went, n_unknown = np.zeros((2, len(tools)), dtype=np.int64)
    for part in parts:
        columns = [column_of[tool] for tool in part.tools]
        n_times[np.ix_(columns, columns)] += part.n_times
        n_went[columns] += part.n_went
        n_unknown[columns] += part.n_unknown
    return NextTools(tuple(tools), n_times, n_went, n_unknown)


def count_changes(timeline: ToolTimeline) -> Changes:
    """Count the changes of the set of visible tools in one recording."""
    comparable, _ = _comparable(timeline)
    sets, code = np.unique(timeline.present, axis=0, return_inverse=True)
    code = code.reshape(-1)
    changed = comparable & (code[1:] != code[:-1])
    pairs = np.stack([code[:-1][changed], code[1:][changed]], axis=1)
    counted, n_times = np.unique(pairs, axis=0, return_counts=True)
    names = [
        frozenset(tool for tool, shown in zip(timeline.tools, row, strict=True) if shown)
        for row in sets.tolist()
    ]
    return Counter(
        {
            (names[before], names[after]): n
            for (before, after), n in zip(counted.tolist(), n_times.tolist(), strict=True)
        }
    )


def _comparable(timeline: ToolTimeline) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(n_seconds - 1,) whether both sides of a boundary have a frame; (n_seconds,) which have."""
    seen = timeline.n_frames > 0
    return seen[1:] & seen[:-1], seen
