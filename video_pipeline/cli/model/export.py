"""``surgical-video model export``: a model folder in, the same network for another runtime out."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from video_pipeline.cli.console import note, print_result, printable

if TYPE_CHECKING:
    from classifier.model.bundle import ModelFolder
    from classifier.model.export.exporting import ExportReport

__all__ = ["add_parser"]

_EXAMPLES = """\
examples:
  surgical-video model export model --format onnx --out exported
  surgical-video model export model --format saved_model --out exported

The exported graph takes `images`, (n, height, width, 3) uint8 RGB with any n, and gives
`probabilities` of the tools in order, `logits`, and `features`. classifier.json beside it says
which tools, and how images must be resized before; parity.json how well it agrees with the
network. Nothing is left where a probability differs by more than 0.001.
"""


def add_parser(commands: Any) -> None:
    """Describe the command's arguments."""
    parser = commands.add_parser(
        "export",
        help="write a model for ONNX or TensorFlow runtimes",
        description="Write a model for another runtime, and prove that it answers the same.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run, after_interruption="nothing was written")
    parser.add_argument("model", type=Path, metavar="MODEL")
    parser.add_argument("--format", choices=("onnx", "saved_model"), required=True)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--overwrite", action="store_true", help="replace the folder DIR")


def run(arguments: argparse.Namespace) -> int:
    """Export, compare, and say what was written."""
    from classifier.folders import require_free
    from classifier.model.bundle import read_model_folder
    from classifier.model.export.exporting import export_model, require_exporter

    # What can be refused is refused before TensorFlow is loaded.
    folder = read_model_folder(arguments.model)
    require_exporter(arguments.out, arguments.format)
    require_free(arguments.out, overwrite=arguments.overwrite)
    note("exporting and comparing ...")
    report = export_model(folder, arguments.out, arguments.format)
    _print_report(report, folder, arguments.out)
    return 0


def _print_report(report: ExportReport, folder: ModelFolder, out: Path) -> None:
    parity = report.parity
    print_result(f"model: {printable(str(report.place))}")
    print_result(
        f"parity: probabilities within {parity.max_probability_difference:.1g} of the network's "
        f"over {parity.n_images} images (at most {parity.tolerance:g} is allowed)"
    )
    if folder.config.calibration is not None:
        print_result(
            "calibration: not in the graph; apply `calibration` of classifier.json to `logits`"
        )
    print_result(f"description: {printable(str(out / 'classifier.json'))}")
