"""What ``annotate`` shows: a bar over the batch, a line for each recording, tables of a few."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from video_pipeline.batch.table import BATCH_NAME
from video_pipeline.cli.annotation_bar import bar_line, progress_text, work_line
from video_pipeline.cli.annotation_json import outcome_json
from video_pipeline.cli.annotation_lines import FootLines, is_terminal, terminal_width
from video_pipeline.cli.console import note, print_result, printable, warn
from video_pipeline.cli.table import align

if TYPE_CHECKING:
    from video_pipeline.batch.job import Outcome
    from video_pipeline.batch.recordings import Recording
    from video_pipeline.cli.annotation_progress import BatchProgress
    from video_pipeline.records import VideoInfo

__all__ = ["AnnotationScreen", "print_summary", "sum_text"]

_DRAW_EVERY_S = 0.2
_LOG_EVERY_S = 300.0
_MOST_TABLES = 10


class AnnotationScreen:
    """On a terminal two lines that move; elsewhere a line of progress every five minutes."""

    def __init__(
        self,
        progress: BatchProgress,
        *,
        quiet: bool,
        as_json: bool = False,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = datetime.now,
    ) -> None:
        """``as_json``: each outcome is also printed as an object on stdout."""
        self._progress = progress
        self._quiet = quiet
        self._as_json = as_json
        self._clock = clock
        self._now = now
        self._shown_at = clock()
        self._stack = ExitStack()
        self._lines: FootLines | None = None

    def __enter__(self) -> AnnotationScreen:
        if not self._quiet and is_terminal():
            self._lines = self._stack.enter_context(FootLines(2))
            self._draw()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def say(self, text: str) -> None:
        """A line of news."""
        if not self._quiet:
            note(text)

    def begin(self) -> None:
        """The model has been loaded."""
        self._progress.begin()

    def show(self, recording: Recording, position_s: float, info: VideoInfo) -> None:
        """A recording is at this time of its video."""
        del info
        self._progress.reach(recording.video_id, position_s)
        self._tick()

    def report(self, outcome: Outcome) -> None:
        """Say what became of a recording."""
        self._progress.finish(outcome)
        self._tell(outcome)
        if self._as_json:
            print_result(outcome_json(outcome))
            sys.stdout.flush()
        self._tick()

    def _tell(self, outcome: Outcome) -> None:
        row, path = outcome.row, printable(outcome.row.path)
        match row.status:
            case "failed":
                warn(f"{path}: {printable(row.error)}")
            case "skipped":
                warn(f"{path}: {printable(row.error)}; skipped")
            case "partial":
                warn(f"{path}: {printable(row.error)}; what could be read was annotated")
            case _:
                for warning in outcome.warnings:
                    self.say(f"{path}: {printable(warning)}")
        if row.status in {"done", "partial"}:
            n, n_all = self._progress.n_finished, self._progress.n_recordings
            self.say(f"[{n}/{n_all}] {printable(row.video_id)}: {row.seconds} s, {_how(outcome)}")

    def _tick(self) -> None:
        """Draw, or log, if it is time."""
        every_s = _LOG_EVERY_S if self._lines is None else _DRAW_EVERY_S
        if self._quiet or self._clock() - self._shown_at < every_s:
            return
        self._shown_at = self._clock()
        if self._lines is None:
            note(progress_text(self._progress, self._now()))
        else:
            self._draw()

    def _draw(self) -> None:
        if self._lines is not None:
            width = terminal_width()
            bar = bar_line(self._progress, self._now(), width=width)
            self._lines.draw([bar, work_line(self._progress.at_work, width=width)])


def _how(outcome: Outcome) -> str:
    """In what way a recording has come to be done."""
    if outcome.was_finished:
        return "already done"
    status = outcome.row.status
    if not outcome.again:
        return status
    return f"{'' if status == 'done' else f'{status}; '}done again: {printable(outcome.again)}"


def print_summary(outcomes: Sequence[Outcome], out: Path) -> None:
    """On stdout: where each recording's files lie, who used what, and how many failed."""
    written = [outcome for outcome in outcomes if outcome.row.status in {"done", "partial"}]
    # A weekend's batch would bury its own sum under a thousand tables.
    if len(written) <= _MOST_TABLES:
        for outcome in written:
            _print_recording(outcome)
    print_result(sum_text(outcomes, out))


def sum_text(outcomes: Sequence[Outcome], out: Path) -> str:
    """How many of how many, and where the table of all of them lies."""
    counts = Counter(of.row.status for of in outcomes)
    n_written = counts["done"] + counts["partial"]
    others = "".join(f", {counts[k]} {k}" for k in ("failed", "skipped") if counts[k])
    table = printable(str(out / BATCH_NAME))
    return f"{n_written} of {len(outcomes)} recordings annotated{others}: {table}"


def _print_recording(outcome: Outcome) -> None:
    """Where a recording's files lie, and who used what in it."""
    from video_pipeline.output.manifest import read_manifest
    from video_pipeline.output.table_reading import read_timeline
    from video_pipeline.timeline.statistics import summarise_tools

    folder = outcome.folder
    print_result(printable(outcome.row.video_id))
    manifest = read_manifest(folder)
    for name in () if manifest is None else manifest.outputs:
        print_result(f"  {printable(str(folder / name))}")
    rows = [["tool", "visible", "share", "uses", "longest", "first seen", "last seen"]]
    for tool in summarise_tools(read_timeline(folder / "timeline.csv").timeline):
        never = tool.first_second is None
        rows.append(
            [
                printable(tool.tool),
                f"{tool.presence_s:.0f} s",
                "-" if tool.share is None else f"{tool.share:.0%}",
                str(tool.n_uses),
                "-" if never else f"{tool.longest_use_s:.0f} s",
                "-" if tool.first_second is None else _clock(tool.first_second),
                "-" if tool.last_second is None else _clock(tool.last_second),
            ]
        )
    print_result()
    for line in align(rows):
        print_result(f"  {line}")
    print_result()


def _clock(second: int) -> str:
    hours, rest = divmod(second, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
