"""``surgical-video extract``: recordings in, sampled frames out, to be labelled for training."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from video_pipeline.cli.arguments import (
    WrongCallError,
    duration,
    jpeg_quality,
    picture_size,
    positive_int,
    positive_rate,
)
from video_pipeline.cli.console import warn_of_problems
from video_pipeline.cli.extraction_screen import ExtractionScreen, print_summary
from video_pipeline.cli.reading_arguments import add_reading_arguments, require_possible_reading

if TYPE_CHECKING:
    from video_pipeline.extraction.choosing import Moments
    from video_pipeline.extraction.many import Outcome
    from video_pipeline.extraction.pictures import PictureSettings
    from video_pipeline.extraction.settings import ExtractionSettings

__all__ = ["add_parser"]

_LONGEST_INTERVAL_S = 24 * 3600

_EXAMPLES = """\
examples:
  surgical-video extract operation.mp4 --out frames
  surgical-video extract /recordings --out frames --every 10s --format png
  surgical-video extract /recordings --out frames --count 500 --size 854x480
  surgical-video extract case12.mp4 --out frames --from-timeline timelines --uncertain 200
  surgical-video extract video01.mp4 video02.mp4 --out dataset --labels tool_annotations
  surgical-video extract video01.mp4 --out dataset --labels video01-tool.txt --single-tool

A frame goes to FRAMES/<video_id>/<video_id>_<seconds>s.jpg, and FRAMES/frames.csv has a row for
each: file,time_s,pts_s,video_id,flag. With --labels, FRAMES/labels.csv (image,video,<tool>,...) is
a dataset for `surgical-video train`; with --single-tool, FRAMES/train/<tool>/ is one, of the frames
that show exactly one tool, and FRAMES/train/no_tool/ of those that show none.

Frames can be sorted into FRAMES/train/<tool>/ by hand: wherever below FRAMES a frame lies, it is
never written again nor overwritten. The same call again writes what is missing, and nothing where
nothing is; another --rate adds frames.

--uncertain takes the N seconds of each recording whose least decided tool is nearest to a
probability of 0.5; at least 5 s apart from one another, and never a second without a frame.

Test images must be of other recordings than the training images, never other frames of the same
ones: with --single-tool, extract those recordings with --split test.

Exit status: 0 all done; 1 a recording failed or is incomplete; 2 wrong call; 130 interrupted.
"""


def add_parser(commands: Any) -> None:
    """Describe the command's arguments."""
    parser = commands.add_parser(
        "extract",
        help="write frames of recordings, to be labelled",
        description="Write sampled frames of recordings as pictures, to be labelled for training.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run, after_interruption="the same call goes on with what is left")
    parser.add_argument(
        "recordings", type=Path, nargs="+", metavar="RECORDING", help="video files or folders"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FRAMES")
    _add_moments(parser)
    pictures = parser.add_argument_group("pictures")
    pictures.add_argument("--format", choices=("jpg", "png"), default="jpg", help="default jpg")
    pictures.add_argument(
        "--quality", type=jpeg_quality, metavar="Q", help="of jpg, 1 to 100 (default 95)"
    )
    pictures.add_argument(
        "--size",
        type=picture_size,
        metavar="native|WxH",
        help="pixels; the picture is squeezed into it, its aspect not kept (default native)",
    )
    labels = parser.add_argument_group("labels", "from annotations that are there already")
    labels.add_argument(
        "--labels",
        type=Path,
        metavar="FILE|FOLDER",
        help="a tool annotation as Cholec80 has it (videoXX-tool.txt, tool_video_XX.txt), or a "
        "folder of them, which are found by a recording's name or number",
    )
    labels.add_argument(
        "--single-tool",
        action="store_true",
        help="write class folders, of the frames that show one tool or none",
    )
    labels.add_argument(
        "--split",
        choices=("train", "test"),
        help="whether those class folders are to train or to test on (default train)",
    )
    parser.add_argument("--quiet", action="store_true", help="print errors only")


def _add_moments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group(
        "which frames", "one of --rate, --every, --count, --uncertain"
    )
    moments = group.add_mutually_exclusive_group()
    moments.add_argument(
        "--rate", type=positive_rate, metavar="HZ", help="frames a second (default 1)"
    )
    moments.add_argument(
        "--every", type=duration, metavar="DURATION", help="a frame every 500ms, 2s, 1min, ..."
    )
    moments.add_argument(
        "--count",
        type=positive_int,
        metavar="N",
        help="N frames of each recording, in the middle of N equal parts of it",
    )
    moments.add_argument(
        "--uncertain",
        type=positive_int,
        metavar="N",
        help="the N least certain seconds of each recording; needs --from-timeline",
    )
    group.add_argument(
        "--from-timeline",
        type=Path,
        metavar="FILE|OUT",
        help="the timeline.csv of the recording, or the folder that `annotate` wrote",
    )
    add_reading_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Extract each recording, report each, and fail if one did."""
    _require_sense(arguments)
    from video_pipeline.batch.recordings import find_recordings, name_recordings
    from video_pipeline.extraction.many import extract_recordings
    from video_pipeline.output.files import make_folder

    # What can be refused is refused before anything is written.
    settings = _settings(arguments)
    found = find_recordings(arguments.recordings)
    _require_one_recording(arguments, len(found.files))
    _require_there(arguments)
    out = make_folder(arguments.out)
    recordings = name_recordings(found.files, out)
    warn_of_problems(found.skipped)
    outcomes: list[Outcome] = []
    _tell_what_is_left(arguments, len(recordings), outcomes)
    with ExtractionScreen(len(recordings), quiet=arguments.quiet) as screen:
        for outcome in extract_recordings(recordings, out, settings, progress=screen.show):
            outcomes.append(outcome)
            # Before it is said to be done, because the interruption may follow at once.
            _tell_what_is_left(arguments, len(recordings), outcomes)
            screen.report(outcome)
    if not arguments.quiet:
        print_summary(outcomes, settings, out)
    is_done = all(o.extraction is not None and o.extraction.is_whole for o in outcomes)
    return 0 if is_done and not found.skipped else 1


def _require_sense(arguments: argparse.Namespace) -> None:
    if (arguments.uncertain is None) != (arguments.from_timeline is None):
        raise WrongCallError("--from-timeline and --uncertain belong together")
    if arguments.single_tool and arguments.labels is None:
        raise WrongCallError("--single-tool needs --labels")
    if arguments.split is not None and not arguments.single_tool:
        raise WrongCallError("--split is for --single-tool")
    if arguments.quality is not None and arguments.format != "jpg":
        raise WrongCallError("--quality is for jpg; png loses nothing")
    if arguments.every is not None and arguments.every > _LONGEST_INTERVAL_S:
        raise WrongCallError("--every is at most 24h")
    require_possible_reading(arguments)


def _require_one_recording(arguments: argparse.Namespace, n_recordings: int) -> None:
    """One file speaks of one recording."""
    for option, path in (
        ("--from-timeline", arguments.from_timeline),
        ("--labels", arguments.labels),
    ):
        if path is not None and n_recordings > 1 and path.is_file():
            raise WrongCallError(
                f"{option} names one file, but there are {n_recordings} recordings: name a folder"
            )


def _require_there(arguments: argparse.Namespace) -> None:
    from video_pipeline.errors import TableError

    for path in (arguments.from_timeline, arguments.labels):
        if path is not None and not path.exists():
            raise TableError(path, "no such file or folder")


def _settings(arguments: argparse.Namespace) -> ExtractionSettings:
    from video_pipeline.extraction.choosing import Part
    from video_pipeline.extraction.settings import ExtractionSettings

    return ExtractionSettings(
        moments=_moments(arguments),
        part=Part(arguments.start, arguments.end),
        picture=_picture(arguments),
        labels=arguments.labels,
        decoder=arguments.decoder,
        stream=arguments.stream,
        split=(arguments.split or "train") if arguments.single_tool else None,
    )


def _moments(arguments: argparse.Namespace) -> Moments:
    from video_pipeline.extraction.choosing import AtRate, LeastCertain, SpreadEvenly

    if arguments.count is not None:
        return SpreadEvenly(arguments.count)
    if arguments.uncertain is not None:
        return LeastCertain(arguments.uncertain, arguments.from_timeline)
    if arguments.every is not None:
        return AtRate(1 / arguments.every)
    return AtRate(arguments.rate if arguments.rate is not None else Fraction(1))


def _picture(arguments: argparse.Namespace) -> PictureSettings:
    from video_pipeline.extraction.pictures import DEFAULT_QUALITY, PictureSettings

    quality = None
    if arguments.format == "jpg":
        quality = arguments.quality if arguments.quality is not None else DEFAULT_QUALITY
    return PictureSettings(arguments.format, quality, arguments.size)


def _tell_what_is_left(
    arguments: argparse.Namespace, n_recordings: int, outcomes: Sequence[Outcome]
) -> None:
    """Keep at hand what is to be said if the next thing is an interruption."""
    arguments.after_interruption = (
        f"{n_recordings - len(outcomes)} of {n_recordings} recordings are left; the same call "
        "goes on with them"
    )
