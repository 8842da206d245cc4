"""The colours of our pictures, and times written like a clock."""

from __future__ import annotations

__all__ = [
    "DOUBT",
    "FAINT",
    "GROUND",
    "HATCH",
    "INK",
    "PHASE_COLOURS",
    "QUIET",
    "TICK_STEPS_S",
    "TOOL_COLOURS",
    "clock",
    "phase_colour",
    "tool_colour",
]

INK, QUIET, FAINT, GROUND = "#222222", "#6E6E6E", "#DDDDDD", "#F6F6F4"
DOUBT, HATCH = "#EAEAEA", "#ABABAB"

TICK_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)

# Okabe & Ito, "Color Universal Design" (2008), without the yellow, which is lost on white paper.
TOOL_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#404040")
# P. Tol, "Colour Schemes" (2021), the light one: made for black text on it.
PHASE_COLOURS = (
    "#77AADD",
    "#EE8866",
    "#EEDD88",
    "#FFAABB",
    "#99DDFF",
    "#44BB99",
    "#BBCC33",
    "#AAAA00",
    "#DDDDDD",
)


def tool_colour(k: int) -> str:
    """The colour of the k-th tool; they come round after seven."""
    return TOOL_COLOURS[k % len(TOOL_COLOURS)]


def phase_colour(k: int) -> str:
    """The colour of the k-th phase, light; they come round after nine."""
    return PHASE_COLOURS[k % len(PHASE_COLOURS)]


def clock(seconds: int) -> str:
    """Write a time like a clock: 4:05 or, from an hour on, 1:04:05."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours > 0 else f"{minutes}:{rest:02d}"
