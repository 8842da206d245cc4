"""One judgement as one HTML page: no script, nothing fetched, the same bytes each time."""

from __future__ import annotations

from dataclasses import dataclass

from classifier.evaluation.cautions import cautions
from classifier.evaluation.page.drawings import (
    curves_section,
    mistakes_section,
    reliability_section,
)
from classifier.evaluation.page.markup import text
from classifier.evaluation.page.numbers import confusion_section, headline_section, tools_section
from classifier.evaluation.page.origin import (
    definitions_section,
    model_section,
    skipped_section,
)
from classifier.evaluation.page.style import STYLE
from classifier.evaluation.record import Evaluation

__all__ = ["Drawings", "build_page"]

# Whatever slipped through the escaping could still load nothing and run nothing.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


@dataclass(frozen=True)
class Drawings:
    """PNG files that the page shows."""

    precision_recall: bytes
    reliability: bytes
    training: bytes | None
    """Loss and accuracy over the epochs; None where the model folder has no such drawing."""


def build_page(
    evaluation: Evaluation, drawings: Drawings, *, model_name: str | None, pictures: bool
) -> str:
    """Lay out the page; with ``pictures``, small pictures of test images are read and lie in it."""
    sections = [
        _title(evaluation, model_name),
        _cautions(evaluation),
        headline_section(evaluation),
        tools_section(evaluation),
        confusion_section(evaluation),
        curves_section(drawings.precision_recall),
        reliability_section(drawings.reliability),
        mistakes_section(evaluation, pictures=pictures),
        model_section(evaluation, drawings.training),
        skipped_section(evaluation),
        definitions_section(evaluation),
    ]
    return f"""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Evaluation of {text(model_name or "a model")}</title>
<style>
{STYLE}</style>
</head>
<body>
{"".join(sections)}</body>
</html>
"""


def _title(evaluation: Evaluation, model_name: str | None) -> str:
    images = evaluation.images
    source = "/".join(images.source.absolute().parts[-2:])
    n_recordings = len(evaluation.recordings)
    origin = f"from {n_recordings} recordings" if n_recordings > 0 else "from unknown recordings"
    model = f"Model <strong>{text(model_name)}</strong>" if model_name is not None else "A model"
    return f"""\
<h1>How well are the tools recognised?</h1>
<p>{model}, judged on <strong>{text(source)}</strong>: {len(images)} images {origin},
{len(evaluation.tools)} tools.</p>
"""


def _cautions(evaluation: Evaluation) -> str:
    lines = "".join(f"<li>{text(sentence)}</li>\n" for sentence in cautions(evaluation))
    if not lines:
        return ""
    return f'<div class="care"><strong>Before you rely on this</strong><ul>\n{lines}</ul></div>\n'
