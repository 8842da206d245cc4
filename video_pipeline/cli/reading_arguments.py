"""How recordings are read: the options that every command shares that opens one."""

from __future__ import annotations

import argparse
from fractions import Fraction
from typing import Any

from video_pipeline.cli.arguments import WrongCallError, moment, whole_number

__all__ = ["add_reading_arguments", "require_possible_reading"]


def add_reading_arguments(parser: Any) -> None:
    """Describe which part of a recording is read, and how."""
    group = parser.add_argument_group("reading", "times are seconds, M:SS or H:MM:SS")
    group.add_argument(
        "--start",
        type=moment,
        default=Fraction(0),
        metavar="TIME",
        help="nothing before that time of the recording",
    )
    group.add_argument("--end", type=moment, metavar="TIME", help="nothing from there on")
    group.add_argument(
        "--stream",
        type=whole_number,
        metavar="N",
        help="which video stream of a file, from 0 (default: the largest picture)",
    )
    group.add_argument(
        "--decoder",
        choices=("pyav", "opencv"),
        default="pyav",
        help="opencv: a second opinion, which refuses what it would get wrong (default pyav)",
    )


def require_possible_reading(arguments: argparse.Namespace) -> None:
    """Refuse options that are each possible, but not together."""
    if arguments.end is not None and arguments.end <= arguments.start:
        raise WrongCallError("--end lies after --start")
    if arguments.decoder == "opencv" and arguments.stream is not None:
        raise WrongCallError("OpenCV reads the first video stream only: --stream needs pyav")
