"""What ``extract`` shows: a bar over the recording at hand, a line for each done, what is next."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from video_pipeline.cli.console import note, print_result, printable, progress_bar, warn

if TYPE_CHECKING:
    from video_pipeline.extraction.many import Outcome
    from video_pipeline.extraction.recording import Extraction, Measuring
    from video_pipeline.extraction.settings import ExtractionSettings
    from video_pipeline.extraction.taking import Sampling

__all__ = ["ExtractionScreen", "print_summary"]

_BAR = "{desc} {percentage:3.0f}%|{bar}| {n:.0f} of {total:.0f} s of video, {remaining} left"
_BAR_WITHOUT_TOTAL = "{desc} {n:.0f} s of video, {elapsed} so far"


class ExtractionScreen:
    """One bar over the seconds of the recording at hand, one line for each finished one."""

    def __init__(self, n_recordings: int, *, quiet: bool) -> None:
        self._n_recordings = n_recordings
        self._n_reported = 0
        self._quiet = quiet
        self._bars = ExitStack()
        self._bar: Any = None

    def __enter__(self) -> ExtractionScreen:
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.close()

    def show(self, event: Measuring | Sampling) -> None:
        """Move the bar, or say that a recording is being measured."""
        from video_pipeline.extraction.recording import Measuring

        if self._quiet:
            return
        if isinstance(event, Measuring):
            note(f"{self._title(event.recording.video_id, ahead=1)}: seeing how long it is ...")
            return
        # The header's duration may be wrong or absent: it only scales the bar.
        total = event.info.duration_s
        known = total is not None and total > 0
        if self._bar is None:
            self._bar = self._bars.enter_context(
                progress_bar(
                    desc=self._title(event.recording.video_id, ahead=1),
                    total=total if known else None,
                    leave=False,
                    bar_format=_BAR if known else _BAR_WITHOUT_TOTAL,
                )
            )
        if self._bar.total is not None:
            self._bar.total = max(self._bar.total, event.position_s)
        self._bar.update(event.position_s - self._bar.n)

    def report(self, outcome: Outcome) -> None:
        """Close the bar and say what became of the recording."""
        self._bars.close()
        self._bar = None
        self._n_reported += 1
        if outcome.extraction is None:
            warn(str(outcome.error))
            return
        extraction, path = outcome.extraction, printable(str(outcome.recording.path))
        if not extraction.is_whole:
            cause = "; ".join(extraction.warnings) or "damaged frames"
            warn(f"{path}: {printable(cause)}; what could be read was extracted")
        if self._quiet:
            return
        for text in (*(extraction.warnings if extraction.is_whole else ()), *extraction.notes):
            note(f"{path}: {printable(text)}")
        note(f"{self._title(outcome.recording.video_id)}: {_in_words(extraction)}")

    def _title(self, video_id: str, *, ahead: int = 0) -> str:
        return f"[{self._n_reported + ahead}/{self._n_recordings}] {printable(video_id)}"


def _in_words(extraction: Extraction) -> str:
    text = _counted(extraction.n_frames, "frame")
    text += ", already done" if extraction.was_finished else f", {extraction.n_new} new"
    if extraction.n_left_out > 0:
        text += f"; {extraction.n_left_out} left out: several tools, or not annotated"
    if extraction.labelled is not None:
        text += f"; {extraction.labelled.n_labelled} labelled"
        if extraction.labelled.n_unannotated > 0:
            text += f", {extraction.labelled.n_unannotated} not annotated"
        if extraction.labelled.n_different > 0:
            text += (
                f"; {extraction.labelled.n_different} rows of labels.csv say something else than "
                "the annotation and were left as they are"
            )
    return text


def _counted(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def print_summary(outcomes: Sequence[Outcome], settings: ExtractionSettings, out: Path) -> None:
    """How many frames there are now, and what to do with them."""
    done = [outcome.extraction for outcome in outcomes if outcome.extraction is not None]
    n_failed = len(outcomes) - len(done)
    failed = f", {n_failed} failed" if n_failed else ""
    n_frames, n_new = sum(one.n_frames for one in done), sum(one.n_new for one in done)
    folder = printable(str(out))
    frames, recordings = _counted(n_frames, "frame"), _counted(len(done), "recording")
    if not done:
        print_result(f"no frames{failed}")
        return
    print_result(f"{frames} of {recordings} ({n_new} new){failed}: {folder}/frames.csv")
    print_result("next:")
    for line in _next_steps(settings, folder):
        print_result(f"  {line}")


def _next_steps(settings: ExtractionSettings, folder: str) -> list[str]:
    if settings.split is not None:
        return [
            f"surgical-video train {folder} --out model",
            f"surgical-video evaluate model {folder}/test --out evaluation",
            "to test on, extract other recordings with --split test; never other frames of these",
        ]
    if settings.labels is not None:
        return [f"surgical-video train {folder}/labels.csv --out model"]
    return [
        f"sort the frames into {folder}/train/<tool>/ and {folder}/train/no_tool/, those of some",
        f"whole recordings into {folder}/test/<tool>/ instead, then",
        f"surgical-video train {folder} --out model",
    ]
