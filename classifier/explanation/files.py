"""What explanations leave on disk: a sheet each, overlays where wanted, one table of peaks."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from classifier.errors import ClassifierError
from classifier.explanation.explaining import Explanation
from classifier.explanation.overlay import paint_overlay
from classifier.explanation.sheet import draw_sheet

__all__ = [
    "TABLE_NAME",
    "PeakRow",
    "peak_rows",
    "write_overlays",
    "write_peaks",
    "write_sheet",
]

TABLE_NAME = "explanations.csv"
_HEADER = (
    *("image", "time_s", "tool", "probability", "visible"),
    *("peak_x_px", "peak_y_px", "map_max", "map_mean", "sheet"),
)
_LONGEST_TOOL = 60


@dataclass(frozen=True)
class PeakRow:
    """What the table says of one tool in one picture."""

    image: str
    """The picture's file, or the recording's."""
    time_ms: int | None
    """When the recording showed it; None for an image."""
    tool: str
    probability: float
    visible: bool
    peak_px: tuple[int, int] | None
    """(x, y) in the picture at its own size; None where nothing speaks for the tool."""
    map_max: float
    """Of the map's places, what speaks against the tool counted as zero; in logits."""
    map_mean: float
    sheet: str
    """Name of the contact sheet's file."""


def peak_rows(
    explanation: Explanation, *, image: str, time_ms: int | None, sheet: str
) -> list[PeakRow]:
    """One row a tool, in the model's order, whether it is visible or not."""
    positive = np.maximum(explanation.maps, 0)
    return [
        PeakRow(
            image=image,
            time_ms=time_ms,
            tool=tool,
            probability=float(explanation.probabilities[k]),
            visible=bool(explanation.visible[k]),
            peak_px=explanation.peak(k),
            map_max=float(positive[k].max()),
            map_mean=float(positive[k].mean()),
            sheet=sheet,
        )
        for k, tool in enumerate(explanation.tools)
    ]


def write_peaks(folder: Path, rows: Iterable[PeakRow]) -> None:
    """Write the table; names that hold bytes that are no text are written as escapes."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_HEADER)
    writer.writerows(map(_cells, rows))
    (folder / TABLE_NAME).write_bytes(text.getvalue().encode(errors="backslashreplace"))


def _cells(row: PeakRow) -> list[object]:
    return [
        row.image,
        f"{row.time_ms / 1000:.3f}" if row.time_ms is not None else "",
        row.tool,
        f"{row.probability:.4f}",
        int(row.visible),
        *(row.peak_px if row.peak_px is not None else ("", "")),
        f"{row.map_max:.4g}",
        f"{row.map_mean:.4g}",
        row.sheet,
    ]


def write_sheet(
    path: Path, explanation: Explanation, tools: Sequence[int], *, title: str, subtitle: str
) -> None:
    """Write the contact sheet of the tools of these numbers."""
    path.write_bytes(draw_sheet(explanation, tools, title=title, subtitle=subtitle))


def write_overlays(folder: Path, explanation: Explanation, tools: Sequence[int]) -> None:
    """Write each tool's overlay at the picture's own size, without captions, as NN_<tool>.png.

    Raises:
        ClassifierError: the picture is larger than a PNG can be.
    """
    folder.mkdir(parents=True)
    for tool in tools:
        painted = paint_overlay(explanation.picture.image, explanation.spread(tool))
        # A tool's name is data: two may differ in nothing but what no file name can hold.
        plain = re.sub(r"[^\w+-]", "_", explanation.tools[tool])[:_LONGEST_TOOL]
        path = folder / f"{tool + 1:02}_{plain}.png"
        path.write_bytes(_encoded(path, painted))


def _encoded(path: Path, image: NDArray[np.uint8]) -> bytes:
    try:
        _, content = cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    except cv2.error as error:
        raise ClassifierError(path, "the picture is too large for a PNG") from error
    return content.tobytes()
