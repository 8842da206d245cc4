"""The colours of the page's marks: those of ``timeline.png``, so that a tool keeps its own."""

from __future__ import annotations

__all__ = ["PHASE_COLOURS", "TOOL_COLOURS", "phase_class", "tool_class"]

# Okabe & Ito, "Color Universal Design" (2008), without the yellow, which is lost on white paper.
TOOL_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#404040")
# P. Tol, "Colour Schemes" (2021), the light one: made for black text on it.
PHASE_COLOURS = (
    *("#77AADD", "#EE8866", "#EEDD88", "#FFAABB", "#99DDFF"),
    *("#44BB99", "#BBCC33", "#AAAA00", "#DDDDDD"),
)


def tool_class(k: int) -> str:
    """The style class that carries the colour of the k-th tool; they come round."""
    return f"c{k % len(TOOL_COLOURS)}"


def phase_class(k: int) -> str:
    """The style class that carries the colour of the k-th phase; they come round."""
    return f"p{k % len(PHASE_COLOURS)}"
