"""``surgical-video dataset scan``: what a dataset holds, and what is wrong with it."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from video_pipeline.cli.arguments import WrongCallError, positive_int
from video_pipeline.cli.console import print_result, printable, progress_bar
from video_pipeline.cli.group_regex import add_group_regex, require_pattern
from video_pipeline.cli.table import align

if TYPE_CHECKING:
    from classifier.dataset.findings import Finding
    from classifier.dataset.scan import ScanReport

__all__ = ["add_parser"]

_SHOWN_OF_A_KIND = 5

_EXAMPLES = """\
examples:
  surgical-video dataset scan dataset
  surgical-video dataset scan dataset --strict && surgical-video train dataset --out model
  surgical-video dataset scan labels.csv --json > findings.json

dataset holds train/<tool>/*.jpg, and test/<tool>/*.jpg, or is a label table.

errors    a file that cannot be used (training leaves it out), or a dataset that contradicts itself
          (training stops): the same image with two labels, a class only in test, an empty class, a
          name that clashes or that no table can hold
warnings  leakage between train, validation and test; tiny images; single images of a class; ...
skipped   hidden files, and files that are no images
notes     images that were turned, scaled to 8 bits, converted to RGB; images that are there twice

Status 0: no errors (--strict: no warnings either); 1: some.
"""


def add_parser(commands: Any) -> None:
    """Describe the command's arguments."""
    parser = commands.add_parser(
        "scan",
        help="check every image, label and name before training",
        description="Decode every image once and say what is wrong with the dataset.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run, after_interruption="nothing was changed")
    parser.add_argument("dataset", type=Path, metavar="DATASET")
    parser.add_argument("--json", action="store_true", help="print everything, as JSON")
    parser.add_argument("--strict", action="store_true", help="warnings count as errors")
    parser.add_argument(
        "--allow-empty", action="store_true", help="leave classes without images out"
    )
    parser.add_argument(
        "--max-pixels",
        type=positive_int,
        metavar="N",
        help="refuse images of more pixels; 35651584 (8192 x 4352) at most",
    )
    add_group_regex(parser)
    parser.add_argument(
        "--background",
        metavar="NAME,NAME",
        help="class folders that show no tool; default no_tool,background,unknown",
    )


def run(arguments: argparse.Namespace) -> int:
    """Scan and print what was found."""
    from classifier.config import BACKGROUND_NAMES
    from classifier.dataset.decoding import MAX_PIXELS
    from classifier.dataset.groups import with_groups
    from classifier.dataset.scan import scan_dataset

    max_pixels = arguments.max_pixels if arguments.max_pixels is not None else MAX_PIXELS
    if max_pixels > MAX_PIXELS:
        raise WrongCallError(f"--max-pixels: {MAX_PIXELS} at most, not {max_pixels}")
    names, regex = arguments.background, arguments.group_regex
    require_pattern(regex)
    with progress_bar(desc="images", unit="image", leave=False) as bar:

        def show(n_done: int, n_images: int) -> None:
            bar.total = n_images
            bar.update(n_done - bar.n)

        report = scan_dataset(
            arguments.dataset,
            background=names.split(",") if names is not None else BACKGROUND_NAMES,
            max_pixels=max_pixels,
            allow_empty=arguments.allow_empty,
            regroup=None if regex is None else lambda images: with_groups(images, regex),
            progress=show,
        )
    has_faults = report.has_faults(strict=arguments.strict)
    if arguments.json:
        print_result(json.dumps(_as_json(report), indent=2, ensure_ascii=True))
    else:
        _print_report(report)
    return 1 if has_faults else 0


def _print_report(report: ScanReport) -> None:
    from classifier.dataset.findings import KINDS

    for line in align(_table(report)):
        print_result(line)
    of_kind: dict[str, list[Finding]] = {}
    for finding in report.findings:
        of_kind.setdefault(finding.kind, []).append(finding)
    for name, kind in KINDS.items():
        if name in of_kind:
            print_result()
            print_result(f"{kind.severity}: {kind.heading} ({len(of_kind[name])})")
            _print_findings(report.dataset, of_kind[name])
    print_result()
    print_result(_conclusion(report))


def _print_findings(dataset: Path, findings: list[Finding]) -> None:
    for finding in findings[:_SHOWN_OF_A_KIND]:
        print_result(f"  {_relative(dataset, finding.path)}: {printable(finding.message)}")
    if len(findings) > _SHOWN_OF_A_KIND:
        print_result(f"  ... and {len(findings) - _SHOWN_OF_A_KIND} more")


def _table(report: ScanReport) -> list[list[str]]:
    """Classes down, splits across: usable images."""
    from classifier.dataset.names import name_key

    counts = [
        {name_key(name): str(n) for name, n in split.counts.items()} for split in report.splits
    ]
    rows = [["class", *(split.split for split in report.splits)]]
    rows += [
        [printable(name), *(n.get(name_key(name), "-") for n in counts)] for name in report.classes
    ]
    rows.append(["usable images", *(str(split.n_usable) for split in report.splits)])
    if any(split.n_usable < split.n_listed for split in report.splits):
        left_out = (str(split.n_listed - split.n_usable) for split in report.splits)
        rows.append(["not usable", *left_out])
    return rows


def _conclusion(report: ScanReport) -> str:
    plural = {"error": "errors", "warning": "warnings", "skipped": "skipped", "note": "notes"}
    counts = ", ".join(
        f"{n} {severity if n == 1 else plural[severity]}" for severity, n in report.counts.items()
    )
    if report.faults:
        return f"{counts}; training would stop, because {_of_the_whole(len(report.faults))}"
    if report.counts["error"] > 0:
        return f"{counts}; training would leave out what it cannot use"
    return counts


def _of_the_whole(n_faults: int) -> str:
    if n_faults == 1:
        return "an error concerns more than single files"
    return f"{n_faults} errors concern more than single files"


def _relative(dataset: Path, path: Path) -> str:
    try:
        shown = path.relative_to(dataset) if path != dataset else path
    except ValueError:
        shown = path
    return printable(str(shown))


def _as_json(report: ScanReport) -> dict[str, Any]:
    return {
        "dataset": str(report.dataset),
        "classes": list(report.classes),
        "splits": {
            split.split: {
                "n_listed": split.n_listed,
                "n_usable": split.n_usable,
                "counts": dict(split.counts),
            }
            for split in report.splits
        },
        "counts": report.counts,
        "training_stops": bool(report.faults),
        "findings": [
            {
                "severity": finding.severity,
                "kind": finding.kind,
                "path": str(finding.path),
                "split": finding.split,
                "message": finding.message,
                "stops_training": finding.stops_training,
            }
            for finding in report.findings
        ],
    }
