"""``surgical-video train``: a labelled dataset in, a model folder out."""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from video_pipeline.cli.console import print_result, printable, warn, warn_of_problems
from video_pipeline.cli.exit_status import INTERRUPTED
from video_pipeline.cli.field_of_view import find_crop
from video_pipeline.cli.stopping import stop_when_asked
from video_pipeline.cli.training_arguments import (
    add_dataset_options,
    add_settings,
    dataset_options,
    training_settings,
)
from video_pipeline.cli.training_screen import TrainingScreen

if TYPE_CHECKING:
    from classifier.training.preparing import PreparedImages
    from classifier.training.training import TrainingEvent, TrainingReport

__all__ = ["add_parser"]

_EXAMPLES = """\
examples:
  surgical-video train dataset --out model
  surgical-video train dataset --out model --weights samples/model --group-regex '^(case[0-9]+)_'
  surgical-video train dataset --out model --head sigmoid --pairs pasted
  surgical-video train labels.csv --out model --epochs 3,20 --imbalance balanced_sampling
  surgical-video train dataset --out model --resume

dataset holds train/<tool>/*.jpg (and test/<tool>/*.jpg for `evaluate`), or is a table
image,<tool>,<tool>,... of 0, 1 and ? with optional columns video, patient and split.
Folders named no_tool, background or unknown hold frames without any tool.
Ctrl-C leaves a checkpoint in MODEL-checkpoint, from which --resume goes on.
"""


def add_parser(commands: Any) -> None:
    """Describe the command's arguments."""
    parser = commands.add_parser(
        "train",
        help="learn tools from labelled images",
        description="Train a ResNet50 on labelled images and write a model folder.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run, after_interruption="no model was written")
    parser.add_argument("dataset", type=Path, metavar="DATASET")
    parser.add_argument("--out", type=Path, required=True, metavar="MODEL", help="model folder")
    parser.add_argument("--overwrite", action="store_true", help="replace the folder MODEL")
    parser.add_argument(
        "--resume", action="store_true", help="go on with this call's interrupted training"
    )
    parser.add_argument(
        "--no-pictures",
        action="store_true",
        help="put no sheet of augmented training images into MODEL",
    )
    add_dataset_options(parser)
    add_settings(parser)
    tracking = parser.add_argument_group("tracking")
    tracking.add_argument(
        "--track",
        choices=("mlflow",),
        help="keep a copy of parameters, epochs and model in an MLflow store on disk, to compare "
        "trainings by; needs the extra [mlflow]",
    )
    tracking.add_argument(
        "--track-store",
        type=Path,
        metavar="DIR",
        help="folder of mlflow.db and mlartifacts; default: the one that MODEL lies in",
    )


def run(arguments: argparse.Namespace) -> int:
    """Train, showing each epoch, and say what to do next."""
    from classifier.dataset.table import is_table
    from classifier.tracking import open_tracker
    from classifier.training.checkpoint import checkpoint_folder
    from classifier.training.loop import TrainingStoppedError
    from classifier.training.training import train_classifier

    options = dataset_options(arguments)
    settings = training_settings(arguments, table=is_table(arguments.dataset))
    try:
        with (
            TrainingScreen() as screen,
            stop_when_asked() as should_stop,
            open_tracker(
                arguments.track or "none",
                store=arguments.track_store or arguments.out.absolute().parent,
                run_name=arguments.out.absolute().name,
                settings=settings,
                warn=warn,
            ) as tracker,
        ):

            def tell(event: TrainingEvent) -> None:
                screen.show(event)
                tracker.show(event)

            report = train_classifier(
                arguments.dataset,
                arguments.out,
                settings,
                options,
                overwrite=arguments.overwrite,
                resume=arguments.resume,
                pictures=not arguments.no_pictures,
                field_of_view_finder=find_crop,
                should_stop=should_stop,
                progress=tell,
            )
            tracker.finish(report, arguments.out)
    except TrainingStoppedError:
        folder = checkpoint_folder(arguments.out)
        warn(f"interrupted; the same call with --resume goes on from {printable(str(folder))}")
        return INTERRUPTED
    _warn_of(report.images)
    _print_report(report, arguments)
    return 0


def _warn_of(images: PreparedImages) -> None:
    """Bad files by name, what concerns the whole dataset by kind, and a split worth nothing."""
    from classifier.dataset.findings import KINDS

    known = {problem.path: problem for problem in images.train.problems}
    known |= {problem.path: problem for problem in images.validation.problems}
    warn_of_problems(list(known.values()))
    counts = Counter(
        finding.kind
        for finding in images.findings
        if finding.severity == "warning" and KINDS[finding.kind].concerns_dataset
    )
    for kind, n in counts.items():
        warn(f"{KINDS[kind].heading}: {n}; `surgical-video dataset scan` lists them")
    if images.split_by == "random frames":
        regex = images.suggested_regex
        hint = f": --group-regex {regex!r} seems to" if regex is not None else ""
        warn(
            "THE VALIDATION IMAGES ARE A RANDOM SHARE OF THE FRAMES, because nothing says which "
            f"recording each is from{hint}. On real laparoscopy such a split overstates accuracy "
            "by 17 to 42 points: expect less on a new operation than the numbers above say"
        )


def _split_in_words(split_by: str, known: str) -> str:
    if split_by in {"recording", "patient"}:
        return f"by {split_by},{known} in all"
    return split_by


def _print_report(report: TrainingReport, arguments: argparse.Namespace) -> None:
    from classifier.dataset.class_folders import find_split

    images, model = report.images, printable(str(arguments.out))
    lock = images.lock
    groups = lock.n_patients if images.split_by == "patient" else lock.n_recordings
    known = f" of {groups}" if groups is not None else ""
    print_result(
        f"trained on {len(images.train)} images, validated on {len(images.validation)} (split "
        f"{_split_in_words(images.split_by, known)}), starting from {report.starting_weights}"
    )
    print_result(f"model: {model}  (curves: {model}/training.png)")
    if (arguments.out / "augmentation.png").is_file():
        print_result(
            f"what the network saw: {model}/augmentation.png  (shows a few of your images: remove "
            "it before you give the model away)"
        )
    print_result("next:")
    test = find_split(arguments.dataset, "test") if arguments.dataset.is_dir() else None
    named = printable(str(test)) if test is not None else "IMAGES_NOT_TRAINED_ON"
    print_result(f"  surgical-video evaluate {model} {named} --out DIR")
    print_result(f"  surgical-video annotate RECORDING --model {model} --out OUT")
