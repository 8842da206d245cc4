"""A sheet measured in pixels: pictures pasted without resampling, and one-line texts that fit.

Drawn with matplotlib's objects alone and the font that comes with it, so nothing global is set and
a sheet is the same on every machine. Importing this file imports matplotlib.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, get_font
from matplotlib.text import Text
from matplotlib.textpath import TextToPath
from numpy.typing import NDArray

__all__ = ["Lettering"]

_DOTS_PER_INCH = 144
_POINTS_PER_PX = 72 / _DOTS_PER_INCH
_NO_GLYPH = "\N{WHITE SQUARE}"
_FONT_FILES = {False: "DejaVuSans.ttf", True: "DejaVuSans-Bold.ttf"}


class Lettering:
    """A white sheet; places are pixels from its upper left corner."""

    def __init__(self, height_px: int, width_px: int) -> None:
        self.height_px = height_px
        self.width_px = width_px
        size_in = (width_px / _DOTS_PER_INCH, height_px / _DOTS_PER_INCH)
        self.figure = Figure(figsize=size_in, dpi=_DOTS_PER_INCH, facecolor="white")
        FigureCanvasAgg(self.figure)

    def paste(self, image: NDArray[np.uint8], left: int, top: int) -> None:
        """Put an (h, w, 3) RGB picture on the sheet, pixel for pixel."""
        bottom = self.height_px - top - image.shape[0]
        self.figure.figimage(image, xo=left, yo=bottom, origin="upper")

    def write(
        self,
        text: str,
        left: float,
        middle: float,
        *,
        size_px: float,
        colour: str,
        bold: bool = False,
        width_px: float | None = None,
    ) -> None:
        """Write one line, its middle at a height; cut to ``width_px``, None: the sheet's margin."""
        font = FontProperties(fname=_font_file(bold), size=size_px * _POINTS_PER_PX)
        room = self.width_px - 2 * left if width_px is None else width_px
        label = Text(
            left / self.width_px,
            1 - middle / self.height_px,
            _shortened(_drawable(text, bold), font, room),
            fontproperties=font,
            color=colour,
            verticalalignment="center_baseline",
            transform=self.figure.transFigure,
            parse_math=False,
            usetex=False,
        )
        self.figure.add_artist(label)


def _drawable(text: str, bold: bool) -> str:
    """The text as one line of characters that the font can draw."""
    known = _known_characters(bold)
    return "".join(c if c in known else _NO_GLYPH for c in " ".join(text.split()))


def _shortened(text: str, font: FontProperties, room_px: float) -> str:
    """The longest beginning that fits, with dots where something is missing."""
    if _width_px(text, font) <= room_px:
        return text
    fits, too_long = 0, len(text)
    while too_long - fits > 1:
        middle = (fits + too_long) // 2
        if _width_px(f"{text[:middle]}…", font) <= room_px:
            fits = middle
        else:
            too_long = middle
    return f"{text[:fits]}…"


def _width_px(text: str, font: FontProperties) -> float:
    width_pt, _, _ = TextToPath().get_text_width_height_descent(text, font, ismath=False)
    return float(width_pt) / _POINTS_PER_PX


def _font_file(bold: bool) -> str:
    return str(Path(mpl.get_data_path(), "fonts", "ttf", _FONT_FILES[bold]))


@cache
def _known_characters(bold: bool) -> frozenset[str]:
    charmap = get_font(_font_file(bold)).get_charmap()
    return frozenset(chr(code) for code in charmap if chr(code).isprintable())
