"""``surgical-video model``: a model folder looked at, or written for other runtimes."""

from __future__ import annotations

from typing import Any

from video_pipeline.cli.subcommands import add_subcommands

__all__ = ["add_parser"]

_SUBCOMMANDS = ("info", "export")
"""Modules of this package, each with its own ``add_parser`` and ``run``."""


def add_parser(commands: Any) -> None:
    """Describe the command's arguments."""
    parser = commands.add_parser("model", help="describe or export a model folder")
    add_subcommands(parser, __package__, _SUBCOMMANDS)
