"""Commands that have commands of their own."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Sequence

__all__ = ["add_subcommands"]


def add_subcommands(parser: argparse.ArgumentParser, package: str, modules: Sequence[str]) -> None:
    """Add ``package.module`` of each name as a command below ``parser``."""
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name in modules:
        importlib.import_module(f"{package}.{name}").add_parser(commands)
