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
    share,
)
from video_pipeline.cli.console import (
    note,
    print_result,
    printable,
    progress_bar,
    warn,
    warn_of_problems,
)
from video_pipeline.cli.field_of_view import find_crop

if TYPE_CHECKING:
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
    parser.add_argument("dataset", type=Path, metavar="DATASET")
    parser.add_argument("--out", type=Path, required=True, metavar="MODEL", help="model folder")
    parser.add_argument(
        "--head",
        choices=("softmax", "sigmoid"),
        help="softmax: one tool a frame (folders); sigmoid: any number (tables)",
    )
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
    parser.add_argument("--learning-rate", type=positive_float, metavar="RATE")
    parser.add_argument("--batch-size", type=positive_int, default=32, metavar="N")
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
    parser.add_argument("--validation-share", type=share, default=0.15, metavar="SHARE")
    parser.add_argument(
        "--background",
        metavar="NAME,NAME",
        help="class folders that show no tool; default no_tool,background,unknown",
    )
    parser.add_argument("--no-augmentation", action="store_true")
    parser.add_argument("--no-class-weights", action="store_true")
    parser.add_argument(
        "--precision",
        choices=("float32", "bfloat16", "float16"),
        help="default float32, float16 with a GPU",
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--overwrite", action="store_true", help="replace the folder MODEL")


def run(arguments: argparse.Namespace) -> int:
    """Train, showing each epoch, and say what to do next."""
    from classifier.config import BACKGROUND_NAMES
    from classifier.dataset.table import is_table
    from classifier.training.training import train_classifier

    settings = _settings(arguments, table=is_table(arguments.dataset))
    names = arguments.background
    with _Screen() as screen:
        report = train_classifier(
            arguments.dataset,
            arguments.out,
            settings,
            background=names.split(",") if names is not None else BACKGROUND_NAMES,
            overwrite=arguments.overwrite,
            field_of_view_finder=find_crop,
            progress=screen.show,
        )
    _print_report(report, arguments)
    return 0


def _settings(arguments: argparse.Namespace, *, table: bool) -> TrainingSettings:
    from classifier.backend import has_gpu
    from classifier.training.settings import TrainingSettings

    # Random features teach a head nothing, and frozen random layers stay random.
    scratch = arguments.weights == "none"
    epochs_head, epochs_fine = arguments.epochs or ((0, 10) if scratch else (3, 10))
    batch_norm = arguments.batch_norm or ("trained" if scratch else "frozen")
    rate = arguments.learning_rate
    return TrainingSettings(
        head=arguments.head or ("sigmoid" if table else "softmax"),
        weights=arguments.weights,
        epochs_head=epochs_head,
        epochs_fine=epochs_fine,
        trainable=arguments.trainable or ("all" if scratch else "conv4"),
        train_batch_norm=batch_norm == "trained",
        learning_rate_fine=rate if rate is not None else (1e-3 if scratch else 1e-4),
        batch_size=arguments.batch_size,
        input_size_px=(arguments.input_size, arguments.input_size),
        resize_rule=arguments.resize_rule,
        crop_field_of_view=arguments.crop_field_of_view,
        validation_share=arguments.validation_share,
        augment=not arguments.no_augmentation,
        class_weights=not arguments.no_class_weights,
        precision=arguments.precision or ("float16" if has_gpu() else "float32"),
        seed=arguments.seed,
    )


class _Screen:
    """One bar for what is going on, one line for each finished epoch."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._title = ""
        self._stack: Any = None

    def __enter__(self) -> _Screen:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def show(self, event: Any) -> None:
        """Show one event of a training."""
        from classifier.training.fitting import EpochRecord, TrainingStep
        from classifier.training.training import ImagesChecked

        if isinstance(event, ImagesChecked):
            self._move("checking images", event.n_checked, event.n_images, "image")
        elif isinstance(event, TrainingStep):
            self._move(
                f"{event.phase} epoch {event.epoch}/{event.n_epochs}",
                event.step,
                event.n_steps,
                "batch",
            )
            self._bar.set_postfix_str(
                f"loss {event.loss:.3f}, accuracy {event.accuracy:.3f}", refresh=False
            )
        elif isinstance(event, EpochRecord):
            self._close()
            note(
                f"{event.phase:<4} epoch {event.epoch:>3}: loss {event.loss:.4f}, accuracy "
                f"{event.accuracy:.4f}; validation loss {event.validation_loss:.4f}, accuracy "
                f"{event.validation_accuracy:.4f}"
            )

    def _move(self, title: str, position: int, total: int, unit: str) -> None:
        if title != self._title:
            self._close()
            self._title = title
            self._stack = progress_bar(desc=title, total=total, unit=unit, leave=False)
            self._bar = self._stack.__enter__()
        self._bar.update(position - self._bar.n)

    def _close(self) -> None:
        if self._stack is not None:
            self._stack.__exit__(None, None, None)
        self._stack, self._title = None, ""


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
