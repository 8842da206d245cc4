"""``surgical-video tune``: smoothing chosen for each tool on recordings that people labelled."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from video_pipeline.cli.arguments import WrongCallError, non_negative_float
from video_pipeline.cli.console import note, print_result, printable, progress_bar, warn
from video_pipeline.cli.smoothing_arguments import default_values
from video_pipeline.cli.table import align

if TYPE_CHECKING:
    from classifier.model.bundle import ModelFolder
    from video_pipeline.formats.tuning_pairs import TuningPairs
    from video_pipeline.timeline.smoothing import Smoothing, SmoothingSettings
    from video_pipeline.timeline.tuning.choosing import Choice

__all__ = ["add_parser"]

_MOST_FOLDS = 5

_EXAMPLES = """\
examples:
  surgical-video tune --predicted timelines --reference corrected --out smoothing.json
  surgical-video tune --predicted timelines --reference tool_annotations --out smoothing.json \\
      --model model
  surgical-video tune --predicted timelines --reference corrected --out live.json --lag 0

DIR holds OUT/<video_id>/ folders, tables second,<tool>_probability,..., or, as a reference,
Cholec80 texts (videoXX-tool.txt); recordings are matched by name, or else by their number.

Tried are thresholds, moving averages, medians, hysteresis, shortest durations, and hidden Markov
models fitted to the recordings. For each tool the one with the highest event F1 (IoU 0.5) on
recordings that it was not fitted to is chosen. What is printed was judged on recordings that had no
part in the choice either. Beside FILE lies FILE's name with .tried.csv: all that was tried.

Exit status: 0 tuned; 1 something cannot be read or written; 2 wrong call; 130 interrupted.
"""


def add_parser(commands: Any) -> None:
    """Describe the command's arguments."""
    parser = commands.add_parser(
        "tune",
        help="choose smoothing for each tool from labelled recordings",
        description="Choose how each tool's probabilities are smoothed, by cross-validation.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run, after_interruption="nothing was written")
    parser.add_argument("--predicted", type=Path, required=True, metavar="DIR")
    parser.add_argument("--reference", type=Path, required=True, metavar="DIR")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="settings (.json)")
    parser.add_argument(
        "--model", type=Path, metavar="MODEL", help="write them into this model folder, too"
    )
    parser.add_argument(
        "--lag",
        type=non_negative_float,
        metavar="S",
        help="for use while an operation runs: answers at most S seconds late; 0 at once "
        "(default: from the whole recording)",
    )
    parser.add_argument("--quiet", action="store_true", help="print errors only")


def run(arguments: argparse.Namespace) -> int:
    """Read, choose, write, print."""
    from classifier.model.bundle import read_model_folder
    from video_pipeline.formats.tuning_pairs import read_tuning_pairs
    from video_pipeline.output.tuning_files import tried_path, write_settings, write_tried
    from video_pipeline.timeline.tuning.choosing import smoothing_of

    if arguments.out.suffix.lower() == ".csv":
        raise WrongCallError("--out names a settings file, such as smoothing.json")
    model = None if arguments.model is None else read_model_folder(arguments.model)
    pairs = read_tuning_pairs(arguments.predicted, arguments.reference)
    for text in pairs.notes:
        note(printable(text))
    choices = _choose(pairs, arguments.lag)
    about = {
        "criterion": "event_f1",
        "lag_s": arguments.lag,
        "n_recordings": len(pairs.recordings),
        "n_folds": _n_folds(pairs),
    }
    write_tried(tried_path(arguments.out), choices)
    smoothing = smoothing_of(choices, others=_others(model, arguments.lag))
    write_settings(arguments.out, smoothing, choices, about=about)
    if model is not None:
        _store(model, smoothing)
    if not arguments.quiet:
        _print_choices(choices, arguments.out, n_recordings=len(pairs.recordings))
    return 0


def _choose(pairs: TuningPairs, lag_s: float | None) -> tuple[Choice, ...]:
    from video_pipeline.timeline.tuning.candidates import candidates
    from video_pipeline.timeline.tuning.choosing import choose
    from video_pipeline.timeline.tuning.trial import FEWEST_TO_JUDGE, Trial

    if len(pairs.recordings) < FEWEST_TO_JUDGE:
        warn(
            f"only {len(pairs.recordings)} labelled recordings: a choice is made, but cannot be "
            f"judged on others; that takes {FEWEST_TO_JUDGE}"
        )
    with progress_bar(unit="recording", leave=False) as bar:
        trial = Trial(
            pairs.recordings,
            pairs.tools,
            candidates(lag_s),
            n_folds=_n_folds(pairs),
            done=bar.update,
        )
        bar.total = trial.n_steps
        bar.set_description("trying")
        return choose(trial)


def _n_folds(pairs: TuningPairs) -> int:
    return min(_MOST_FOLDS, len(pairs.recordings))


def _others(model: ModelFolder | None, lag_s: float | None) -> SmoothingSettings:
    """For tools that nobody used in these recordings: the default, answering in time."""
    from video_pipeline.timeline.smoothing import SmoothingSettings
    from video_pipeline.timeline.tuning.candidates import lookahead_s

    values = default_values(None if model is None else model.config.head)
    settings = SmoothingSettings(**values)
    is_late = lag_s is not None and lookahead_s(settings) > lag_s
    return dataclasses.replace(settings, is_causal=is_late)


def _store(model: ModelFolder, smoothing: Smoothing) -> None:
    """Write the choices into the model's description; its weights stay as they are."""
    from classifier.model.bundle import CONFIG_NAME
    from video_pipeline.output.files import write_text
    from video_pipeline.timeline.smoothing.stored import smoothing_to_json

    known = dataclasses.replace(
        smoothing,
        by_tool={tool: of for tool, of in smoothing.by_tool.items() if tool in model.config.tools},
    )
    described = dataclasses.replace(model.config, smoothing=smoothing_to_json(known))
    write_text(model.path / CONFIG_NAME, described.to_json())


def _print_choices(choices: Sequence[Choice], out: Path, *, n_recordings: int) -> None:
    from video_pipeline.output.tuning_files import tried_path
    from video_pipeline.timeline.tuning.counts import Counts

    rows = [["tool", "event F1", "uses/true", "frame F1", "onset s", "offset s", "method"]]
    for choice in choices:
        method = "default: never used here"
        if choice.chosen is not None:
            method = f"{choice.chosen.candidate.family}; {choice.chosen.candidate.parameters}"
        rows.append([printable(choice.tool), *_cells(choice.judged), method])
    judged = [choice.judged for choice in choices if choice.judged is not None]
    for line in align(rows):
        print_result(f"  {line}")
    scores = [of.event_f1 for of in judged if of.event_f1 is not None]
    if scores:
        total = Counts.total(judged)
        print_result(
            f"  mean event F1 {sum(scores) / len(scores):.3f} over {len(scores)} tools; "
            f"{_figure(total.segment_ratio)} times the true number of uses; {n_recordings} "
            "recordings, each judged by a choice made without it"
        )
    print_result(f"settings: {printable(str(out))}   all tried: {printable(str(tried_path(out)))}")
    print_result(
        f"next: surgical-video smooth PROBABILITIES.csv --settings {printable(str(out))} --out OUT"
    )


def _cells(counts: Any) -> list[str]:
    if counts is None:
        return ["-"] * 5
    delays = (counts.onset_delay_s, counts.offset_delay_s)
    return [
        _figure(counts.event_f1),
        _figure(counts.segment_ratio),
        _figure(counts.frame_f1),
        *("-" if delay is None else f"{delay:+.2f}" for delay in delays),
    ]


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
