"""A model folder in, a folder for another runtime out: whole and proved, or not at all.

The exported graph gives logits and the probabilities of the head's link function. A calibration is
not built into it: some kinds (isotonic) are tables, which not every runtime can hold, and a graph
that is sometimes calibrated would be worse than one that never is. It stands in ``classifier.json``
beside the graph, to be applied to the logits.
"""

from __future__ import annotations

import dataclasses
import importlib
import importlib.metadata
import importlib.util
import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from classifier.config import ModelConfig
from classifier.errors import ClassifierError
from classifier.folders import new_folder
from classifier.model.bundle import CONFIG_NAME, ModelFolder
from classifier.model.export.onnx_graph import write_onnx
from classifier.model.export.parity import Exported, Parity, measure_parity
from classifier.model.layout import weight_shapes
from classifier.model.self_test import check_self_test
from classifier.model.weights import read_arrays

__all__ = ["RUNTIMES", "ExportReport", "Runtime", "export_model", "require_exporter"]

Runtime = Literal["onnx", "saved_model"]
RUNTIMES: tuple[Runtime, ...] = get_args(Runtime)

PARITY_NAME = "parity.json"
_PLACES: dict[Runtime, str] = {"onnx": "model.onnx", "saved_model": "saved_model"}
_PACKAGES: dict[Runtime, tuple[str, ...]] = {
    "onnx": ("onnx", "onnxruntime"),
    "saved_model": ("tensorflow",),
}
_INSTALL = "pip install 'surgical-video[onnx]'"


@dataclass(frozen=True)
class ExportReport:
    """What was written, and how well it agrees with the network."""

    place: Path
    """The ONNX file, or the folder of the SavedModel."""
    parity: Parity
    calibrated: bool = False
    """Whether its probabilities are those after calibration; they never are yet."""


def require_exporter(out: Path, runtime: Runtime) -> None:
    """Refuse, before anything is loaded, an export whose packages are not installed.

    Raises:
        ClassifierError: one is missing.
    """
    for package in _PACKAGES[runtime]:
        if importlib.util.find_spec(package) is None:
            raise ClassifierError(
                out, f"cannot be written: the package {package} is not installed", hint=_INSTALL
            )


def export_model(folder: ModelFolder, out: Path, runtime: Runtime) -> ExportReport:
    """Write the network of ``folder`` into the new folder ``out``, with its description and parity.

    Raises:
        ModelFolderError: the network fails its own self-test.
        ClassifierError: a package is missing, ``out`` cannot be written, or the exported model
            answers otherwise than the network; nothing is left then.
    """
    require_exporter(out, runtime)
    from classifier.model.plain_network import plain_answer, plain_network

    config, network = folder.config, plain_network(folder)
    answer = plain_answer(network)
    check_self_test(folder.path, config, answer)
    with new_folder(out) as beside:
        place = beside / _PLACES[runtime]
        described = _describe(folder, runtime)
        if runtime == "onnx":
            weights = read_arrays(folder.weights_path, weight_shapes(config))
            write_onnx(place, config, weights, notes=_notes(folder, described))
            exported = _opened_onnx(place)
        else:
            from classifier.model.export.saved_model import opened_saved_model, write_saved_model

            write_saved_model(place, config, network)
            exported = opened_saved_model(place)
        parity = measure_parity(config, answer, exported)
        _require_parity(out, parity)
        _write_json(beside / CONFIG_NAME, described)
        _write_json(beside / PARITY_NAME, _as_json(folder, parity, runtime))
    return ExportReport(out / _PLACES[runtime], parity)


def _require_parity(out: Path, parity: Parity) -> None:
    if not parity.holds:
        raise ClassifierError(
            out,
            f"is not written: the exported model's probabilities are off by up to "
            f"{parity.max_probability_difference:.2g}, more than {parity.tolerance:g}",
            hint="this is an error of the program or of the runtime: please report it",
        )


def _opened_onnx(place: Path) -> Exported:
    onnxruntime: Any = importlib.import_module("onnxruntime")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(place), options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]

    def answer(images: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
        return dict(zip(names, session.run(names, {"images": images}), strict=True))

    return answer


def _describe(folder: ModelFolder, runtime: Runtime) -> dict[str, Any]:
    """The model's own description, and what a caller of the exported graph has to know."""
    config = folder.config
    content: dict[str, Any] = json.loads(config.to_json())
    content["export"] = {
        "runtime": runtime,
        "model": _PLACES[runtime],
        "model_sha256": folder.digest,
        "input": {
            "images": f"(n, {config.input_size_px[0]}, {config.input_size_px[1]}, 3) uint8 RGB; "
            "n is free",
            "resized_by": config.resize_rule,
            "cut_to_the_field_of_view_before": config.crops_field_of_view,
            "preprocessing": "inside the graph",
        },
        "outputs": _outputs(config),
        "calibrated": False,
    }
    return content


def _outputs(config: ModelConfig) -> dict[str, str]:
    after = "; background classes after the tools" if config.n_outputs > len(config.tools) else ""
    return {
        "probabilities": f"(n, {len(config.tools)}) float32, the tools in order, not calibrated",
        "logits": f"(n, {config.n_outputs}) float32{after}; what `calibration` is applied to",
        "features": "(n, 2048) float32",
    }


def _notes(folder: ModelFolder, described: Mapping[str, Any]) -> dict[str, str]:
    config = folder.config
    notes: dict[str, Any] = {
        "tools": list(config.tools),
        "head": config.head,
        "resize_rule": config.resize_rule,
        "crops_field_of_view": config.crops_field_of_view,
        "model_sha256": folder.digest,
        "calibrated": described["export"]["calibrated"],
    }
    return {name: json.dumps(value, ensure_ascii=False) for name, value in notes.items()}


def _as_json(folder: ModelFolder, parity: Parity, runtime: Runtime) -> dict[str, Any]:
    packages = sorted({"keras", "numpy", "tensorflow", *_PACKAGES[runtime]})
    return {
        **dataclasses.asdict(parity),
        "holds": parity.holds,
        "compared": "the exported model against the network in float32 on the CPU",
        "runtime": runtime,
        "model_sha256": folder.digest,
        "versions": {
            "python": platform.python_version(),
            **{name: importlib.metadata.version(name) for name in packages},
        },
    }


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    path.write_text(text, encoding="utf-8", newline="\n")
