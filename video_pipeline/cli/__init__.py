"""The command ``surgical-video``: parses, wires the two packages together, maps errors to exits.

This package is the composition root: the only place that knows both ``video_pipeline`` and
``classifier``. Everything heavy is imported by the command that needs it.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from video_pipeline.cli.arguments import WrongCallError
from video_pipeline.cli.console import warn
from video_pipeline.cli.exit_status import FAILED, INTERRUPTED, WRONG_CALL
from video_pipeline.errors import PipelineError

__all__ = ["main"]

_COMMANDS = (
    "annotate",
    "extract",
    "train",
    "evaluate",
    "calibrate",
    "explain",
    "compare",
    "smooth",
    "tune",
    "statistics",
    "export",
    "import_timelines",
    "report",
    "verify",
    "dataset",
    "model",
)

_EXAMPLES = """\
examples:
  surgical-video annotate operation.mp4 --model samples/model --out timelines
  surgical-video train dataset --out model
  surgical-video COMMAND --help
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status."""
    parser = _build_parser()
    chosen = parser.parse_args(arguments)
    from classifier.errors import ClassifierError

    try:
        return int(chosen.run(chosen))
    except (ClassifierError, PipelineError) as error:
        if chosen.debug:
            raise
        warn(str(error))
        return FAILED
    except WrongCallError as error:
        warn(f"{error}; see `surgical-video COMMAND --help`")
        return WRONG_CALL
    except KeyboardInterrupt:
        warn(f"interrupted; {chosen.after_interruption}")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our stdout has left; nothing more can be said to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


def _build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="surgical-video",
        description="Who used what, when, in every second of every recorded operation.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--debug", action="store_true", help="show tracebacks")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name in _COMMANDS:
        importlib.import_module(f"video_pipeline.cli.{name}").add_parser(commands)
    return parser
