"""A sheet of paper measured in inches: text, axes and boxes at exact places, for our pictures.

Drawn with matplotlib's objects alone, so nothing global is set and two drawings do not disturb one
another. Names and titles are data: a ``$`` in them starts no formula, and a character that the font
lacks becomes a box, not a warning. The font is the DejaVu Sans that comes with matplotlib, whatever
else is installed, so that a picture is the same on every machine. Importing this file imports
matplotlib.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, get_font
from matplotlib.text import Text
from matplotlib.textpath import TextToPath
from numpy.typing import NDArray

__all__ = ["DPI", "Sheet", "boxes", "drawable", "fitted", "text_width_in"]

DPI = 150
_FONT_FILES = {"normal": "DejaVuSans.ttf", "bold": "DejaVuSans-Bold.ttf"}
_NO_GLYPH = "\N{WHITE SQUARE}"


class Sheet:
    """A figure of a given size; places are (x, y) inches from its lower left corner."""

    def __init__(self, width_in: float, height_in: float) -> None:
        self.width_in = width_in
        self.height_in = height_in
        self.figure = Figure(figsize=(width_in, height_in), dpi=DPI, facecolor="white")

    def add_axes(self, left_in: float, bottom_in: float, width_in: float, height_in: float) -> Axes:
        """Add bare axes: transparent, without ticks, frame or margins."""
        axes = self.figure.add_axes(
            (
                left_in / self.width_in,
                bottom_in / self.height_in,
                width_in / self.width_in,
                height_in / self.height_in,
            )
        )
        axes.set_facecolor("none")
        axes.set_xticks([])
        axes.set_yticks([])
        for spine in axes.spines.values():
            spine.set_visible(False)
        return axes

    def write(
        self,
        text: str,
        x_in: float,
        y_in: float,
        *,
        size: float,
        colour: str,
        align: Literal["left", "center", "right"] = "left",
        weight: Literal["normal", "bold"] = "normal",
    ) -> None:
        """Write ``text``, which is ``drawable``, with its middle at the height ``y_in``."""
        label = Text(
            x_in,
            y_in,
            text,
            fontproperties=_font(size, weight),
            color=colour,
            horizontalalignment=align,
            verticalalignment="center_baseline",
            transform=self.figure.dpi_scale_trans,
            parse_math=False,
            usetex=False,
        )
        self.figure.add_artist(label)


def drawable(text: str, *, longest: int) -> str:
    """Return ``text`` as one line that the font can draw, of at most ``longest`` characters."""
    line = "".join(c if c in _known_characters() else _NO_GLYPH for c in " ".join(text.split()))
    return line if len(line) <= longest else line[: longest - 1] + "…"


def fitted(text: str, *, size: float, width_in: float) -> str:
    """Return a title, bold, as ``drawable`` and no wider than ``width_in`` nor than 68 letters."""
    longest = 68
    line = drawable(text, longest=longest)
    while longest > 1 and text_width_in(line, size=size, weight="bold") > width_in:
        longest -= 1
        line = drawable(text, longest=longest)
    return line


def text_width_in(text: str, *, size: float, weight: Literal["normal", "bold"] = "normal") -> float:
    """Measure a ``drawable`` text."""
    width_pt, _, _ = TextToPath().get_text_width_height_descent(
        text, _font(size, weight), ismath=False
    )
    return float(width_pt) / 72


def boxes(
    left: NDArray[np.float64], right: NDArray[np.float64], *, bottom: float, top: float
) -> NDArray[np.float64]:
    """Return the corners (n, 4, 2) of boxes between ``left`` and ``right`` (n,)."""
    low, high = np.full_like(left, bottom), np.full_like(left, top)
    x = np.stack([left, left, right, right], axis=1)
    y = np.stack([low, high, high, low], axis=1)
    return np.stack([x, y], axis=2)


def _font(size: float, weight: str) -> FontProperties:
    return FontProperties(fname=_font_file(weight), size=size)


def _font_file(weight: str) -> str:
    return str(Path(mpl.get_data_path(), "fonts", "ttf", _FONT_FILES[weight]))


@cache
def _known_characters() -> frozenset[str]:
    charmap = get_font(_font_file("normal")).get_charmap()
    return frozenset(chr(code) for code in charmap if chr(code).isprintable())
