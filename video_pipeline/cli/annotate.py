"""``surgical-video annotate``: recordings and a model in, tool timelines out."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from video_pipeline.cli.arguments import (
    non_negative_float,
    positive_int,
    positive_rate,
    probability,
)
from video_pipeline.cli.console import note, print_result, printable, progress_bar, warn
from video_pipeline.cli.table import align

if TYPE_CHECKING:
    from classifier.bundle import ModelFolder
    from video_pipeline.batch.local import LoadedModel, Outcome
    from video_pipeline.batch.recordings import Recording
    from video_pipeline.config import AnnotationSettings
    from video_pipeline.records import VideoInfo
    from video_pipeline.timeline.smoothing import SmoothingSettings

__all__ = ["add_parser"]

_EXAMPLES = """\
examples:
  surgical-video annotate operation.mp4 --model samples/model --out timelines
  surgical-video annotate /recordings --model model --out timelines
  surgical-video annotate operation.mp4 --model model --out timelines --median 5 --min-on 0

Each recording gets a folder OUT/<video_id>/ with timeline.csv, segments.csv, statistics.csv,
timeline.png and run.json; OUT/batch.csv says what became of every recording. The same call again
leaves finished recordings as they are. Exit status: 0 all done; 1 a recording failed or is
incomplete; 2 wrong call; 130 interrupted.
"""


def add_parser(commands: Any) -> None:
    """Describe the command's arguments."""
    parser = commands.add_parser(
        "annotate",
        help="turn recordings into tool timelines",
        description="Say for every second of every recording which tools are visible.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    parser.add_argument(
        "recordings", type=Path, nargs="+", metavar="RECORDING", help="video files or folders"
    )
    parser.add_argument("--model", type=Path, required=True, metavar="MODEL")
    parser.add_argument("--out", type=Path, required=True, metavar="OUT")
    parser.add_argument(
        "--rate",
        type=positive_rate,
        default=Fraction(1),
        metavar="HZ",
        help="frames sampled a second (default 1)",
    )
    parser.add_argument(
        "--batch-size",
        type=positive_int,
        metavar="N",
        help="frames classified at once; changes no result (default 32 on a CPU, 64 on a GPU)",
    )
    smoothing = parser.add_argument_group(
        "smoothing", "a duration of 0 switches that step off; defaults come from the model"
    )
    smoothing.add_argument(
        "--median", type=non_negative_float, metavar="S", help="length of the median filter"
    )
    smoothing.add_argument(
        "--on", type=probability, metavar="P", help="a tool appears at this probability"
    )
    smoothing.add_argument(
        "--off", type=probability, metavar="P", help="and disappears below this one"
    )
    smoothing.add_argument(
        "--min-on", type=non_negative_float, metavar="S", help="shorter uses are dropped"
    )
    smoothing.add_argument(
        "--min-off", type=non_negative_float, metavar="S", help="shorter holes are filled"
    )
    smoothing.add_argument(
        "--no-smoothing", action="store_true", help="a plain threshold (--on, or 0.5)"
    )
    parser.add_argument("--quiet", action="store_true", help="print errors only")


def run(arguments: argparse.Namespace) -> int:
    """Annotate each recording, report each, and fail if one did."""
    from classifier.bundle import read_model_folder
    from video_pipeline.batch.local import annotate_recordings
    from video_pipeline.batch.recordings import find_recordings, name_recordings
    from video_pipeline.batch.table import update_batch_table
    from video_pipeline.output.files import make_folder

    # What can be refused is refused before TensorFlow is loaded or a recording opened.
    model_folder = read_model_folder(arguments.model)
    settings = _settings(arguments, model_folder)
    paths = find_recordings(arguments.recordings)
    out = make_folder(arguments.out)
    recordings = name_recordings(paths, out)
    outcomes: list[Outcome] = []
    with _Screen(len(recordings), quiet=arguments.quiet) as screen:
        model = _loaded_on_demand(model_folder, arguments.batch_size, screen)
        for outcome in annotate_recordings(recordings, model, out, settings, progress=screen.show):
            outcomes.append(outcome)
            screen.report(outcome)
            update_batch_table(out, [outcome.row])
    if not arguments.quiet:
        _print_summary(outcomes, out)
    return 0 if all(outcome.row.status == "done" for outcome in outcomes) else 1


def _settings(arguments: argparse.Namespace, model: ModelFolder) -> AnnotationSettings:
    from video_pipeline.config import AnnotationSettings

    try:
        smoothing = _smoothing(arguments, model)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return AnnotationSettings(
        rate_hz=arguments.rate, batch_size=arguments.batch_size or 32, smoothing=smoothing
    )


def _smoothing(arguments: argparse.Namespace, model: ModelFolder) -> SmoothingSettings:
    from video_pipeline.timeline.smoothing import SmoothingSettings

    if arguments.no_smoothing:
        threshold = 0.5 if arguments.on is None else arguments.on
        return SmoothingSettings(
            median_s=None, on_threshold=threshold, off_threshold=None, min_on_s=None, min_off_s=None
        )
    values: dict[str, float | None] = dict(model.config.smoothing or {})
    if not values and model.config.head == "softmax":
        # Two tools in view share a softmax head's probability: neither may reach more than 0.5.
        values = {"on_threshold": 0.5, "off_threshold": 0.3}
    for name, given in (("on_threshold", arguments.on), ("off_threshold", arguments.off)):
        if given is not None:
            values[name] = given
    for name in ("median", "min_on", "min_off"):
        given = getattr(arguments, name)
        if given is not None:
            values[f"{name}_s"] = given if given > 0 else None
    return SmoothingSettings(**values)  # type: ignore[arg-type]


def _loaded_on_demand(folder: ModelFolder, batch_size: int | None, screen: _Screen) -> LoadedModel:
    from video_pipeline.batch.local import LoadedModel

    classifier: Any = None

    def load() -> Any:
        nonlocal classifier
        if classifier is None:
            screen.say("loading the model ...")
            from classifier.prediction import load_classifier

            classifier = load_classifier(folder.path, batch_size=batch_size)
        return classifier

    return LoadedModel(
        sha256=folder.digest,
        description={"name": folder.path.name, "head": folder.config.head},
        load=load,
    )


class _Screen:
    """One bar over the seconds of the recording at hand, one line for each finished one."""

    def __init__(self, n_recordings: int, *, quiet: bool) -> None:
        self._n_recordings = n_recordings
        self._n_reported = 0
        self._quiet = quiet
        self._bars = ExitStack()
        self._bar: Any = None

    def __enter__(self) -> _Screen:
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
                    unit="x",
                    leave=False,
                    bar_format="{desc} {percentage:3.0f}%|{bar}| {n:.0f} of {total:.0f} s of "
                    "video, {rate_noinv_fmt} real time, {remaining} left"
                    if known
                    else "{desc} {n:.0f} s of video, {rate_noinv_fmt} real time, {elapsed} so far",
                )
            )
        if self._bar.total is not None:
            self._bar.total = max(self._bar.total, position_s)
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


def _print_summary(outcomes: Sequence[Outcome], out: Path) -> None:
    written = [outcome for outcome in outcomes if outcome.row.status != "failed"]
    for outcome in written:
        _print_recording(outcome)
    n_failed = len(outcomes) - len(written)
    failed = f", {n_failed} failed" if n_failed else ""
    print_result(f"{len(written)} of {len(outcomes)} recordings annotated{failed}: {out}/batch.csv")


def _print_recording(outcome: Outcome) -> None:
    """Where a recording's files lie, and who used what in it."""
    from video_pipeline.output.table_reading import read_timeline
    from video_pipeline.timeline.statistics import summarise_tools

    folder = outcome.folder
    print_result(printable(outcome.row.video_id))
    for name in ("timeline.csv", "segments.csv", "statistics.csv", "timeline.png"):
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
