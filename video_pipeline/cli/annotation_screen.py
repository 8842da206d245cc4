"""What ``annotate`` shows: a bar over the recording at hand, a line and a table for each done."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from video_pipeline.cli.console import note, print_result, printable, progress_bar, warn
from video_pipeline.cli.table import align

if TYPE_CHECKING:
    from video_pipeline.batch.job import Outcome
    from video_pipeline.batch.recordings import Recording
    from video_pipeline.records import VideoInfo

__all__ = ["AnnotationScreen", "print_summary"]


_BAR = (
    "{desc} {percentage:3.0f}%|{bar}| {n:.0f} of {total:.0f} s of video{postfix}, {remaining} left"
)
_BAR_WITHOUT_TOTAL = "{desc} {n:.0f} s of video{postfix}, {elapsed} so far"
_MOST_TABLES = 10


class AnnotationScreen:
    """One bar over the seconds of the recording at hand, one line for each finished one."""

    def __init__(self, n_recordings: int, *, quiet: bool) -> None:
        self._n_recordings = n_recordings
        self._n_reported = 0
        self._quiet = quiet
        self._bars = ExitStack()
        self._bar: Any = None

    def __enter__(self) -> AnnotationScreen:
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.close()

    def say(self, text: str) -> None:
        """A line of news."""
        if not self._quiet:
            note(text)

    def show(self, recording: Recording, position_s: float, info: VideoInfo) -> None:
        """Move the bar to ``position_s`` of the recording."""
        if self._quiet:
            return
        if self._bar is None:
            # The header's duration may be wrong or absent: it only scales the bar.
            total = info.duration_s
            known = total is not None and total > 0
            self._bar = self._bars.enter_context(
                progress_bar(
                    desc=f"[{self._n_reported + 1}/{self._n_recordings}] "
                    f"{printable(recording.video_id)}",
                    total=total if known else None,
                    # The first batch came while the model was being loaded: it tells no speed.
                    initial=position_s,
                    leave=False,
                    bar_format=_BAR if known else _BAR_WITHOUT_TOTAL,
                )
            )
        if self._bar.total is not None:
            self._bar.total = max(self._bar.total, position_s)
        elapsed_s = self._bar.format_dict["elapsed"]
        if elapsed_s > 0 and position_s > self._bar.initial:
            speed = (position_s - self._bar.initial) / elapsed_s
            self._bar.set_postfix_str(f"{speed:.0f} times real time", refresh=False)
        self._bar.update(position_s - self._bar.n)

    def report(self, outcome: Outcome) -> None:
        """Close the bar and say what became of the recording."""
        self._bars.close()
        self._bar = None
        self._n_reported += 1
        row = outcome.row
        if row.status in {"failed", "partial"}:
            advice = "" if row.status == "failed" else "; what could be read was annotated"
            warn(f"{printable(row.path)}: {row.error}{advice}")
        else:
            for warning in outcome.warnings:
                self.say(f"{printable(row.path)}: {warning}")
        if row.status != "failed":
            how = "already done" if outcome.was_finished else row.status
            self.say(
                f"[{self._n_reported}/{self._n_recordings}] {printable(row.video_id)}: "
                f"{row.seconds} s, {how}"
            )


def print_summary(outcomes: Sequence[Outcome], out: Path) -> None:
    """Where each recording's files lie, who used what, and how many failed."""
    written = [outcome for outcome in outcomes if outcome.row.status != "failed"]
    # A weekend's batch would bury its own sum under a thousand tables.
    if len(written) <= _MOST_TABLES:
        for outcome in written:
            _print_recording(outcome)
    n_failed = len(outcomes) - len(written)
    failed = f", {n_failed} failed" if n_failed else ""
    print_result(f"{len(written)} of {len(outcomes)} recordings annotated{failed}: {out}/batch.csv")


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
