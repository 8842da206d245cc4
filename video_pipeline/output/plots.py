"""Pictures as files: PNG or SVG by the suffix, whole or absent, the same bytes every time."""

from __future__ import annotations

import io
import threading
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from video_pipeline.output.files import write_bytes
from video_pipeline.records import ToolTimeline

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["write_timeline_plot"]

# Without these, the file would name matplotlib's version or the hour it was drawn.
_METADATA: dict[str, dict[str, str | None]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None, "Format": None, "Type": None},
}
_SETTINGS = threading.Lock()


def write_timeline_plot(
    path: str | PathLike[str],
    timeline: ToolTimeline,
    *,
    title: str,
    flags: Sequence[str] | None = None,
    reference: ToolTimeline | None = None,
) -> None:
    """Draw a timeline into ``path``, a ``.png`` or ``.svg``; raises ``OutputError``.

    ``flags``, (n_seconds,), says why a second is doubtful or is empty; ``reference`` is drawn as a
    thin line above the bars.
    """
    file_format = Path(path).suffix.lower().removeprefix(".")
    if file_format not in _METADATA:
        raise ValueError(f"a plot is a .png or .svg file, got {Path(path).name}")
    # Here, not above: matplotlib takes half a second to import, which `--help` need not wait for.
    from video_pipeline.output.timeline_drawing import draw_timeline

    figure = draw_timeline(timeline, title=title, flags=flags, reference=reference)
    write_bytes(path, _encode(figure, file_format))


def _encode(figure: Figure, file_format: str) -> bytes:
    import matplotlib as mpl

    buffer = io.BytesIO()
    # matplotlib takes these from its settings alone, which all threads share.
    with (
        _SETTINGS,
        mpl.rc_context(
            {"svg.hashsalt": "surgical-video", "svg.fonttype": "path", "savefig.bbox": None}
        ),
    ):
        figure.savefig(buffer, format=file_format, dpi="figure", metadata=_METADATA[file_format])
    return buffer.getvalue()
