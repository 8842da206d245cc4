"""Pictures as files: PNG, SVG or PDF by the suffix, whole or absent, the same bytes every time."""

from __future__ import annotations

import io
import threading
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from video_pipeline.output.files import write_bytes
from video_pipeline.records import PhaseTimeline, ToolTimeline
from video_pipeline.timeline.statistics import ToolStatistics
from video_pipeline.timeline.statistics.co_use import CoUse
from video_pipeline.timeline.statistics.cohort import CohortMember

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "encode_timeline_plot",
    "write_co_use_plot",
    "write_cohort_plot",
    "write_timeline_plot",
    "write_usage_plot",
]

# Without these, the file would name matplotlib's version or the hour it was drawn.
_METADATA: dict[str, dict[str, str | None]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None, "Format": None, "Type": None},
    "pdf": {"Creator": None, "Producer": None, "CreationDate": None},
}
_SETTINGS = threading.Lock()


def write_timeline_plot(
    path: str | PathLike[str],
    timeline: ToolTimeline,
    *,
    title: str,
    flags: Sequence[str] | None = None,
    reference: ToolTimeline | None = None,
    phases: PhaseTimeline | None = None,
) -> None:
    """Draw a timeline into ``path``, a ``.png``, ``.svg`` or ``.pdf``; raises ``OutputError``.

    ``flags``, (n_seconds,), says why a second is doubtful or is empty. A ``reference`` has a row of
    its own below each tool's, and below it one of what differs. ``phases`` are a ribbon on top. In
    a PDF, what is longer than 45 minutes is cut into pages of 30.
    """
    content = encode_timeline_plot(
        _format_of(path), timeline, title=title, flags=flags, reference=reference, phases=phases
    )
    write_bytes(path, content)


def encode_timeline_plot(
    file_format: str,
    timeline: ToolTimeline,
    *,
    title: str,
    flags: Sequence[str] | None = None,
    reference: ToolTimeline | None = None,
    phases: PhaseTimeline | None = None,
    ribbon_name: str = "phase",
) -> bytes:
    """Draw a timeline as the bytes of a ``png``, ``svg`` or ``pdf``; see ``write_timeline_plot``.

    ``ribbon_name`` says whose phases they are. A timeline and what was read from its table, which
    has four decimals, give the same bytes.
    """
    # Here, not above: matplotlib takes half a second to import, which `--help` need not wait for.
    from video_pipeline.output.pictures.timeline import Shown, draw_pages, draw_timeline

    shown = Shown(timeline, title, flags, reference, phases, ribbon_name)
    figures = draw_pages(shown) if file_format == "pdf" else [draw_timeline(shown)]
    return _encode(figures, file_format)


def write_usage_plot(
    path: str | PathLike[str], recordings: Sequence[Sequence[ToolStatistics]], *, title: str
) -> None:
    """Draw how long each tool is visible and how often it is used; raises ``OutputError``.

    ``recordings`` has the tools of one recording or of several: then the bars are medians.
    """
    file_format = _format_of(path)
    from video_pipeline.output.pictures.usage import draw_usage

    write_bytes(path, _encode([draw_usage(recordings, title=title)], file_format))


def write_co_use_plot(path: str | PathLike[str], co_use: CoUse, *, title: str) -> None:
    """Draw which tools are used together; raises ``OutputError``."""
    file_format = _format_of(path)
    from video_pipeline.output.pictures.co_use import draw_co_use

    write_bytes(path, _encode([draw_co_use(co_use, title=title)], file_format))


def write_cohort_plot(
    path: str | PathLike[str],
    members: Sequence[CohortMember],
    *,
    title: str,
    normalised: bool = False,
) -> None:
    """Draw all recordings under one another; raises ``OutputError``.

    All begin at the left and have one scale of time; ``normalised``: each fills the width.
    """
    file_format = _format_of(path)
    from video_pipeline.output.pictures.cohort import draw_cohort

    write_bytes(
        path, _encode([draw_cohort(members, title=title, normalised=normalised)], file_format)
    )


def _format_of(path: str | PathLike[str]) -> str:
    file_format = Path(path).suffix.lower().removeprefix(".")
    if file_format not in _METADATA:
        raise ValueError(f"a plot is a .png, .svg or .pdf file, got {Path(path).name}")
    return file_format


def _encode(figures: Sequence[Figure], file_format: str) -> bytes:
    import matplotlib as mpl

    buffer = io.BytesIO()
    metadata = _METADATA[file_format]
    # matplotlib takes these from its settings alone, which all threads share.
    with (
        _SETTINGS,
        mpl.rc_context(
            {"svg.hashsalt": "surgical-video", "svg.fonttype": "path", "savefig.bbox": None}
        ),
    ):
        if file_format == "pdf":
            from matplotlib.backends.backend_pdf import PdfPages

            with PdfPages(buffer, metadata=metadata) as pages:
                for figure in figures:
                    pages.savefig(figure)
        else:
            (figure,) = figures
            figure.savefig(buffer, format=file_format, dpi="figure", metadata=metadata)
    return buffer.getvalue()
