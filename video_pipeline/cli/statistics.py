"""``surgical-video statistics``: many recordings' timelines in, their sums and spreads out."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from video_pipeline.cli.arguments import WrongCallError
from video_pipeline.cli.console import note, printable

if TYPE_CHECKING:
    from video_pipeline.formats.labelled import LabelledRecording
    from video_pipeline.records import PhaseTimeline
    from video_pipeline.timeline.statistics.cohort import CohortMember

__all__ = ["add_parser"]

_EXAMPLES = """\
examples:
  surgical-video statistics timelines
  surgical-video statistics timelines --phases phase_annotations --parquet
  surgical-video statistics tool_annotations --out cohort

OUT is what `annotate` wrote, or a folder of labels (videoXX-tool.txt, tables). Written to DIR:
  tools_per_recording.csv  a row a recording and tool: presence, uses, gaps, changes
  recordings.csv           a row a recording: seconds with and without a frame, idle time
  cohort.csv               of each figure the median over recordings, its 95 % interval, quartiles
  outliers.csv             recordings outside of 1.5 interquartile ranges, from 8 recordings on
  co_use.csv               of each two tools the seconds that show both, and their share (Jaccard)
  transitions.csv          which tool appears next after a tool has gone
  combination_changes.csv  from which set of visible tools to which, how often
  usage_per_phase.csv, phases_per_recording.csv     where phases are known
  usage.png, co_use.png, cohort.png
Of an earlier call, what is not written again is removed.

Intervals are bootstrapped over recordings (none below 3). Exit status: 0 written; 1 something
cannot be read or written; 2 wrong call.
"""


def add_parser(commands: Any) -> None:
    """Describe the command's arguments."""
    parser = commands.add_parser(
        "statistics",
        help="sum up the timelines of many recordings",
        description="Sum up who used what, how long and how often, over many recordings.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run, after_interruption="files that are there are whole")
    parser.add_argument("source", type=Path, metavar="OUT")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="where to write (default: OUT, if it holds folders that `annotate` wrote)",
    )
    parser.add_argument(
        "--phases", type=Path, metavar="DIR", help="phases, where OUT does not hold them"
    )
    parser.add_argument(
        "--parquet", action="store_true", help="each table also as .parquet (extra [parquet])"
    )
    parser.add_argument("--no-pictures", dest="pictures", action="store_false", help="tables alone")
    parser.add_argument(
        "--time",
        choices=("absolute", "normalised"),
        default="absolute",
        help="in cohort.png: as it passed, or each recording stretched to the whole width",
    )


def run(arguments: argparse.Namespace) -> int:
    """Read all, sum up, write, show."""
    from video_pipeline.cli.statistics_screen import print_cohort, print_written
    from video_pipeline.output.cohort_folder import (
        earlier_files,
        remove_earlier,
        require_writable,
        write_pictures,
        write_tables,
    )
    from video_pipeline.timeline.statistics.cohort import summarise_cohort
    from video_pipeline.timeline.statistics.spread import find_outliers, spread_of_figures

    out = _destination(arguments)
    require_writable(out, with_parquet=arguments.parquet)
    members = _members(arguments)
    cohort = summarise_cohort(members)
    spreads = spread_of_figures(cohort)
    outliers = find_outliers(spreads)
    earlier = earlier_files(out)
    written = write_tables(out, cohort, spreads, outliers, with_parquet=arguments.parquet)
    if arguments.pictures:
        written += write_pictures(
            out,
            members,
            cohort,
            title=arguments.source.resolve().name,
            normalised=arguments.time == "normalised",
        )
    removed = remove_earlier(out, earlier, written)
    print_cohort(cohort, spreads, outliers)
    print_written(out, written)
    if removed:
        note(f"removed, as this call does not write them: {', '.join(removed)}")
    return 0


def _destination(arguments: argparse.Namespace) -> Path:
    """Where to write; a folder of labels from elsewhere stays as it is, or it could not be reread.

    Raises:
        WrongCallError: none is named, or it is that of the labels.
    """
    source, out = arguments.source, arguments.out
    is_ours = source.is_dir() and any(source.glob("*/timeline.csv"))
    if is_ours or not source.exists():
        return Path(source if out is None else out)
    if out is None:
        raise WrongCallError(f"{source} holds no folders that `annotate` wrote: --out is needed")
    if out.resolve() == source.resolve():
        raise WrongCallError(f"{source} holds labels: --out must be another folder")
    return Path(out)


def _members(arguments: argparse.Namespace) -> list[CohortMember]:
    from video_pipeline.errors import TableError
    from video_pipeline.formats.folder import read_folder
    from video_pipeline.timeline.statistics.cohort import CohortMember

    recordings = read_folder(arguments.source)
    for recording in recordings:
        for text in recording.notes:
            note(printable(f"{recording.video_id}: {text}"))
    phases = {} if arguments.phases is None else _phases(arguments.phases, recordings)
    members = [
        CohortMember(of.video_id, of.timeline, phases.get(of.video_id, of.phases))
        for of in recordings
        if of.timeline is not None
    ]
    if not members:
        raise TableError(arguments.source, "holds phases only", hint="name a folder of timelines")
    n_without = len(recordings) - len(members)
    if n_without > 0:
        note(f"{n_without} of {len(recordings)} recordings have phases only and are left out")
    return members


def _phases(path: Path, recordings: Sequence[LabelledRecording]) -> dict[str, PhaseTimeline]:
    """The phases of each recording that has some below ``path``, as long as its tools."""
    from video_pipeline.errors import TableError
    from video_pipeline.formats.folder import read_folder
    from video_pipeline.timeline.statistics.phase_usage import align_phases

    known = {of.video_id: of.phases for of in read_folder(path) if of.phases is not None}
    found = {}
    n_aligned = 0
    for recording in recordings:
        phases = known.get(recording.video_id)
        if phases is None:
            continue
        try:
            found[recording.video_id] = align_phases(phases, n_seconds=recording.n_seconds)
        except ValueError as error:
            raise TableError(path, f"{recording.video_id}: {error}") from error
        n_aligned += len(phases.phase) != recording.n_seconds
    if not found:
        raise TableError(path, "has no phases of these recordings", hint="names must agree")
    n_without = len(recordings) - len(found)
    if n_without > 0:
        note(
            f"{n_without} of {len(recordings)} recordings have no phases in {printable(str(path))}"
        )
    if n_aligned > 0:
        note(
            f"{n_aligned} recordings' phases are a second longer or shorter than their tools, "
            "and were fitted to them"
        )
    return found
