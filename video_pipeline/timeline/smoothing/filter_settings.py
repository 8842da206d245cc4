"""What a person may choose about filtering one tool's probabilities."""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["SmoothingSettings"]


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

    mean_s: float | None = None
    """Length of the moving average's window; None: no average."""
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
    is_causal: bool = False
    """Whether a row is decided from it and the rows before it alone, as it must be while an
    operation runs: windows end at the row, a use is shown once it has lasted ``min_on_s``, and is
    over once it has been gone for ``min_off_s``."""

    def __post_init__(self) -> None:
        for name in ("mean_s", "median_s", "min_on_s", "min_off_s"):
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
