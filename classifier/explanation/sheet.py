"""The contact sheet of one explanation: the picture, and beside it a panel a tool."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from classifier.explanation.explaining import Explanation
from classifier.explanation.lettering import Lettering
from classifier.explanation.overlay import colour_scale, find_peak, mark_peak, paint_overlay

__all__ = ["draw_sheet"]

_PANEL_PX = (480, 600)
"""(height, width) that a panel fills at most."""
_NARROWEST_PX = 400
"""Of a panel with its caption."""
_MOST_COLUMNS = 4
_MARGIN_PX, _GAP_PX = 32, 20
_HEADER_PX, _CAPTION_PX, _FOOTER_PX = 62, 62, 38
_BLACK, _GREY = "#1a1a1a", "#5f5f5f"
_SCALE_PX = (12, 150)


@dataclass(frozen=True, eq=False)
class _Panel:
    image: NDArray[np.uint8]
    title: str
    remark: str


def draw_sheet(
    explanation: Explanation, tools: Sequence[int], *, title: str, subtitle: str
) -> bytes:
    """Draw the picture and the panels of ``tools`` (their numbers) as a PNG; equal calls agree.

    Titles are data: what the font lacks becomes a box, and a ``$`` starts no formula.
    """
    size_px = _panel_size(explanation.picture.image)
    panels = [_original(explanation, size_px)]
    panels += [_tool_panel(explanation, tool, size_px) for tool in tools]
    n_columns = min(_MOST_COLUMNS, len(panels))
    n_rows = math.ceil(len(panels) / n_columns)
    cell_width = max(size_px[1], _NARROWEST_PX)
    step_x, step_y = cell_width + _GAP_PX, size_px[0] + _CAPTION_PX + _GAP_PX
    width = 2 * _MARGIN_PX + n_columns * step_x - _GAP_PX
    height = 2 * _MARGIN_PX + _HEADER_PX + n_rows * step_y - _GAP_PX + _FOOTER_PX
    letters = Lettering(height, width)
    letters.write(title, _MARGIN_PX, _MARGIN_PX + 4, size_px=25, colour=_BLACK, bold=True)
    letters.write(subtitle, _MARGIN_PX, _MARGIN_PX + 38, size_px=16, colour=_GREY)
    for k, panel in enumerate(panels):
        left = _MARGIN_PX + k % n_columns * step_x
        top = _MARGIN_PX + _HEADER_PX + k // n_columns * step_y
        _place_panel(letters, panel, left, top, cell_width)
    _place_legend(letters, height - _MARGIN_PX - _SCALE_PX[0] - 6)
    return _png(letters.figure)


def _panel_size(image: NDArray[np.uint8]) -> tuple[int, int]:
    height, width = image.shape[:2]
    scale = min(_PANEL_PX[0] / height, _PANEL_PX[1] / width)
    return max(1, round(height * scale)), max(1, round(width * scale))


def _original(explanation: Explanation, size_px: tuple[int, int]) -> _Panel:
    image = explanation.picture.image
    height, width = image.shape[:2]
    return _Panel(_fitted(image, size_px), "picture", f"{width} x {height} px")


def _tool_panel(explanation: Explanation, tool: int, size_px: tuple[int, int]) -> _Panel:
    image, spread = explanation.picture.image, explanation.spread(tool)
    peak = find_peak(spread)
    painted = paint_overlay(_fitted(image, size_px), _fitted(spread, size_px))
    if peak is not None:
        scale_y, scale_x = size_px[0] / image.shape[0], size_px[1] / image.shape[1]
        place = ((peak[0] + 0.5) * scale_x - 0.5, (peak[1] + 0.5) * scale_y - 0.5)
        painted = mark_peak(painted, place)
    title = f"{explanation.tools[tool]}: {explanation.probabilities[tool]:.3f}"
    remark = "" if explanation.visible[tool] else "not counted as visible; "
    remark += f"peak at x {peak[0]}, y {peak[1]}" if peak is not None else "nothing speaks for it"
    return _Panel(painted, title, remark)


def _fitted(image: NDArray[Any], size_px: tuple[int, int]) -> NDArray[Any]:
    """A picture or map of another size, without stairs where it grows."""
    height, width = size_px
    shrinks = height <= image.shape[0] and width <= image.shape[1]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, (width, height), interpolation=how), dtype=image.dtype)


def _place_panel(letters: Lettering, panel: _Panel, left: int, top: int, width: int) -> None:
    letters.paste(panel.image, left, top)
    below = top + panel.image.shape[0] + 18
    letters.write(panel.title, left, below, size_px=20, colour=_BLACK, bold=True, width_px=width)
    letters.write(panel.remark, left, below + 24, size_px=15, colour=_GREY, width_px=width)


def _place_legend(letters: Lettering, top: int) -> None:
    height, width = _SCALE_PX
    middle = top + height / 2
    letters.paste(colour_scale(height, width), _MARGIN_PX, top)
    text = "how much speaks for the tool, up to the most of each panel; ring: the peak"
    letters.write(text, _MARGIN_PX + width + 12, middle, size_px=15, colour=_GREY)


def _png(figure: Any) -> bytes:
    content = io.BytesIO()
    # No version in the file: the same explanation gives the same bytes.
    figure.savefig(content, format="png", dpi=figure.dpi, metadata={"Software": None})
    return content.getvalue()
