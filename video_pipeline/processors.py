"""How much this process may compute at once."""

from __future__ import annotations

import math
import os
from pathlib import Path

__all__ = ["n_processors"]

_CGROUPS = Path("/sys/fs/cgroup")


def n_processors() -> int:
    """The machine's processors, less what affinity or a container's quota withhold; at least 1."""
    n = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(n, math.ceil(_granted(n))))


def _granted(n: int) -> float:
    """Of how many of ``n`` processors all time may be used; see cgroups(7), both versions of it."""
    for files in (["cpu.max"], ["cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us"]):
        try:
            words = [w for name in files for w in (_CGROUPS / name).read_text("ascii").split()]
            quota, period = map(float, words)
        except (OSError, ValueError):
            # Not there, or "max": no limit.
            continue
        if quota > 0 and period > 0:
            return quota / period
    return n
