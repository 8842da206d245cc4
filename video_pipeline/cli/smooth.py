"""``surgical-video smooth``: the third stage alone, for the probabilities of any model."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from video_pipeline.cli.console import print_result, printable, warn
from video_pipeline.cli.smoothing_arguments import add_smoothing_arguments, smoothing_of

if TYPE_CHECKING:
    from video_pipeline.timeline.smoothing import Smoothing

__all__ = ["add_parser"]

_EXAMPLES = """\
examples:
  surgical-video smooth case12.csv case13.csv --out timelines
  surgical-video smooth probabilities/ --settings smoothing.json --out timelines
  surgical-video smooth timelines/ --model model --out smoothed

PROBABILITIES is a table second,<tool>_probability,... (or time_s,... where frames are not one a
second), a timeline.csv, or a folder of either. Each gets a folder OUT/<video_id>/ with
timeline.csv, segments.csv, statistics.csv, timeline.png and run.json.

Exit status: 0 all done; 1 a table cannot be read (named on stderr; the others are done) or nothing
can be written; 2 wrong call; 130 interrupted.
"""


def add_parser(commands: Any) -> None:
    """Describe the command's arguments."""
    parser = commands.add_parser(
        "smooth",
        help="turn probabilities of any model into timelines",
        description="Decide from probabilities which tools are visible in every second.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run, after_interruption="folders with a run.json are done")
    parser.add_argument("probabilities", type=Path, nargs="+", metavar="PROBABILITIES")
    parser.add_argument("--out", type=Path, required=True, metavar="OUT")
    parser.add_argument(
        "--model", type=Path, metavar="MODEL", help="smooth as was tuned for this model"
    )
    add_smoothing_arguments(parser, defaults="--model, or are those for a model nobody has tuned")
    parser.add_argument("--quiet", action="store_true", help="print errors only")


def run(arguments: argparse.Namespace) -> int:
    """Smooth each table; what cannot be read is named and costs itself only."""
    from video_pipeline.errors import TableError
    from video_pipeline.formats.folder import table_files, video_id_of
    from video_pipeline.output.files import make_folder
    from video_pipeline.output.smoothed_folder import write_smoothed_folder

    smoothing = _smoothing(arguments)
    places = [place for path in arguments.probabilities for place in table_files(path)]
    out = make_folder(arguments.out)
    done: dict[str, Path] = {}
    n_failed = 0
    for place in places:
        video_id = video_id_of(place)
        try:
            _require_own_folder(place, out / video_id, earlier=done.get(video_id))
            done[video_id] = place
            write_smoothed_folder(out / video_id, place, smoothing)
        except TableError as error:
            n_failed += 1
            warn(str(error))
    if not arguments.quiet and n_failed < len(places):
        n = len(places) - n_failed
        told = f"{n} recording{'s' if n != 1 else ''} smoothed"
        print_result(f"{told}: {printable(str(out))}/<video_id>/timeline.csv")
        print_result("next: surgical-video compare OUT REFERENCE   surgical-video statistics OUT")
    return 1 if n_failed > 0 else 0


def _require_own_folder(place: Path, folder: Path, *, earlier: Path | None) -> None:
    """Two tables never share a folder, and no table is replaced by what is made of it."""
    from video_pipeline.errors import TableError

    if earlier is not None:
        raise TableError(place, f"is of the same recording as {earlier}", hint="rename one")
    if place.absolute().parent == folder.absolute():
        raise TableError(place, "would be overwritten", hint="name another --out")


def _smoothing(arguments: argparse.Namespace) -> Smoothing:
    from classifier.errors import ModelFolderError
    from classifier.model.bundle import read_model_folder

    if arguments.model is None:
        return smoothing_of(arguments, None)
    model = read_model_folder(arguments.model)
    try:
        return smoothing_of(arguments, model.config.smoothing, head=model.config.head)
    except ValueError as error:
        raise ModelFolderError(
            model.path, f"holds smoothing settings that are not known here ({error})"
        ) from error
