"""The arguments of every command that smooths, and what they make of tuned settings."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from video_pipeline.cli.arguments import WrongCallError, non_negative_float, probability

if TYPE_CHECKING:
    from video_pipeline.timeline.smoothing import Smoothing

__all__ = ["add_smoothing_arguments", "default_values", "read_settings", "smoothing_of"]

_DURATIONS = ("mean", "median", "min_on", "min_off")
_MOST_BYTES = 16 << 20


def add_smoothing_arguments(parser: argparse.ArgumentParser, *, defaults: str) -> None:
    """Add the group ``smoothing``; ``defaults`` says where they come from."""
    group = parser.add_argument_group(
        "smoothing",
        f"a duration of 0 switches that step off; defaults come from {defaults}; any of these "
        "replaces what was tuned for each tool",
    )
    group.add_argument(
        "--settings", type=Path, metavar="FILE", help="what `surgical-video tune` wrote"
    )
    group.add_argument(
        "--mean", type=non_negative_float, metavar="S", help="length of the moving average"
    )
    group.add_argument(
        "--median", type=non_negative_float, metavar="S", help="length of the median filter"
    )
    group.add_argument(
        "--on", type=probability, metavar="P", help="a tool appears at this probability"
    )
    group.add_argument("--off", type=probability, metavar="P", help="and disappears below this one")
    group.add_argument(
        "--min-on", type=non_negative_float, metavar="S", help="shorter uses are dropped"
    )
    group.add_argument(
        "--min-off", type=non_negative_float, metavar="S", help="shorter holes are filled"
    )
    group.add_argument(
        "--no-smoothing", action="store_true", help="a plain threshold (--on, or 0.5)"
    )


def smoothing_of(
    arguments: argparse.Namespace, stored: Mapping[str, Any] | None, *, head: str | None = None
) -> Smoothing:
    """What the arguments ask for, on top of what a model folder has stored.

    Raises:
        TableError: the settings file cannot be read.
        ValueError: ``stored`` cannot be.
        WrongCallError: values contradict one another.
    """
    from video_pipeline.timeline.smoothing import Smoothing, SmoothingSettings
    from video_pipeline.timeline.smoothing.stored import smoothing_from_json

    given = _given(arguments)
    if arguments.settings is not None:
        if given or arguments.no_smoothing:
            raise WrongCallError("--settings already says how to smooth; leave the others out")
        return read_settings(arguments.settings)
    base = None if stored is None else smoothing_from_json(dict(stored))
    if base is not None and not given and not arguments.no_smoothing:
        return base
    values = _flat_values(base)
    if not values:
        values = default_values(head)
    if arguments.no_smoothing:
        values = {"on_threshold": 0.5, "off_threshold": None, "min_on_s": None}
        given = {name: value for name, value in given.items() if name == "on_threshold"}
    try:
        return Smoothing(SmoothingSettings(**(values | given)))
    except ValueError as error:
        raise WrongCallError(str(error)) from error


def default_values(head: str | None) -> dict[str, Any]:
    """What an untuned filter has of its own for a model with such a head."""
    # Two tools in view share a softmax head's probability: neither may reach more than 0.5.
    return {"on_threshold": 0.5, "off_threshold": 0.3} if head == "softmax" else {}


def read_settings(path: Path) -> Smoothing:
    """Read a settings file; raises ``TableError``."""
    import json

    from video_pipeline.errors import TableError
    from video_pipeline.timeline.smoothing.stored import smoothing_from_json

    hint = "expected is what `surgical-video tune --out` wrote"
    try:
        if not path.is_file():
            raise TableError(path, "no such file", hint=hint)
        with path.open("rb") as file:
            content = json.loads(file.read(_MOST_BYTES).decode())
        if not isinstance(content, dict) or "smoothing" not in content:
            raise TableError(path, "holds no smoothing settings", hint=hint)
        return smoothing_from_json(content["smoothing"])
    except OSError as error:
        raise TableError(path, f"cannot be read ({error.strerror})") from error
    except RecursionError as error:
        raise TableError(path, "is nested too deeply", hint=hint) from error
    except ValueError as error:
        raise TableError(path, f"holds no smoothing settings ({error})", hint=hint) from error


def _given(arguments: argparse.Namespace) -> dict[str, float | None]:
    """The filter's fields that were named."""
    named = {"on_threshold": arguments.on, "off_threshold": arguments.off}
    given = {name: value for name, value in named.items() if value is not None}
    for name in _DURATIONS:
        seconds = getattr(arguments, name)
        if seconds is not None:
            given[f"{name}_s"] = seconds if seconds > 0 else None
    return given


def _flat_values(base: Smoothing | None) -> dict[str, Any]:
    """What one filter for all tools says; nothing where each tool has its own method."""
    import dataclasses

    from video_pipeline.timeline.smoothing import SmoothingSettings

    if base is None or base.by_tool or not isinstance(base.others, SmoothingSettings):
        return {}
    return dataclasses.asdict(base.others)
