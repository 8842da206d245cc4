"""``surgical-video report``: a page for each recording, to look at and to click on."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from video_pipeline.cli.console import note, print_result, printable, warn
from video_pipeline.cli.exit_status import DONE, FAILED
from video_pipeline.errors import PipelineError, TableError

if TYPE_CHECKING:
    from video_pipeline.cli.report_videos import Videos
    from video_pipeline.output.report.record import RecordingReport
    from video_pipeline.output.report.run_record import RunRecord
    from video_pipeline.output.report.video_link import VideoLink

__all__ = ["add_parser"]

REPORT_NAME = "report.html"
_TABLES = ("timeline.csv", "phases.csv")

_EXAMPLES = """\
examples:
  surgical-video report timelines
  surgical-video report timelines --videos /recordings
  surgical-video report timelines/case12 --videos /recordings/case12.mp4

OUT is what `annotate` or `import` wrote, or one recording's folder of it. Each recording's folder
gets a report.html: the timeline to click on, uses, statistics, and what they were made from. It is
one file that asks no server for anything and opens from the disk in any browser.

With --videos the page shows the recording beside its timeline, where a click goes there. It is
found as `annotate` names its results, or by the name and size in run.json, and linked from where it
lies, not copied: move both together. Without --videos no file's name is in the page.

Exit status: 0 written; 1 a recording cannot be read or its page not written; 2 wrong call.
"""


def add_parser(commands: Any) -> None:
    """Describe the command's arguments."""
    parser = commands.add_parser(
        "report",
        help="write a page for each recording, to click through with its video",
        description="Write one self-contained HTML page for each recording.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run, after_interruption="pages that are there are whole")
    parser.add_argument("source", type=Path, metavar="OUT")
    parser.add_argument(
        "--videos",
        type=Path,
        metavar="FOLDER",
        help="where the recordings lie, to show each beside its timeline",
    )


def run(arguments: argparse.Namespace) -> int:
    """Write each recording's page; name those that cannot be made."""
    from video_pipeline.cli.report_videos import find_videos

    folders = _folders(arguments.source)
    videos = None if arguments.videos is None else find_videos(arguments.videos)
    written: list[Path] = []
    for folder in folders:
        try:
            written.append(_write(folder, videos))
        except PipelineError as error:
            warn(str(error))
    for page in written:
        print_result(printable(str(page)))
    if written:
        print_result()
        n = len(written)
        what = "1 page; open it" if n == 1 else f"{n} pages; open one"
        print_result(f"{what} in a browser: {written[0].absolute().as_uri()}")
    return DONE if len(written) == len(folders) else FAILED


def _folders(source: Path) -> list[Path]:
    """The folders of single recordings at ``source``."""
    if _holds_a_recording(source):
        return [source]
    try:
        entries = sorted(source.iterdir())
    except OSError as error:
        raise TableError(source, f"cannot be read ({error.strerror})") from error
    folders = [e for e in entries if not e.name.startswith(".") and _holds_a_recording(e)]
    if not folders:
        raise TableError(
            source,
            "holds no recording's folder",
            hint="expected is OUT/<video_id>/timeline.csv; `surgical-video import` reads others",
        )
    return folders


def _holds_a_recording(folder: Path) -> bool:
    return any((folder / name).is_file() for name in _TABLES)


def _write(folder: Path, videos: Videos | None) -> Path:
    from video_pipeline.output.report.page import write_report
    from video_pipeline.output.report.run_record import read_run_record

    record = read_run_record(folder)
    page = folder / REPORT_NAME
    report = _report(folder, record, video=_link(folder, record, videos, page))
    write_report(page, report)
    return page


def _report(folder: Path, record: RunRecord | None, *, video: VideoLink | None) -> RecordingReport:
    from video_pipeline.formats.folder import read_folder
    from video_pipeline.output.report.record import RecordingReport

    (recording,) = read_folder(folder)
    for told in recording.notes:
        note(printable(f"{recording.video_id}: {told}"))
    return RecordingReport(
        video_id=recording.video_id,
        timeline=recording.timeline,
        segments=recording.segments,
        flags=recording.flags,
        phases=recording.phases,
        run=record,
        video=video,
    )


def _link(
    folder: Path, record: RunRecord | None, videos: Videos | None, page: Path
) -> VideoLink | None:
    from video_pipeline.output.report.video_link import link_to

    if videos is None:
        return None
    video, why_not = videos.of(folder, record)
    if video is None:
        note(printable(f"{folder.absolute().name}: {why_not}; its page shows no video"))
        return None
    return link_to(video, page=page)
