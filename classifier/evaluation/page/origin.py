"""The page's account of where the model and its numbers come from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from classifier.evaluation.definitions import DEFINITIONS
from classifier.evaluation.page.markup import image, short_text, table, text
from classifier.evaluation.record import Evaluation

__all__ = ["definitions_section", "model_section", "skipped_section"]

_MOST_FILES = 50
_MOST_SETTINGS_CHARACTERS = 4000

_SPLITS = {
    "by patient": "by patient: no patient is both in training and in validation",
    "by recording": "by recording: no operation is both in training and in validation",
    "random frames": "random frames: frames of one operation are in both, so the validation "
    "figures are too good",
}


def model_section(evaluation: Evaluation, curves: bytes | None) -> str:
    """What the model was trained on, how its validation images were chosen, how training went."""
    config, training = evaluation.config, evaluation.config.training
    height, width = config.input_size_px
    facts = [
        ("Answers", _HEADS[config.head]),
        ("Looks at", f"{width} x {height} pixels, resized by {config.resize_rule}"),
        ("Field of view", "cut to the endoscope's picture" if config.crops_field_of_view else ""),
        ("Validation images", _split(training)),
        ("Started from", training.get("starting_weights")),
        ("Best epoch", _best(config.metrics)),
        ("Test images in training", _overlap(evaluation)),
        ("Training images' SHA-256", training.get("dataset_sha256")),
        ("Weights' SHA-256", config.weights_sha256),
    ]
    rows = [[name, short_text(value)] for name, value in facts if value not in (None, "")]
    return f"""\
<h2>How the model came to be</h2>
{table(["", ""], rows, kind="facts").replace("<thead><tr>", "<thead hidden><tr>")}
{_counts(training)}{_curves(curves)}{_settings(training)}"""


_HEADS = {
    "sigmoid": "each tool by itself (sigmoid): an image may show any number of tools",
    "softmax": "one class an image (softmax): the classes' probabilities sum to 1",
}


def _split(training: Mapping[str, Any]) -> str:
    split = training.get("validation_split")
    if split is None:
        return "not told by the model's description"
    return _SPLITS.get(str(split), str(split))


def _best(metrics: Mapping[str, Any]) -> str:
    loss, accuracy = metrics.get("validation_loss"), metrics.get("validation_accuracy")
    if not isinstance(loss, float) or not isinstance(accuracy, float):
        return ""
    return f"validation loss {loss:.4f}, accuracy {accuracy:.4f}"


def _overlap(evaluation: Evaluation) -> str:
    if evaluation.n_learned is None:
        return "not checked"
    return f"{evaluation.n_learned} of {len(evaluation.images)}"


def _counts(training: Mapping[str, Any]) -> str:
    train, validation = training.get("n_train"), training.get("n_validation")
    if not isinstance(train, dict) or not isinstance(validation, dict):
        return "<p>The model's description does not tell the numbers of training images.</p>\n"
    rows = [
        [short_text(name), short_text(n), short_text(validation.get(name, "n/a"))]
        for name, n in train.items()
    ]
    return "<h3>Images it learned from</h3>\n" + table(["", "training", "validation"], rows)


def _curves(curves: bytes | None) -> str:
    if curves is None:
        return "<p>No training curves lie beside the model.</p>\n"
    picture = image(curves, kind="png", description="loss and accuracy over the epochs")
    return f"""
<h3>How training went</h3>
<figure>{picture}
<figcaption>Validation loss that rises while training loss falls means that the model learns its
training images by heart.</figcaption></figure>
"""


def _settings(training: Mapping[str, Any]) -> str:
    kept = {name: training[name] for name in ("settings", "versions") if name in training}
    if not kept:
        return ""
    lines = json.dumps(kept, indent=2, ensure_ascii=False)[:_MOST_SETTINGS_CHARACTERS].split("\n")
    shown = "\n".join(text(line) for line in lines)
    return f"<details><summary>Settings and versions</summary><pre>{shown}</pre></details>\n"


def definitions_section(evaluation: Evaluation) -> str:
    """Every definition, and how the intervals were made."""
    resampling = evaluation.resampling
    entries = "".join(
        f"<dt>{text(name)}</dt><dd>{text(words)}.</dd>\n" for name, words in DEFINITIONS.items()
    )
    return f"""\
<h2>Definitions</h2>
<p>The names are those in <code>metrics.json</code>. Intervals here: {resampling.n_replicates}
replicates of {resampling.n_units} {resampling.unit}s, seed {resampling.seed}.</p>
<dl>{entries}</dl>
"""


def skipped_section(evaluation: Evaluation) -> str:
    """Files that could not be used, each with its cause."""
    problems = evaluation.problems
    if not problems:
        return ""
    lines = "".join(
        f"<li>{text(f'{p.path.parent.name}/{p.path.name}')}: {text(p.cause)}</li>\n"
        for p in problems[:_MOST_FILES]
    )
    more = len(problems) - _MOST_FILES
    rest = f"<p>… and {more} more.</p>\n" if more > 0 else ""
    return f"<h2>Files left out</h2>\n<ul>\n{lines}</ul>\n{rest}"
