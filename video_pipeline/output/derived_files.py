"""Pages and pictures that ``report`` makes from a recording's tables: no manifest names them.

``run.json`` is written once, last, by whoever wrote the tables, and what is added later must not
change it. So these files are known by their names: whoever writes the tables anew takes them away,
that no page shows older numbers than the tables beside it.
"""

from __future__ import annotations

from pathlib import Path

from video_pipeline.output.files import remove_file

__all__ = [
    "COMPARED_STEM",
    "PLOT_FORMATS",
    "REPORT_NAME",
    "TIMELINE_STEM",
    "WITH_PHASES_STEM",
    "remove_derived_files",
]

REPORT_NAME = "report.html"
PLOT_FORMATS = ("png", "svg", "pdf")
TIMELINE_STEM = "timeline"
WITH_PHASES_STEM = "timeline_with_phases"
"""Where the other is an annotation's own, of the tools alone."""
COMPARED_STEM = "timeline_vs_reference"


def remove_derived_files(folder: Path) -> None:
    """Take away pages and pictures of earlier tables; raises ``OutputError``."""
    remove_file(folder / REPORT_NAME)
    for stem in (TIMELINE_STEM, WITH_PHASES_STEM, COMPARED_STEM):
        for suffix in PLOT_FORMATS:
            remove_file(folder / f"{stem}.{suffix}")
