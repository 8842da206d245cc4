"""``surgical-video dataset import``: labels and pictures in, a table to train on out."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from video_pipeline.cli.arguments import WrongCallError
from video_pipeline.cli.console import note, print_result, printable
from video_pipeline.cli.table import align

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from video_pipeline.extraction.importing.annotated import AnnotatedRecording
    from video_pipeline.extraction.importing.frame_files import FramePattern
    from video_pipeline.extraction.importing.joining import ImportedRecording

__all__ = ["add_parser"]

_PATTERNS = {
    "cholec80": ("{video}/{video}_{index}.*",),
    "cholect50": ("{video}/{second}.*",),
    "m2cai16-tool": ("{video}-{frame}.*", "{video}/{video}-{frame}.*"),
    "timelines": (),
}
"""How each dataset's frames are called as a rule; ours have a table that says it."""

_FRAMES = {
    "cholec80": ("frames",),
    "cholect50": ("videos", "frames"),
    "m2cai16-tool": ("frames",),
    "timelines": ("frames",),
}
_SHOWN_NOTES = 20

_EXAMPLES = """\
examples:
  surgical-video dataset import cholec80 --format cholec80 --out table
  surgical-video dataset import CholecT50 --format cholect50 --out table
  surgical-video dataset import tool_annotations --format cholec80 --frames frames --out frames
  surgical-video dataset import m2cai16-tool --format m2cai16-tool --frames pictures --out table \\
      --frame-pattern '{video}/frame{frame}.jpg'

what a person corrected, back into training:
  surgical-video export OUT --format elan --videos RECORDINGS --out to_correct
  (correct to_correct/*.eaf in ELAN)
  surgical-video import to_correct --format elan --out corrected
  surgical-video extract RECORDINGS --out frames
  surgical-video dataset import corrected --format timelines --frames frames --out table
  surgical-video train table --out MODEL

SOURCE holds the annotations, or is one:
  cholec80       videoXX-tool.txt, also in SOURCE/tool_annotations
  cholect50      VIDXX.json, also in SOURCE/labels
  m2cai16-tool   tool_video_XX.txt, also in SOURCE/tool_annotations
  timelines      <video_id>/timeline.csv of `import`, `annotate` or `smooth`, and what else
                 `compare` takes as a reference; a second without a frame has no label

FRAMES (default SOURCE/frames, for cholect50 SOURCE/videos) holds pictures of the recordings: those
of `extract`, whose frames.csv says when each is from, or others that are called by a pattern.
{video} stands for the recording, and one of three for the time: {second} counts seconds from 0,
{index} frames at one a second from 1, {frame} frames of the 25-fps video from 0. Without
--frame-pattern it is
  cholec80       {video}/{video}_{index}.*      video01/video01_000001.png
  cholect50      {video}/{second}.*             VID01/000000.png
  m2cai16-tool   {video}-{frame}.*              tool_video_01-25.jpg, also in a folder tool_video_01
  timelines      none: frames.csv must be there

OUT/labels.csv is a table image,video,second,<tool>,...[,phase] for `surgical-video train`. Nothing
is copied: it names the pictures where they are, relative to itself. Seconds without a picture and
pictures without an annotation are left out and counted. Annotations may end a second before or
after the pictures, as those of Cholec80 do; a larger difference is an error.

Exit status: 0 imported, 1 not possible, 2 wrong call.
"""


def add_parser(commands: Any) -> None:
    """Describe the command's arguments."""
    parser = commands.add_parser(
        "import",
        help="make a label table of annotations and pictures",
        description="Join the annotations of a public dataset, or timelines that were corrected, "
        "with pictures of the recordings.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run, after_interruption="nothing was written")
    parser.add_argument("source", type=Path, metavar="SOURCE")
    parser.add_argument("--format", choices=sorted(_PATTERNS), required=True)
    parser.add_argument("--frames", type=Path, metavar="FRAMES", help="folder of pictures")
    parser.add_argument("--frame-pattern", metavar="PATTERN", help="how the pictures are called")
    parser.add_argument("--out", type=Path, required=True, metavar="OUT")
    parser.add_argument("--overwrite", action="store_true", help="replace OUT/labels.csv")


def run(arguments: argparse.Namespace) -> int:
    """Read both sides, join them, write the table and say what was left out."""
    from video_pipeline.extraction.importing.frame_files import find_frames
    from video_pipeline.extraction.importing.joining import join_labels, label_table_csv
    from video_pipeline.extraction.label_table import LABELS_NAME
    from video_pipeline.output.files import make_folder, write_text

    _require_free(arguments.out, overwrite=arguments.overwrite)
    frames_folder = _frames_folder(arguments)
    patterns = _patterns(arguments, frames_folder)
    recordings = _readers()[arguments.format](arguments.source)
    frames = find_frames(frames_folder, patterns)
    tools, imported = join_labels(
        recordings, frames, is_contiguous=any(pattern.count == "index" for pattern in patterns)
    )
    text = label_table_csv(arguments.out, tools, imported)
    write_text(make_folder(arguments.out) / LABELS_NAME, text)
    _print_report(arguments.out / LABELS_NAME, tools, imported, len(recordings))
    return 0


def _readers() -> dict[str, Callable[[Path], tuple[AnnotatedRecording, ...]]]:
    from video_pipeline.extraction.importing.cholect50 import read_cholect50
    from video_pipeline.extraction.importing.timelines import read_timelines
    from video_pipeline.extraction.importing.tool_texts import read_cholec80, read_m2cai16_tool

    return {
        "cholec80": read_cholec80,
        "cholect50": read_cholect50,
        "m2cai16-tool": read_m2cai16_tool,
        "timelines": read_timelines,
    }


def _require_free(out: Path, *, overwrite: bool) -> None:
    from video_pipeline.errors import OutputError
    from video_pipeline.extraction.class_folders import require_one_kind_of_labels
    from video_pipeline.extraction.label_table import LABELS_NAME

    require_one_kind_of_labels(out, single_tool=False)
    if (out / LABELS_NAME).exists() and not overwrite:
        raise OutputError(
            out / LABELS_NAME,
            "is there already, perhaps with labels made by hand",
            hint="name another folder or pass --overwrite",
        )


def _frames_folder(arguments: argparse.Namespace) -> Path:
    if arguments.frames is not None:
        return Path(arguments.frames)
    source: Path = arguments.source if arguments.source.is_dir() else arguments.source.parent
    places = [source / name for name in _FRAMES[arguments.format]]
    return next((place for place in places if place.is_dir()), places[0])


def _patterns(arguments: argparse.Namespace, frames: Path) -> tuple[FramePattern, ...]:
    """How frames are called; none where the folder's own table says when each is from."""
    from video_pipeline.extraction.frames_table import FRAMES_NAME
    from video_pipeline.extraction.importing.frame_files import FramePattern

    if arguments.frame_pattern is not None:
        try:
            return (FramePattern(arguments.frame_pattern),)
        except ValueError as error:
            raise WrongCallError(str(error)) from error
    if (frames / FRAMES_NAME).is_file():
        return ()
    return tuple(FramePattern(text) for text in _PATTERNS[arguments.format])


def _print_report(
    table: Path, tools: Sequence[str], imported: Sequence[ImportedRecording], n_recordings: int
) -> None:
    notes = [text for recording in imported for text in _notes(recording)]
    for text in notes[:_SHOWN_NOTES]:
        note(text)
    if len(notes) > _SHOWN_NOTES:
        note(f"... and {len(notes) - _SHOWN_NOTES} more such notes")
    if len(imported) < n_recordings:
        note(f"without any picture here: {n_recordings - len(imported)} annotated recordings")
    rows = [row for recording in imported for row in recording.rows]
    shown = [["tool", "frames"]]
    shown += [
        [printable(tool), str(sum(row.present[k] for row in rows))] for k, tool in enumerate(tools)
    ]
    shown.append(["(no tool)", str(sum(not any(row.present) for row in rows))])
    for line in align(shown):
        print_result(line)
    print_result()
    print_result(f"{len(rows)} labelled frames; recordings: {len(imported)}; table: {table}")
    print_result("next:")
    print_result(f"  surgical-video train {table} --out MODEL")


def _notes(recording: ImportedRecording) -> list[str]:
    name = printable(recording.name)
    notes = [f"{name}: {printable(text)}" for text in recording.notes]
    if recording.is_off_by_one:
        notes.append(f"{name}: pictures and annotation end a second apart; accepted")
    if recording.n_missing > 0:
        notes.append(f"{name}: annotated seconds without a picture: {recording.n_missing}")
    if recording.n_unannotated > 0:
        notes.append(f"{name}: pictures without an annotation: {recording.n_unannotated}")
    return notes
