"""``surgical-video compare``: a predicted and a reference timeline in, their agreement out."""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from video_pipeline.cli.console import print_result, printable
from video_pipeline.cli.table import align

if TYPE_CHECKING:
    from video_pipeline.timeline.metrics import TimelineComparison

__all__ = ["add_parser"]

_EXAMPLES = """\
examples:
  surgical-video compare timelines/case12 case12.reference.csv
  surgical-video compare timelines/case12/timeline.csv case12.reference.csv --json

PREDICTED is a timeline.csv or the folder that holds it; REFERENCE a timeline.csv or a table
second,<tool>,<tool>,... of 0 and 1. Tools are matched by name. Exit status: 0 compared, 1 not
comparable, 2 wrong call.
"""


def add_parser(commands: Any) -> None:
    """Describe the command's arguments."""
    parser = commands.add_parser(
        "compare",
        help="hold a predicted timeline against a reference",
        description="Print frame and event metrics of one recording, each by its definition.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run, after_interruption="nothing was written")
    parser.add_argument("predicted", type=Path, metavar="PREDICTED")
    parser.add_argument("reference", type=Path, metavar="REFERENCE")
    parser.add_argument("--json", action="store_true", help="print every figure as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Read both, compare, print."""
    from video_pipeline.errors import TableError
    from video_pipeline.output.table_reading import read_timeline
    from video_pipeline.timeline.metrics import IncomparableError, compare_timelines

    predicted, reference = (_table_of(p) for p in (arguments.predicted, arguments.reference))
    try:
        comparison = compare_timelines(
            read_timeline(predicted).timeline, read_timeline(reference).timeline
        )
    except IncomparableError as error:
        raise TableError(predicted, f"cannot be compared with {reference}: {error}") from error
    if arguments.json:
        print_result(json.dumps(_as_json(comparison), indent=2, ensure_ascii=False))
    else:
        _print_comparison(comparison)
    return 0


def _table_of(path: Path) -> Path:
    return path / "timeline.csv" if path.is_dir() else path


def _as_json(comparison: TimelineComparison) -> dict[str, Any]:
    content = dataclasses.asdict(comparison)
    for entry, tool in zip(content["tools"], comparison.tools, strict=True):
        entry["events"] |= {"f1": tool.events.f1, "segment_ratio": tool.events.segment_ratio}
    events = comparison.events
    content["events"] |= {"f1": events.f1, "segment_ratio": events.segment_ratio}
    return content


def _print_comparison(comparison: TimelineComparison) -> None:
    rows = [["tool", "precision", "recall", "F1", "AP", "uses", "true uses", "event F1"]]
    for tool in comparison.tools:
        frames, events = tool.frames, tool.events
        rows.append(
            [
                printable(tool.tool),
                *map(_figure, (frames.precision, frames.recall, frames.f1)),
                _figure(tool.average_precision),
                str(events.n_predicted),
                str(events.n_reference),
                _figure(events.f1),
            ]
        )
    micro, events = comparison.micro, comparison.events
    rows.append(
        [
            "all",
            *map(_figure, (micro.precision, micro.recall, micro.f1)),
            _figure(comparison.mean_average_precision),
            str(events.n_predicted),
            str(events.n_reference),
            _figure(events.f1),
        ]
    )
    for line in align(rows):
        print_result(f"  {line}")
    print_result()
    print_result(
        f"  {comparison.n_seconds} seconds. Frame figures are per second, `all` pools the tools "
        "(micro); AP is scikit-learn's,"
    )
    print_result(
        "  its `all` the mean over tools that occur; a use counts as found at an overlap (IoU) "
        f"of {comparison.min_overlap:g} or more;"
    )
    print_result("  - is undefined.")
    for text in comparison.notes:
        print_result(f"  note: {text}")


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
