"""``surgical-video export``: timelines out of our folders, into another program's format."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from video_pipeline.cli.arguments import positive_rate
from video_pipeline.cli.console import note, print_result, printable
from video_pipeline.formats.registry import FORMATS, ExportSettings, writer_of

if TYPE_CHECKING:
    from video_pipeline.formats.labelled import LabelledRecording

__all__ = ["add_parser", "format_list"]

NOTE_NAME = "export_note.txt"

_EXAMPLES = """\
examples:
  surgical-video export timelines --format elan --out elan
  surgical-video export timelines/case12 --format cholec80 --out cholec80

OUT is what `annotate` wrote, one recording's folder of it, or a folder of tables. What the format
cannot hold (probabilities, seconds without a frame, flags) is said, and written to DIR/{note}.

formats:
{formats}

Exit status: 0 written; 1 something cannot be read or written; 2 wrong call.
"""


def add_parser(commands: Any) -> None:
    """Describe the command's arguments."""
    written = [name for name, of in FORMATS.items() if of.writes]
    parser = commands.add_parser(
        "export",
        help="write timelines in another program's format",
        description="Write timelines in the format of another program.",
        epilog=_EXAMPLES.format(note=NOTE_NAME, formats=format_list(written)),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run, after_interruption="files that are there are whole")
    parser.add_argument("source", type=Path, metavar="OUT")
    parser.add_argument("--format", required=True, choices=written, metavar="NAME")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument(
        "--frame-rate",
        type=positive_rate,
        metavar="HZ",
        help="of the videos, where the format counts frames (default: as known, or 25)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Read, write, say what was lost."""
    from video_pipeline.formats.folder import read_folder
    from video_pipeline.output.files import make_folder, write_text

    recordings = read_folder(arguments.source)
    out = make_folder(arguments.out)
    settings = ExportSettings(frame_rate=arguments.frame_rate)
    notes = [
        *_notes_of(recordings),
        *writer_of(arguments.format)(recordings, out, settings),
    ]
    if notes:
        write_text(out / NOTE_NAME, "".join(f"{text}\n" for text in notes))
    for text in notes:
        note(printable(text))
    n = len(recordings)
    print_result(
        f"{n} recording{'s' if n != 1 else ''} as {arguments.format}: {printable(str(out))}"
    )
    return 0


def format_list(names: Iterable[str]) -> str:
    """A line for each format."""
    names = list(names)
    width = max(map(len, names), default=0)
    return "\n".join(f"  {name:{width}}  {FORMATS[name].summary}" for name in names)


def _notes_of(recordings: Sequence[LabelledRecording]) -> list[str]:
    return [f"{of.video_id}: {text}" for of in recordings for text in of.notes]
