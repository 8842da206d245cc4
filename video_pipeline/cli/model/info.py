"""``surgical-video model info``: a model folder in, what is known of it out."""

from __future__ import annotations

import argparse
import json
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from video_pipeline.cli.console import print_result, printable
from video_pipeline.cli.table import align

if TYPE_CHECKING:
    from classifier.model.card import Card
    from classifier.model.self_test import SelfTestResult

__all__ = ["add_parser"]

_EXAMPLES = """\
examples:
  surgical-video model info samples/model
  surgical-video model info model --self-test
  surgical-video model info model --json

The folder is checked, and its weights are read, but no network is built: --self-test does that.
Exit status: 0 a model that can be used; 1 it cannot; 2 wrong call.
"""

_NOT_RECORDED = "not recorded"
_LABEL_WIDTH = 18
_LINE_WIDTH = 100
_TITLES = {
    "sha256": "digest",
    "weights_sha256": "weights' digest",
    "weights_bytes": "weights' size",
    "n_features": "features",
    "input_size_px": "size",
    "resize_rule": "resized by",
    "crops_field_of_view": "field of view",
    "starting_weights": "started from",
    "dataset_sha256": "dataset's digest",
    "validation_split": "validation split",
}


def add_parser(commands: Any) -> None:
    """Describe the command's arguments."""
    parser = commands.add_parser(
        "info",
        help="say what a model is, what it learned from and how good it was",
        description="Print what a model folder says of itself, after checking that it can be used.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run, after_interruption="nothing was written")
    parser.add_argument("model", type=Path, metavar="MODEL")
    parser.add_argument(
        "--self-test",
        action="store_true",
        help="build the network and hold its answers against those stored with it (seconds)",
    )
    parser.add_argument("--json", action="store_true", help="print everything as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Check, ask if wanted, print."""
    from classifier.model.bundle import read_model_folder
    from classifier.model.card import model_card

    folder = read_model_folder(arguments.model)
    card = model_card(folder)
    result = None
    if arguments.self_test:
        from classifier.model.describing import run_self_test

        result = run_self_test(folder)
    if arguments.json:
        content: dict[str, Any] = card | {"self_test": card["self_test"] | _as_json(result)}
        print_result(json.dumps(content, indent=2, ensure_ascii=False))
        return 0
    _print_card(arguments.model, card)
    _print_group("self-test", {"": _in_sentence(card, result)})
    return 0


def _as_json(result: SelfTestResult | None) -> dict[str, Any]:
    if result is None:
        return {"was_run": False}
    return {
        "was_run": True,
        "probability_difference": result.probability_difference,
        "logit_difference": result.logit_difference,
    }


def _in_sentence(card: Card, result: SelfTestResult | None) -> str:
    n_images = card["self_test"]["n_images"]
    if result is None:
        if n_images is None:
            return f"{_NOT_RECORDED}: the folder is older than self-tests"
        return f"{n_images} pictures ({card['self_test']['images']}); --self-test runs it"
    if result.probability_difference is None:
        return f"{_NOT_RECORDED}: the answers are finite and differ, but cannot be compared"
    return (
        f"passed: probabilities of {n_images} pictures are within "
        f"{result.probability_difference:.1g} of those stored"
    )


def _print_card(path: Path, card: Card) -> None:
    print_result(printable(str(path)))
    print_result()
    _print_tools(card["answers"])
    _print_group("images", _of_images(card["images"]))
    _print_group("training", card["training"])
    _print_group("quality", card["quality"] or {"": _NOT_RECORDED})
    _print_group("model", card["model"] | {"weights_bytes": _in_mb(card["model"]["weights_bytes"])})
    _print_group("versions", card["versions"] or {"": _NOT_RECORDED})


def _print_tools(answers: Mapping[str, Any]) -> None:
    rows = [["tool", "threshold", "calibration", "trained on", "validated on"]]
    rows += [
        [
            printable(entry["tool"]),
            f"{entry['threshold']:g}",
            entry["calibration"] or "none",
            *(_in_words(entry[name]) for name in ("n_train", "n_validation")),
        ]
        for entry in answers["tools"]
    ]
    for line in align(rows):
        print_result(f"  {line}")
    heads = {
        "sigmoid": "sigmoid: each tool by itself, any number of them in a frame",
        "softmax": "softmax: tools compete, and share a frame's probability",
    }
    _print_group(
        "answers",
        {
            "head": heads[answers["head"]],
            "background": answers["background"] or "none",
            "calibration": answers["calibration"] or "none: 0.7 does not mean 70 %",
            "smoothing": answers["smoothing"] or "the pipeline's defaults",
        },
    )


def _of_images(images: Mapping[str, Any]) -> dict[str, Any]:
    height, width = images["input_size_px"]
    return {
        "input_size_px": f"{height} x {width} px",
        "resize_rule": images["resize_rule"],
        "crops_field_of_view": "cut to it before"
        if images["crops_field_of_view"]
        else "left whole",
    }


def _print_group(title: str, values: Mapping[str, Any]) -> None:
    print_result()
    print_result(title)
    labels = {name: printable(_TITLES.get(name, name.replace("_", " "))) for name in values}
    width = max([_LABEL_WIDTH, *(len(label) + 2 for label in labels.values())])
    for name, value in values.items():
        start = f"  {labels[name]:<{width}}" if name else "  "
        lines = textwrap.wrap(
            printable(_in_words(value)), _LINE_WIDTH - len(start), break_on_hyphens=False
        )
        for k, line in enumerate(lines or [""]):
            print_result((start if k == 0 else " " * len(start)) + line)


def _in_words(value: Any) -> str:
    if value is None:
        return _NOT_RECORDED
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{name} {_in_words(inner)}" for name, inner in value.items())
    if isinstance(value, list):
        return ", ".join(_in_words(inner) for inner in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _in_mb(n_bytes: int) -> str:
    return f"{n_bytes / 1e6:.1f} MB"
