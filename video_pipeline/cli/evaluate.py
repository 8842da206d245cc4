"""``surgical-video evaluate``: a model and labelled images in, figures and pictures out."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from video_pipeline.cli.console import print_result, progress_bar, warn_of_problems
from video_pipeline.cli.field_of_view import find_crop
from video_pipeline.cli.table import align

if TYPE_CHECKING:
    from classifier.evaluation.judging import Evaluation

__all__ = ["add_parser"]

_EXAMPLES = """\
examples:
  surgical-video evaluate model dataset/test --out evaluation
  surgical-video evaluate model test_labels.csv --out evaluation
"""


def add_parser(commands: Any) -> None:
    """Describe the command's arguments."""
    parser = commands.add_parser(
        "evaluate",
        help="judge a model on labelled images it has not learned from",
        description="Write metrics.json, tables, a confusion matrix and precision-recall curves.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run, after_interruption="nothing was written")
    parser.add_argument("model", type=Path, metavar="MODEL")
    parser.add_argument(
        "images", type=Path, metavar="DATASET/test", help="<tool>/*.jpg folders or a label table"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--overwrite", action="store_true", help="replace the folder DIR")


def run(arguments: argparse.Namespace) -> int:
    """Evaluate and print the figures."""
    from classifier.folders import require_free
    from classifier.model.bundle import read_model_folder

    read_model_folder(arguments.model)
    require_free(arguments.out, overwrite=arguments.overwrite)

    from classifier.evaluation.files import write_evaluation
    from classifier.evaluation.judging import evaluate_images
    from classifier.prediction import load_classifier

    classifier = load_classifier(arguments.model)
    with progress_bar(desc="images", unit="image", leave=False) as bar:

        def show(n_done: int, n_images: int) -> None:
            bar.total = n_images
            bar.update(n_done - bar.n)

        evaluation = evaluate_images(
            classifier,
            arguments.images,
            field_of_view_finder=find_crop,
            progress=show,
        )
    write_evaluation(arguments.out, evaluation)
    warn_of_problems(evaluation.problems)
    _print_report(evaluation, arguments.out)
    return 0


def _print_report(evaluation: Evaluation, out: Path) -> None:
    rows = [["tool", "images", "precision", "recall", "F1", "average precision"]]
    rows += [
        [
            scores.tool,
            str(scores.n_images),
            *map(_figure, (scores.precision, scores.recall, scores.f1, scores.average_precision)),
        ]
        for scores in evaluation.tools
    ]
    for line in align(rows):
        print_result(line)
    print_result()
    print_result(
        f"{len(evaluation.images)} images: accuracy {evaluation.accuracy:.3f}, "
        f"micro-F1 {evaluation.micro_f1:.3f}, "
        f"mean average precision {_figure(evaluation.mean_average_precision)}"
    )
    print_result(f"definitions and all figures: {out / 'metrics.json'}")
    print_result(f"pictures: {out / 'confusion_matrix.png'}, {out / 'precision_recall.png'}")


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
