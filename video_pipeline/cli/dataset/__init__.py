"""``surgical-video dataset``: labelled images looked at before anything learns from them."""

from __future__ import annotations

from typing import Any

from video_pipeline.cli.subcommands import add_subcommands

__all__ = ["add_parser"]

_SUBCOMMANDS = ("scan", "diff", "import_labels")
"""Modules of this package, each with its own ``add_parser`` and ``run``."""


def add_parser(commands: Any) -> None:
    """Describe the command's arguments."""
    parser = commands.add_parser("dataset", help="check, compare or import labelled images")
    add_subcommands(parser, __package__, _SUBCOMMANDS)
