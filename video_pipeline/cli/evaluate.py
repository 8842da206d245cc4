"""``surgical-video evaluate``: a model and labelled images in, figures and a page out."""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from video_pipeline.cli.arguments import positive_int
from video_pipeline.cli.console import print_result, printable, progress_bar, warn_of_problems
from video_pipeline.cli.cross_validation import judge_by_cross_validation
from video_pipeline.cli.field_of_view import find_crop
from video_pipeline.cli.group_regex import add_group_regex, require_pattern
from video_pipeline.cli.table import align

if TYPE_CHECKING:
    from classifier.evaluation.judging import Evaluation, Interval

__all__ = ["add_parser"]

_EXAMPLES = """\
examples:
  surgical-video evaluate model dataset/test --out evaluation
  surgical-video evaluate model test_labels.csv --out evaluation --no-pictures
  surgical-video evaluate model dataset --cross-validate --group-regex '^(case[0-9]+)_' --out folds

DATASET/test holds <tool>/*.jpg folders, or is a table image,<tool>,<tool>,... of 0 and 1. Its
column `video`, which recording an image is from, makes the intervals honest. DIR/evaluation.html is
for reading, DIR/metrics.json for programs. Exit status: 0 judged, 1 nothing to judge, 2 wrong call.

--cross-validate trains anew as MODEL was trained, once for each recording that is left out (or in N
folds of whole recordings), and judges every image by a network that has not seen its recording.
"""


def add_parser(commands: Any) -> None:
    """Describe the command's arguments."""
    parser = commands.add_parser(
        "evaluate",
        help="judge a model on labelled images it has not learned from",
        description="Write figures with 95 % intervals, a page to read, tables and drawings.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run, after_interruption="nothing was written")
    parser.add_argument("model", type=Path, metavar="MODEL")
    parser.add_argument(
        "images", type=Path, metavar="DATASET/test", help="<tool>/*.jpg folders or a label table"
    )
    add_group_regex(parser)
    parser.add_argument(
        "--cross-validate",
        type=positive_int,
        nargs="?",
        const=0,
        metavar="N",
        help="judge trainings like MODEL's on recordings left out: one at a time, or in N folds",
    )
    parser.add_argument(
        "--weights",
        metavar="imagenet|none|PATH",
        help="what each fold starts from; default what MODEL started from, if that is no file",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--overwrite", action="store_true", help="replace the folder DIR")
    parser.add_argument(
        "--no-pictures",
        action="store_true",
        help="leave pictures of the worst mistakes, which are patient data, out of the page",
    )
    parser.add_argument("--json", action="store_true", help="print metrics.json, not a table")


def run(arguments: argparse.Namespace) -> int:
    """Evaluate, write the folder, and print the figures."""
    from classifier.folders import require_free
    from classifier.model.bundle import read_model_folder

    config = read_model_folder(arguments.model).config
    require_free(arguments.out, overwrite=arguments.overwrite)

    from classifier.dataset.labelled_images import read_labelled_images
    from classifier.evaluation.files import write_evaluation

    require_pattern(arguments.group_regex)
    if arguments.cross_validate is not None:
        evaluation, model = judge_by_cross_validation(arguments, config), None
    else:
        # What cannot be judged is said before the network is built.
        read_labelled_images(arguments.images, config, group_regex=arguments.group_regex)
        evaluation, model = _judge(arguments), arguments.model
    write_evaluation(arguments.out, evaluation, model=model, pictures=not arguments.no_pictures)
    warn_of_problems(evaluation.problems)
    if arguments.json:
        from classifier.evaluation.metrics import metrics_of

        print_result(json.dumps(metrics_of(evaluation), indent=2, ensure_ascii=False))
    else:
        _print_report(evaluation, arguments)
    return 0


def _judge(arguments: argparse.Namespace) -> Evaluation:
    from classifier.evaluation.judging import evaluate_images
    from classifier.prediction import load_classifier

    classifier = load_classifier(arguments.model)
    with progress_bar(desc="images", unit="image", leave=False) as bar:

        def show(n_done: int, n_images: int) -> None:
            bar.total = n_images
            bar.update(n_done - bar.n)

        return evaluate_images(
            classifier,
            arguments.images,
            group_regex=arguments.group_regex,
            field_of_view_finder=find_crop,
            was_learned=_learned(arguments.model),
            progress=show,
        )


def _learned(model: Path) -> Callable[[Path], bool] | None:
    """Whether a file's content was learned from; None if no lock lies beside the model."""
    from classifier.dataset.lock_file import LOCK_NAME, read_lock

    if not (model / LOCK_NAME).is_file():
        return None
    known = {file.sha256 for file in read_lock(model).files if file.split != "test"}
    return lambda path: hashlib.sha256(path.read_bytes()).hexdigest() in known


def _print_report(evaluation: Evaluation, arguments: argparse.Namespace) -> None:
    from classifier.evaluation.cautions import cautions
    from classifier.evaluation.mistakes import worst_mistakes

    for line in align(_tool_rows(evaluation)):
        print_result(line)
    print_result()
    for line in align(_overall_rows(evaluation)):
        print_result(line)
    resampling = evaluation.resampling
    print_result(
        f"({len(evaluation.images)} images; in brackets 95 % intervals from "
        f"{resampling.n_units} {resampling.unit}s; n/a is undefined)"
    )
    print_result()
    for sentence in cautions(evaluation):
        print_result(f"note: {printable(sentence)}")
    out = arguments.out
    print_result(f"read:  {out / 'evaluation.html'}  (figures: {out / 'metrics.json'})")
    if worst_mistakes(evaluation) and not arguments.no_pictures:
        print_result("       the page holds pictures of test images; --no-pictures leaves them out")
    print_result("next:")
    print_result(f"  surgical-video annotate RECORDING --model {arguments.model} --out OUT")


def _tool_rows(evaluation: Evaluation) -> list[list[str]]:
    rows = [["tool", "images", "precision", "recall", "F1", "", "AP", ""]]
    rows += [
        [
            printable(scores.tool),
            str(scores.n_images),
            _figure(scores.precision),
            _figure(scores.recall),
            _figure(scores.f1),
            _interval(scores.intervals["f1"]),
            _figure(scores.average_precision),
            _interval(scores.intervals["average_precision"]),
        ]
        for scores in evaluation.tools
    ]
    return rows


def _overall_rows(evaluation: Evaluation) -> list[list[str]]:
    titles = {
        "accuracy": "accuracy",
        "macro_f1": "F1, mean over tools",
        "micro_f1": "F1, all answers",
        "mean_average_precision": "mean average precision",
        "mean_average_precision_per_recording": "  per recording",
        "expected_calibration_error": "calibration error",
        "brier_score": "Brier score",
    }
    return [
        [title, _figure(getattr(evaluation, name)), _interval(evaluation.intervals[name])]
        for name, title in titles.items()
    ]


def _figure(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.3f}"


def _interval(interval: Interval) -> str:
    if interval.low is None or interval.high is None:
        return ""
    return f"[{interval.low:.3f}-{interval.high:.3f}]"
