"""``--plots``: as what kinds of file a timeline is drawn."""

from __future__ import annotations

import argparse

from video_pipeline.output.derived_files import PLOT_FORMATS

__all__ = ["plot_formats"]


def plot_formats(text: str) -> tuple[str, ...]:
    """Kinds of file, separated by commas; each comes once, whatever their order."""
    wanted = [name.strip().lower().removeprefix(".") for name in text.split(",")]
    for name in wanted:
        if name not in PLOT_FORMATS:
            raise argparse.ArgumentTypeError(
                f"{', '.join(PLOT_FORMATS)} are expected, separated by commas, not {name!r}"
            )
    return tuple(name for name in PLOT_FORMATS if name in wanted)
