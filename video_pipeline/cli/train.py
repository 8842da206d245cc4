"""``surgical-video train``: a labelled dataset in, a model folder out."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from video_pipeline.cli.arguments import (
    epochs_pair,
    input_side,
    positive_float,
    positive_int,
    probability,
    share,
)
from video_pipeline.cli.console import print_result, printable, warn, warn_of_problems
from video_pipeline.cli.exit_status import INTERRUPTED
from video_pipeline.cli.field_of_view import find_crop
from video_pipeline.cli.stopping import stop_when_asked
from video_pipeline.cli.training_screen import TrainingScreen

if TYPE_CHECKING:
    from classifier.config import Head
    from classifier.training.settings import TrainingSettings
    from classifier.training.training import TrainingReport

__all__ = ["add_parser"]

_EXAMPLES = """\
examples:
  surgical-video train dataset --out model
  surgical-video train dataset --out model --weights none --epochs 0,30
  surgical-video train labels.csv --out model --head sigmoid --weights samples/model

dataset holds train/<tool>/*.jpg (and test/<tool>/*.jpg for `evaluate`), or is a table
image,<tool>,<tool>,... of 0 and 1 with an optional `video` column that is split by.
Folders named no_tool, background or unknown hold frames without any tool.
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
    _add_what(parser)
    _add_how(parser)


def _add_what(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("dataset", type=Path, metavar="DATASET")
    parser.add_argument("--out", type=Path, required=True, metavar="MODEL", help="model folder")
    parser.add_argument(
        "--head",
        choices=("softmax", "sigmoid"),
        help="softmax: one tool a frame (folders); sigmoid: any number (tables)",
    )
    parser.add_argument(
        "--background",
        metavar="NAME,NAME",
        help="class folders that show no tool; default no_tool,background,unknown",
    )
    parser.add_argument("--validation-share", type=share, default=0.15, metavar="SHARE")
    parser.add_argument("--overwrite", action="store_true", help="replace the folder MODEL")
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on with this call's interrupted training, from MODEL-checkpoint",
    )
    parser.add_argument("--input-size", type=input_side, default=224, metavar="PX")
    parser.add_argument(
        "--resize-rule",
        choices=("opencv_inter_area", "swscale_area"),
        default="swscale_area",
        help="what makes the network's size of an image, here and in annotation; default "
        "swscale_area, the faster one",
    )
    parser.add_argument(
        "--crop-field-of-view",
        action="store_true",
        help="cut the black around the endoscope's picture off, here and in annotation",
    )


def _add_how(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--weights",
        default="imagenet",
        metavar="imagenet|none|PATH",
        help="where to start: ImageNet (downloaded once), nothing, a weights file or model folder",
    )
    parser.add_argument(
        "--epochs", type=epochs_pair, metavar="HEAD,FINE", help="default 3,10; 0,10 from scratch"
    )
    parser.add_argument(
        "--trainable",
        choices=("conv2", "conv3", "conv4", "conv5", "all"),
        help="first stage that fine-tuning changes; default conv4, all from scratch",
    )
    parser.add_argument(
        "--batch-norm",
        choices=("frozen", "trained"),
        help="statistics of batch normalisation in fine-tuning; default frozen, trained from "
        "scratch",
    )
    parser.add_argument(
        "--learning-rate",
        type=positive_float,
        metavar="RATE",
        help="of the last stage in fine-tuning; default 1e-4, 1e-3 from scratch",
    )
    parser.add_argument(
        "--rate-decay",
        type=probability,
        metavar="FACTOR",
        help="each stage learns so much slower than the next; default 0.5, 1 from scratch",
    )
    parser.add_argument(
        "--patience",
        type=positive_int,
        default=5,
        metavar="EPOCHS",
        help="epochs without a better validation after which to stop; default 5",
    )
    parser.add_argument("--batch-size", type=positive_int, default=32, metavar="N")
    parser.add_argument(
        "--augmentation",
        choices=("none", "basic", "endoscopic"),
        default="endoscopic",
        help="what is done to training images: nothing; turning, shifting, lighting; smoke, blood, "
        "glare, blur and compression too (default)",
    )
    parser.add_argument(
        "--pairs",
        choices=("none", "mixed", "pasted"),
        help="make two images of one tool each into one of both, for a sigmoid head; default "
        "pasted for folders, none for tables",
    )
    parser.add_argument(
        "--imbalance",
        choices=("none", "class_weights", "balanced_sampling", "focal"),
        default="class_weights",
        help="what is done about rare tools; default class_weights",
    )
    parser.add_argument(
        "--precision",
        choices=("float32", "bfloat16", "float16"),
        help="default float32, float16 with a GPU",
    )
    parser.add_argument("--xla", action="store_true", help="compile the training step by XLA")
    parser.add_argument("--seed", type=int, default=0)


def run(arguments: argparse.Namespace) -> int:
    """Train, showing each epoch, and say what to do next."""
    from classifier.config import BACKGROUND_NAMES
    from classifier.dataset.table import is_table
    from classifier.training.checkpoint import checkpoint_folder
    from classifier.training.loop import TrainingStoppedError
    from classifier.training.training import train_classifier

    settings = _settings(arguments, table=is_table(arguments.dataset))
    names = arguments.background
    with TrainingScreen() as screen, stop_when_asked() as should_stop:
        try:
            report = train_classifier(
                arguments.dataset,
                arguments.out,
                settings,
                background=names.split(",") if names is not None else BACKGROUND_NAMES,
                overwrite=arguments.overwrite,
                resume=arguments.resume,
                field_of_view_finder=find_crop,
                should_stop=should_stop,
                progress=screen.show,
            )
        except TrainingStoppedError:
            folder = checkpoint_folder(arguments.out)
            warn(f"interrupted; the same call with --resume goes on from {printable(str(folder))}")
            return INTERRUPTED
    _print_report(report, arguments)
    return 0


def _settings(arguments: argparse.Namespace, *, table: bool) -> TrainingSettings:
    from classifier.backend import has_gpu
    from classifier.training.settings import TrainingSettings

    # Random features teach a head nothing, and frozen random layers stay random.
    scratch = arguments.weights == "none"
    epochs_head, epochs_fine = arguments.epochs or ((0, 10) if scratch else (3, 10))
    batch_norm = arguments.batch_norm or ("trained" if scratch else "frozen")
    rate, decay = arguments.learning_rate, arguments.rate_decay
    head: Head = arguments.head or ("sigmoid" if table else "softmax")
    return TrainingSettings(
        head=head,
        weights=arguments.weights,
        epochs_head=epochs_head,
        epochs_fine=epochs_fine,
        trainable=arguments.trainable or ("all" if scratch else "conv4"),
        train_batch_norm=batch_norm == "trained",
        learning_rate_fine=rate if rate is not None else (1e-3 if scratch else 1e-4),
        rate_decay=decay if decay is not None else (1.0 if scratch else 0.5),
        patience=arguments.patience,
        batch_size=arguments.batch_size,
        input_size_px=(arguments.input_size, arguments.input_size),
        resize_rule=arguments.resize_rule,
        crop_field_of_view=arguments.crop_field_of_view,
        validation_share=arguments.validation_share,
        augmentation=arguments.augmentation,
        pairs=arguments.pairs or ("none" if table or head == "softmax" else "pasted"),
        imbalance=arguments.imbalance,
        xla=arguments.xla,
        precision=arguments.precision or ("float16" if has_gpu() else "float32"),
        seed=arguments.seed,
    )


def _print_report(report: TrainingReport, arguments: argparse.Namespace) -> None:
    from classifier.dataset.class_folders import find_split

    warn_of_problems(report.problems)
    if not report.split_by_video:
        warn(
            "the validation images are a random share of the frames, because nothing says which "
            "recording each is from: expect less on a new operation than the numbers above say"
        )
    print_result(
        f"trained on {report.n_train} images, validated on {report.n_validation}, starting from "
        f"{report.starting_weights}"
    )
    print_result(f"model: {arguments.out}  (curves: {arguments.out / 'training.png'})")
    print_result("next:")
    test = find_split(arguments.dataset, "test") if arguments.dataset.is_dir() else None
    images = printable(str(test)) if test is not None else "IMAGES_NOT_TRAINED_ON"
    print_result(f"  surgical-video evaluate {arguments.out} {images} --out DIR")
    print_result(f"  surgical-video annotate RECORDING --model {arguments.out} --out OUT")
