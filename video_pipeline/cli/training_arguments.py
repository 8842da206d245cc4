"""The options of ``train``: on what to train, and how; and the settings that they come to."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from video_pipeline.cli.arguments import (
    WrongCallError,
    epochs_pair,
    input_side,
    positive_float,
    positive_int,
    probability,
    share,
)
from video_pipeline.cli.group_regex import add_group_regex, require_pattern

if TYPE_CHECKING:
    from classifier.training.preparing import DatasetOptions
    from classifier.training.settings import TrainingSettings

__all__ = [
    "add_dataset_options",
    "add_settings",
    "dataset_options",
    "training_settings",
]


def add_dataset_options(parser: argparse.ArgumentParser) -> None:
    """What the dataset's files do not say themselves."""
    options = parser.add_argument_group("dataset")
    add_group_regex(options)
    options.add_argument(
        "--classes",
        type=Path,
        metavar="FILE",
        help="names of the tools, one a line, in the order of the model's columns",
    )
    options.add_argument(
        "--background",
        metavar="NAME,NAME",
        help="class folders that show no tool; default no_tool,background,unknown",
    )
    options.add_argument(
        "--strict", action="store_true", help="stop at any bad file or warning of `dataset scan`"
    )
    options.add_argument(
        "--allow-empty", action="store_true", help="leave classes without images out"
    )


def add_settings(parser: argparse.ArgumentParser) -> None:
    """Every setting of a training; None where nobody said anything."""
    parser.add_argument(
        "--settings",
        type=Path,
        metavar="FILE",
        help="settings as JSON, as `training.settings` of a classifier.json; options win over it",
    )
    _add_network(parser.add_argument_group("network"))
    _add_learning(parser.add_argument_group("learning"))
    _add_images(parser.add_argument_group("images"))
    _add_running(parser.add_argument_group("running"))


def _add_network(group: Any) -> None:
    group.add_argument(
        "--head",
        choices=("softmax", "sigmoid"),
        help="softmax: one tool a frame; sigmoid: any number; default softmax for folders, "
        "sigmoid for tables",
    )
    group.add_argument(
        "--weights",
        metavar="imagenet|none|PATH",
        help="where to start: ImageNet (default, downloaded once), nothing, a file of weights or a "
        "model folder",
    )
    group.add_argument("--input-size", type=input_side, metavar="PX", help="default 224")
    group.add_argument(
        "--trainable",
        choices=("conv2", "conv3", "conv4", "conv5", "all"),
        help="first stage that fine-tuning changes; default conv4, all from scratch",
    )
    group.add_argument(
        "--batch-norm",
        choices=("frozen", "trained"),
        help="statistics of batch normalisation in fine-tuning; default frozen, trained from "
        "scratch",
    )


def _add_learning(group: Any) -> None:
    group.add_argument(
        "--epochs", type=epochs_pair, metavar="HEAD,FINE", help="default 3,10; 0,10 from scratch"
    )
    group.add_argument(
        "--patience",
        type=positive_int,
        metavar="EPOCHS",
        help="epochs without a better validation after which to stop; default 5",
    )
    group.add_argument(
        "--learning-rate",
        type=positive_float,
        metavar="RATE",
        help="of the last stage in fine-tuning; default 1e-4, 1e-3 from scratch",
    )
    group.add_argument(
        "--rate-decay",
        type=probability,
        metavar="FACTOR",
        help="each stage learns so much slower than the next; default 0.5, 1 from scratch",
    )
    group.add_argument("--batch-size", type=positive_int, metavar="N", help="default 32")
    group.add_argument(
        "--imbalance",
        choices=("none", "class_weights", "balanced_sampling", "focal"),
        help="what is done about rare tools; default class_weights",
    )
    group.add_argument(
        "--validation-share", type=share, metavar="SHARE", help="held back; default 0.15"
    )
    group.add_argument(
        "--no-calibration",
        action="store_true",
        default=None,
        help="leave probabilities as the network gives them",
    )
    group.add_argument("--seed", type=int, help="default 0")


def _add_images(group: Any) -> None:
    group.add_argument(
        "--augmentation",
        choices=("none", "basic", "endoscopic"),
        help="nothing; turned, moved, lit otherwise; smoke, blood, glare, blur and compression too "
        "(default)",
    )
    group.add_argument(
        "--pairs",
        choices=("none", "mixed", "pasted"),
        help="make two images of one tool each into one of both, for a sigmoid head; default "
        "pasted for folders, none for tables",
    )
    group.add_argument(
        "--resize-rule",
        choices=("opencv_inter_area", "swscale_area"),
        help="what makes the network's size of an image, here and in annotation; default "
        "swscale_area, the faster one",
    )
    group.add_argument(
        "--crop-field-of-view",
        action="store_true",
        default=None,
        help="cut the black around the endoscope's picture off, here and in annotation",
    )


def _add_running(group: Any) -> None:
    group.add_argument(
        "--precision",
        choices=("float32", "bfloat16", "float16"),
        help="default float32, float16 with a GPU",
    )


def dataset_options(arguments: argparse.Namespace) -> DatasetOptions:
    """What the options say of the dataset.

    Raises:
        WrongCallError: the pattern is none.
        DatasetError: the list of classes cannot be read.
    """
    from classifier.config import BACKGROUND_NAMES
    from classifier.dataset.class_list import read_class_list
    from classifier.training.preparing import DatasetOptions

    require_pattern(arguments.group_regex)
    names = arguments.background
    return DatasetOptions(
        background=tuple(names.split(",")) if names is not None else BACKGROUND_NAMES,
        classes=read_class_list(arguments.classes) if arguments.classes is not None else None,
        group_regex=arguments.group_regex,
        strict=arguments.strict,
        allow_empty=arguments.allow_empty,
    )


def training_settings(arguments: argparse.Namespace, *, table: bool) -> TrainingSettings:
    """The settings that options, a file of settings, and defaults come to, in this order.

    Raises:
        WrongCallError: a setting that cannot be, or not with the others.
        ClassifierError: the file of settings cannot be used.
    """
    from classifier.backend import has_gpu
    from classifier.training.settings import TrainingSettings
    from classifier.training.settings_file import read_settings

    said: dict[str, Any] = (
        read_settings(arguments.settings) if arguments.settings is not None else {}
    )
    said |= _given(arguments)
    head = said.setdefault("head", "sigmoid" if table else "softmax")
    # Random features teach a head nothing, and frozen random layers stay random.
    scratch = said.get("weights") == "none"
    defaults: dict[str, Any] = {
        "epochs_head": 0 if scratch else 3,
        "epochs_fine": 10,
        "trainable": "all" if scratch else "conv4",
        "train_batch_norm": scratch,
        "learning_rate_fine": 1e-3 if scratch else 1e-4,
        "rate_decay": 1.0 if scratch else 0.5,
        "pairs": "none" if table or head == "softmax" else "pasted",
        "precision": "float16" if has_gpu() else "float32",
    }
    try:
        return TrainingSettings(**(defaults | said))
    except ValueError as error:
        raise WrongCallError(str(error)) from error


def _given(arguments: argparse.Namespace) -> dict[str, Any]:
    """By a setting's name, what the options say of it."""
    size, epochs, norm = arguments.input_size, arguments.epochs, arguments.batch_norm
    given = {
        "head": arguments.head,
        "weights": arguments.weights,
        "input_size_px": (size, size) if size is not None else None,
        "trainable": arguments.trainable,
        "train_batch_norm": norm == "trained" if norm is not None else None,
        "epochs_head": epochs[0] if epochs is not None else None,
        "epochs_fine": epochs[1] if epochs is not None else None,
        "patience": arguments.patience,
        "learning_rate_fine": arguments.learning_rate,
        "rate_decay": arguments.rate_decay,
        "batch_size": arguments.batch_size,
        "imbalance": arguments.imbalance,
        "validation_share": arguments.validation_share,
        "calibrate": False if arguments.no_calibration else None,
        "seed": arguments.seed,
        "augmentation": arguments.augmentation,
        "pairs": arguments.pairs,
        "resize_rule": arguments.resize_rule,
        "crop_field_of_view": arguments.crop_field_of_view,
        "precision": arguments.precision,
    }
    return {name: value for name, value in given.items() if value is not None}
