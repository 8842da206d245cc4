"""``surgical-video export``: timelines out of our folders, into another program's format."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from video_pipeline.cli.arguments import positive_rate
from video_pipeline.cli.console import note, print_result, printable
from video_pipeline.cli.grouped_notes import grouped_notes
from video_pipeline.formats.registry import FORMATS, ExportSettings, writer_of

if TYPE_CHECKING:
    from video_pipeline.formats.labelled import LabelledRecording

__all__ = ["add_parser", "format_list"]

NOTE_NAME = "export_note.txt"

_EXAMPLES = """\
examples:
  surgical-video export timelines --format elan --out elan
  surgical-video export timelines --format chapters --videos recordings --out with_chapters
  surgical-video export timelines/case12 --format cholec80 --out cholec80

OUT is what `annotate` wrote, one recording's folder of it, or a folder of tables. What the format
cannot hold (probabilities, seconds without a frame, flags) is said, many recordings in one line;
DIR/{note} has a line for each.

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
        "--videos",
        type=Path,
        metavar="FOLDER",
        help="where the recordings lie, for formats that refer to them; found by their names",
    )
    parser.add_argument(
        "--frame-rate",
        type=positive_rate,
        metavar="HZ",
        help="of the videos, where the format counts frames (default: as known, or 25)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Read, write, say what was lost."""
    from video_pipeline.formats.folder import read_folder
    from video_pipeline.output.files import make_folder, remove_file, write_text

    recordings = read_folder(arguments.source)
    missing: list[str] = []
    if arguments.videos is not None:
        recordings, missing = _with_videos(
            recordings, source=arguments.source, videos=arguments.videos
        )
    out = make_folder(arguments.out)
    settings = ExportSettings(frame_rate=arguments.frame_rate)
    notes = [
        *_notes_of(recordings),
        *missing,
        *writer_of(arguments.format)(recordings, out, settings),
    ]
    # Of an earlier export, what was said is not true any more.
    remove_file(out / NOTE_NAME)
    if notes:
        write_text(out / NOTE_NAME, "".join(f"{text}\n" for text in notes))
    grouped = grouped_notes(notes, {of.video_id for of in recordings})
    for text in grouped:
        note(printable(text))
    if len(grouped) < len(notes):
        note(f"each recording by itself: {printable(str(out / NOTE_NAME))}")
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


def _with_videos(
    recordings: Sequence[LabelledRecording], *, source: Path, videos: Path
) -> tuple[tuple[LabelledRecording, ...], list[str]]:
    """Each recording with the video that has its name; and in words which have none."""
    import dataclasses

    from video_pipeline.batch.recordings import find_recordings, name_recordings
    from video_pipeline.formats.video_lookup import describe_video

    files = find_recordings([videos]).files
    named = {of.video_id: of.path for of in name_recordings(files, source)}
    found = []
    missing = []
    for of in recordings:
        path = named.get(of.video_id)
        if path is None:
            missing.append(f"{of.video_id}: no video of this name in {videos}")
        video = None if path is None else describe_video(path)
        found.append(dataclasses.replace(of, video=video))
    return tuple(found), missing


def _notes_of(recordings: Sequence[LabelledRecording]) -> list[str]:
    return [f"{of.video_id}: {text}" for of in recordings for text in of.notes]
