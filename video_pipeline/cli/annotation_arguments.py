"""The arguments of ``surgical-video annotate``."""

from __future__ import annotations

import argparse
from fractions import Fraction
from pathlib import Path

from video_pipeline.cli.arguments import positive_float, positive_int, positive_rate
from video_pipeline.cli.plots_argument import plot_formats
from video_pipeline.cli.reading_arguments import add_reading_arguments
from video_pipeline.cli.smoothing_arguments import add_smoothing_arguments

__all__ = ["EXAMPLES", "add_arguments"]

EXAMPLES = """\
examples:
  surgical-video annotate operation.mp4 --model samples/model --out timelines
  surgical-video annotate /recordings --model model --out timelines
  surgical-video annotate /recordings --model model --out timelines --dry-run
  surgical-video annotate /recordings --model model --out timelines --deidentify
  surgical-video annotate /recordings --model model --out timelines --engine ray --address auto
  surgical-video annotate operation.mp4 --model model --out timelines --median 5 --min-on 0
  surgical-video annotate --join case12/ case13/ --model model --out timelines
  surgical-video annotate --join-parts /recordings --model model --out timelines

Each recording gets a folder OUT/<video_id>/ with timeline.csv, segments.csv, statistics.csv,
timeline.png and run.json; with --features also features.npy, with --plots svg,pdf also timeline.svg
and timeline.pdf. OUT/batch.csv says what became of every recording. The same call again leaves
finished recordings as they are. Exit status: 0 all done; 1 a recording failed or is incomplete, or
none could be annotated; 2 wrong call; 130 interrupted.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """All of them."""
    parser.add_argument(
        "recordings",
        type=Path,
        nargs="+",
        metavar="RECORDING",
        help="video files, folders, or lists of files that are one operation (NAME.parts)",
    )
    _add_joining(parser)
    parser.add_argument("--model", type=Path, required=True, metavar="MODEL")
    parser.add_argument("--out", type=Path, required=True, metavar="OUT")
    _add_annotating(parser)
    add_smoothing_arguments(parser, defaults="the model")
    _add_running(parser)
    _add_naming(parser)
    _add_showing(parser)


def _add_joining(parser: argparse.ArgumentParser) -> None:
    joining = parser.add_mutually_exclusive_group()
    joining.add_argument(
        "--join",
        dest="join",
        action="store_const",
        const="all",
        default="nothing",
        help="each folder named is one operation, and all files named are one together: "
        "read in natural order (part2 before part10) as one recording",
    )
    joining.add_argument(
        "--join-parts",
        dest="join",
        action="store_const",
        const="parts",
        help="files whose names say that they are parts of one operation (case12_part1, "
        "case12_part2; GX010012, GX020012) are read as one recording",
    )


def _add_annotating(parser: argparse.ArgumentParser) -> None:
    """What results depend on."""
    parser.add_argument(
        "--rate",
        type=positive_rate,
        default=Fraction(1),
        metavar="HZ",
        help="frames sampled a second (default 1)",
    )
    add_reading_arguments(parser)
    parser.add_argument(
        "--crop-field-of-view",
        action=argparse.BooleanOptionalAction,
        help="crop frames to the endoscope's picture (default: as the model was trained)",
    )
    parser.add_argument(
        "--batch-size",
        type=positive_int,
        metavar="N",
        help="frames classified at once; changes no result (default 8 on a CPU, 64 on a GPU)",
    )
    parser.add_argument(
        "--features",
        action="store_true",
        help="also write features.npy: float16, a row of the network's features a second",
    )
    parser.add_argument(
        "--plots",
        type=plot_formats,
        default=(),
        metavar="FORMATS",
        help="also write timeline.svg and timeline.pdf: svg, pdf or svg,pdf; `report --plots` adds "
        "them to finished recordings without annotating these again",
    )


def _add_running(parser: argparse.ArgumentParser) -> None:
    """What changes how the work is done, and never a result."""
    parser.add_argument(
        "--workers",
        type=positive_int,
        metavar="N",
        help="recordings decoded at once, each in a process of its own (default: as many as keep "
        "the classifier busy, at most one a processor)",
    )
    parser.add_argument(
        "--engine",
        choices=("local", "ray"),
        default="local",
        help="who does the work: this machine (default), or a Ray cluster whose machines share "
        "their storage, with a classifier on every GPU (pip install 'surgical-video[cluster]')",
    )
    parser.add_argument(
        "--address",
        metavar="ADDRESS",
        help="of the Ray cluster, auto for the one that this machine belongs to (default: one of "
        "this machine alone, for all of its GPUs)",
    )
    parser.add_argument(
        "--stall-limit",
        type=positive_float,
        default=60.0,
        metavar="SECONDS",
        help="a decoder without progress for so long is stopped, and its recording has failed "
        "(default 60)",
    )
    parser.add_argument(
        "--force", action="store_true", help="annotate finished recordings once more, too"
    )


def _add_naming(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--deidentify",
        action="store_true",
        help="call recordings by keyed pseudonyms: no name, path or tag of theirs is written",
    )
    parser.add_argument(
        "--key-file",
        type=Path,
        metavar="FILE",
        help="the pseudonyms' key, made where there is none; names.csv beside it leads back; "
        "not in OUT (default ~/.config/surgical-video/deidentify.key)",
    )


def _add_showing(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="say what would be done, why, and what time and space it needs, and write nothing "
        "into OUT. The time is measured: the first minute of a few recordings is annotated and "
        "thrown away, with the model and the workers of the real call; it takes about half a "
        "minute. Lengths are what the files' headers claim",
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="print one JSON object a recording on stdout as it is finished, and nothing else "
        "there (with --dry-run: its plan)",
    )
    parser.add_argument("--quiet", action="store_true", help="print errors only")
