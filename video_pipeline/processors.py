"""How much this process may compute at once."""

from __future__ import annotations

__all__ = ["n_processors"]


def n_processors() -> int:
    """The machine's processors, less what affinity or a container's quota (cgroups) withhold."""
    # A fifth of a second, for those who ask.
    import joblib

    return int(joblib.cpu_count())
