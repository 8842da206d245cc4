"""``surgical-video import``: another program's labels in, our own timelines out."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from video_pipeline.cli.console import note, print_result, printable
from video_pipeline.cli.export import format_list
from video_pipeline.formats.registry import FORMATS, reader_of

__all__ = ["add_parser"]

_EXAMPLES = """\
examples:
  surgical-video import case12.eaf --format elan --out corrected
  surgical-video import tool_annotations --format cholec80 --out reference

Each recording gets DIR/<video_id>/ with timeline.csv, segments.csv (to the millisecond),
statistics.csv, and phases.csv where phases are known: a reference for `compare` and `tune`.

formats:
{formats}

Exit status: 0 written; 1 something cannot be read or written; 2 wrong call.
"""


def add_parser(commands: Any) -> None:
    """Describe the command's arguments."""
    read = [name for name, of in FORMATS.items() if of.reads]
    parser = commands.add_parser(
        "import",
        help="read labels of another program as timelines",
        description="Read labels of another program, such as corrections, as timelines.",
        epilog=_EXAMPLES.format(formats=format_list(read)),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run, after_interruption="folders that are there are whole")
    parser.add_argument("source", type=Path, metavar="FILE")
    parser.add_argument("--format", required=True, choices=read, metavar="NAME")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")


def run(arguments: argparse.Namespace) -> int:
    """Read all, then write all."""
    from video_pipeline.formats.labelled_folder import write_labelled_folder
    from video_pipeline.output.files import make_folder

    recordings = reader_of(arguments.format)(arguments.source)
    _require_places(arguments.source, [recording.video_id for recording in recordings])
    out = make_folder(arguments.out)
    for recording in recordings:
        for text in recording.notes:
            note(printable(f"{recording.video_id}: {text}"))
        write_labelled_folder(out / recording.video_id, recording)
    n = len(recordings)
    told = f"{n} recording{'s' if n != 1 else ''} imported"
    print_result(f"{told}: {printable(str(out))}/<video_id>/timeline.csv")
    return 0


def _require_places(source: Path, video_ids: Sequence[str]) -> None:
    """Refuse names from a stranger's file that lead elsewhere, or to the same folder twice."""
    from video_pipeline.errors import TableError
    from video_pipeline.formats.file_names import is_folder_name

    seen: set[str] = set()
    for video_id in video_ids:
        if not is_folder_name(video_id):
            raise TableError(source, f"the recording {video_id!r} cannot be the name of a folder")
        if video_id.casefold() in seen:
            raise TableError(
                source, f"speaks of the recording {video_id!r} twice", hint="import them apart"
            )
        seen.add(video_id.casefold())
