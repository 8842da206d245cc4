"""``surgical-video calibrate``: a model and labelled images in, a model whose 0.7 is 70 % out."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from video_pipeline.cli.arguments import WrongCallError
from video_pipeline.cli.console import (
    note,
    print_result,
    printable,
    progress_bar,
    warn,
    warn_of_problems,
)
from video_pipeline.cli.field_of_view import find_crop
from video_pipeline.cli.group_regex import add_group_regex, require_pattern
from video_pipeline.cli.table import align

if TYPE_CHECKING:
    from classifier.calibration.from_images import CalibratedModel
    from classifier.config import ModelConfig

__all__ = ["add_parser"]

_EXAMPLES = """\
examples:
  surgical-video calibrate model labels.csv --out calibrated
  surgical-video calibrate model dataset/validation --out calibrated --prior hook=0.55
  surgical-video calibrate model labels.csv --out calibrated --priors-from case12.reference.csv

LABELLED_IMAGES holds <tool>/*.jpg folders, or is a table image,<tool>,<tool>,... with an optional
`video` column; the model must not have been trained on them. Without a `video` column images of one
operation can be on both sides of the cross-validation, and the errors shown are too small.
"""


def add_parser(commands: Any) -> None:
    """Describe the command's arguments."""
    parser = commands.add_parser(
        "calibrate",
        help="make a model's probabilities mean what they say",
        description="Fit, on labelled images, what turns a model's logits into probabilities, and "
        "write a copy of the model folder with it.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run, after_interruption="no model was written")
    parser.add_argument("model", type=Path, metavar="MODEL")
    parser.add_argument("images", type=Path, metavar="LABELLED_IMAGES")
    parser.add_argument("--out", type=Path, required=True, metavar="NEW_MODEL")
    parser.add_argument(
        "--method",
        choices=("auto", "temperature", "platt", "isotonic", "none"),
        default="auto",
        help="auto: whatever is best on images held out, which may be none (default); temperature "
        "is for softmax heads, platt and isotonic are for sigmoid heads",
    )
    add_group_regex(parser)
    priors = parser.add_argument_group(
        "priors", "how often tools are visible in operations, where the labelled images differ"
    )
    priors.add_argument(
        "--prior",
        type=_prior,
        action="append",
        default=[],
        metavar="TOOL=SHARE",
        help="share of the frames that show the tool, such as grasper=0.6; may be repeated",
    )
    priors.add_argument(
        "--priors-from",
        type=Path,
        action="append",
        default=[],
        metavar="TIMELINE",
        help="take the shares of seconds from a timeline.csv or reference table; may be repeated, "
        "--prior goes first",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace the folder NEW_MODEL")


def run(arguments: argparse.Namespace) -> int:
    """Calibrate, write the new model folder and print what was gained."""
    from classifier.calibration.calibrating import (
        require_possible_method,
        require_possible_shares,
    )
    from classifier.calibration.from_images import require_apart
    from classifier.dataset.labelled_images import read_labelled_images
    from classifier.folders import require_free
    from classifier.model.bundle import read_model_folder

    # What can be refused is refused before TensorFlow is loaded.
    require_pattern(arguments.group_regex)
    folder = read_model_folder(arguments.model)
    shares = _shares(arguments, folder.config)
    try:
        require_possible_method(arguments.method, head=folder.config.head)
        require_possible_shares(shares, config=folder.config)
    except ValueError as error:
        raise WrongCallError(printable(str(error))) from error
    require_apart(arguments.out, arguments.model)
    require_free(arguments.out, overwrite=arguments.overwrite)
    read_labelled_images(
        arguments.images, folder.config, split="validation", group_regex=arguments.group_regex
    )

    from classifier.calibration.from_images import calibrate_classifier, write_calibrated_folder
    from classifier.prediction import load_classifier

    with progress_bar(unit="image", leave=False) as bar:

        def show(doing: str, n_done: int, n_images: int) -> None:
            bar.set_description(doing, refresh=False)
            bar.total = n_images
            bar.update(n_done - bar.n)

        calibrated = calibrate_classifier(
            load_classifier(arguments.model),
            arguments.images,
            method=arguments.method,
            shares=shares,
            group_regex=arguments.group_regex,
            field_of_view_finder=find_crop,
            progress=show,
        )
    write_calibrated_folder(folder, arguments.out, calibrated.config)
    _warn(calibrated, folder.config)
    _print_report(calibrated, arguments)
    return 0


def _prior(text: str) -> tuple[str, float]:
    """``TOOL=SHARE`` as the tool and a share between 0 and 1, both excluded."""
    tool, separator, number = text.rpartition("=")
    try:
        value = float(number)
    except ValueError:
        value = math.nan
    if separator == "" or tool == "" or not 0 < value < 1:
        raise argparse.ArgumentTypeError(
            f"TOOL=SHARE with a share between 0 and 1, such as grasper=0.6, is expected, "
            f"not {text!r}"
        )
    return tool, value


def _shares(arguments: argparse.Namespace, config: ModelConfig) -> dict[str, float]:
    """Shares of the model's tools: those of the timelines, then those that were given."""
    shares: dict[str, float] = {}
    if arguments.priors_from:
        shares = _shares_of_timelines(arguments.priors_from, config)
    return shares | dict(arguments.prior)


def _shares_of_timelines(paths: list[Path], config: ModelConfig) -> dict[str, float]:
    """Share of seconds that show each tool, over all timelines; half a second keeps it off 0 and 1.

    Seconds without a frame say nothing, and neither does a timeline of tools that it has not.
    """
    from video_pipeline.output.table_reading import read_timeline

    n_shown = dict.fromkeys(config.tools, 0)
    n_seconds = dict.fromkeys(config.tools, 0)
    for path in paths:
        timeline = read_timeline(path / "timeline.csv" if path.is_dir() else path).timeline
        seen = timeline.n_frames > 0
        for k, tool in enumerate(timeline.tools):
            if tool in n_seconds:
                n_shown[tool] += int(timeline.present[seen, k].sum())
                n_seconds[tool] += int(seen.sum())
    return {tool: (n_shown[tool] + 0.5) / (n + 1) for tool, n in n_seconds.items() if n > 0}


def _warn(calibrated: CalibratedModel, before: ModelConfig) -> None:
    warn_of_problems(calibrated.problems)
    if calibrated.learned_from_these:
        warn(
            "the model was trained on these very images, on which it is surer than on any other: "
            "what was fitted here is wrong for new recordings"
        )
    if before.calibration is not None:
        note("the model's earlier calibration was replaced")
    if before.thresholds is not None or before.smoothing:
        warn(
            "the model's thresholds or smoothing were tuned on its earlier probabilities; tune "
            "them again"
        )


def _print_report(calibrated: CalibratedModel, arguments: argparse.Namespace) -> None:
    fitted = calibrated.fitted
    tools = calibrated.config.tools
    rows = [["tool", "images", "showing it", "ECE before", "ECE after", "method", "prior"]]
    rows += [
        [
            printable(tool),
            str(tool_fit.n_images),
            str(tool_fit.n_shown),
            _figure(tool_fit.ece_before),
            _figure(tool_fit.ece_after),
            fitted.calibration.method_of(k),
            _prior_change(calibrated, k),
        ]
        for k, (tool, tool_fit) in enumerate(zip(tools, fitted.fit.tools, strict=True))
    ]
    fit = fitted.fit
    rows.append(["all", str(fit.n_images), "", _figure(fit.ece_before), _figure(fit.ece_after)])
    rows[-1] += ["", ""]
    for line in align(rows):
        print_result(line)
    print_result()
    print_result(
        f"ECE: expected calibration error; after: cross-validated {fit.folds}, before the prior."
    )
    for tool, tool_fit in zip(tools, fitted.fit.tools, strict=True):
        if tool_fit.note is not None:
            print_result(f"{printable(tool)} is left as it is: {tool_fit.note}")
    print_result(f"model: {arguments.out}")


def _prior_change(calibrated: CalibratedModel, k: int) -> str:
    calibration = calibrated.fitted.calibration
    if calibration.target_priors is None:
        return "-"
    source, target = calibration.source_priors[k], calibration.target_priors[k]
    return "-" if source is None or target is None else f"{source:.3f} to {target:.3f}"


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
