"""``surgical-video report``: a page for each recording, to look at and to click on."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from video_pipeline.cli.console import note, print_result, printable, warn
from video_pipeline.cli.exit_status import DONE, FAILED
from video_pipeline.cli.plots_argument import plot_formats
from video_pipeline.errors import PipelineError, TableError
from video_pipeline.output.derived_files import REPORT_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from video_pipeline.cli.report_pictures import Pictures
    from video_pipeline.cli.report_videos import Videos
    from video_pipeline.formats.labelled import LabelledRecording
    from video_pipeline.output.report.record import RecordingReport
    from video_pipeline.output.report.run_record import RunRecord
    from video_pipeline.output.report.video_link import VideoLink

__all__ = ["add_parser"]

_TABLES = ("timeline.csv", "phases.csv")

_EXAMPLES = """\
examples:
  surgical-video report timelines
  surgical-video report timelines --videos /recordings
  surgical-video report timelines/case12 --videos /recordings/case12.mp4
  surgical-video report timelines --plots svg,pdf
  surgical-video report timelines --reference annotations --plots png,svg

OUT is what `annotate`, `smooth` or `import` wrote, or one recording's folder of it. Each
recording's folder gets a report.html: the timeline to click on, uses, statistics, and what they
were made from. It is one file that asks no server for anything and opens from the disk in any
browser.

With --videos the page shows the recording beside its timeline, where a click goes there. It is
found as `annotate` names its results, or by the name and size in run.json, and linked from where it
lies, not copied: move both together. Of a recording of several files the one is shown in which the
time lies. Without --videos no file's name is in the page.

With --plots the timeline is drawn too, as timeline.svg and the like, a PDF on pages of 30 minutes
if it is long; phases are a ribbon on top (beside a run.json, whose timeline.png is of tools alone,
that is timeline_with_phases.png). With --reference, labels as `compare` takes them, it is drawn
with what should have been seen and what differs: timeline_vs_reference.png, or as --plots says.
What run.json names is never replaced by other bytes. Annotating a recording anew takes its page and
these pictures away.

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
    parser.add_argument(
        "--plots",
        type=plot_formats,
        metavar="FORMATS",
        help="also draw each timeline: any of png, svg, pdf, such as svg,pdf",
    )
    parser.add_argument(
        "--reference",
        type=Path,
        metavar="PATH",
        help="labels to draw each timeline against: a file, or a folder of many recordings'",
    )


def run(arguments: argparse.Namespace) -> int:
    """Write each recording's page and pictures; name those that cannot be made."""
    from video_pipeline.cli.report_pictures import wanted_pictures
    from video_pipeline.cli.report_videos import find_videos

    folders = _folders(arguments.source)
    videos = None if arguments.videos is None else find_videos(arguments.videos)
    pictures = wanted_pictures(
        arguments.plots,
        arguments.reference,
        source=arguments.source,
        names=[folder.absolute().name for folder in folders],
    )
    pages: list[Path] = []
    n_failed = 0
    for folder in folders:
        try:
            for path in _write(folder, videos, pictures):
                print_result(printable(str(path)))
                if path.name == REPORT_NAME:
                    pages.append(path)
        except PipelineError as error:
            n_failed += 1
            warn(str(error))
    if pages:
        print_result()
        n = len(pages)
        what = "1 page; open it" if n == 1 else f"{n} pages; open one"
        print_result(f"{what} in a browser: {pages[0].absolute().as_uri()}")
    return DONE if n_failed == 0 else FAILED


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


def _write(folder: Path, videos: Videos | None, pictures: Pictures) -> Iterator[Path]:
    """Write a page, then pictures; tells of each as soon as it is there."""
    from video_pipeline.formats.folder import read_folder
    from video_pipeline.output.report.page import write_report
    from video_pipeline.output.report.run_record import read_run_record

    record = read_run_record(folder)
    page = folder / REPORT_NAME
    links = _links(folder, record, videos, page)
    (recording,) = read_folder(folder)
    for told in recording.notes:
        note(printable(f"{recording.video_id}: {told}"))
    write_report(page, _report(recording, record, videos=links))
    yield page
    yield from pictures.write(folder, recording, record)


def _report(
    recording: LabelledRecording, record: RunRecord | None, *, videos: tuple[VideoLink, ...]
) -> RecordingReport:
    from video_pipeline.output.report.record import RecordingReport

    return RecordingReport(
        video_id=recording.video_id,
        timeline=recording.timeline,
        segments=recording.segments,
        flags=recording.flags,
        phases=recording.phases,
        run=record,
        videos=videos,
    )


def _links(
    folder: Path, record: RunRecord | None, videos: Videos | None, page: Path
) -> tuple[VideoLink, ...]:
    from video_pipeline.output.report.video_link import link_to

    if videos is None:
        return ()
    files, why_not = videos.of(folder, record)
    if not files:
        note(printable(f"{folder.absolute().name}: {why_not}; its page shows no video"))
        return ()
    starts = [part.start_s for part in record.parts] if record is not None else []
    return tuple(
        link_to(file, page=page, start_s=start_s)
        for file, start_s in zip(files, starts or [0.0], strict=True)
    )
