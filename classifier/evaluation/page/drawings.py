"""The page's drawings and pictures: curves, reliability, and the worst mistakes."""

from __future__ import annotations

from classifier.evaluation.definitions import DEFINITIONS
from classifier.evaluation.mistakes import Mistake, thumbnail, worst_mistakes
from classifier.evaluation.page.markup import image, text
from classifier.evaluation.record import Evaluation

__all__ = ["curves_section", "mistakes_section", "reliability_section"]


def curves_section(drawing: bytes) -> str:
    """Precision against recall, a line a tool."""
    picture = image(drawing, kind="png", description="precision-recall curve of each tool")
    return f"""\
<h2>Precision and recall at every threshold</h2>
<figure class="narrow">{picture}
<figcaption>Each point of a line is one threshold. A line along the top means that the tool can be
found without false alarms; where it falls, finding more costs false alarms. AP: average precision,
all images pooled.</figcaption></figure>
"""


def reliability_section(drawing: bytes) -> str:
    """Whether probabilities mean what they say, tool by tool."""
    picture = image(drawing, kind="png", description="reliability diagram of each tool")
    return f"""\
<h2>Do the probabilities mean what they say?</h2>
<figure>{picture}
<figcaption>Of the images that were given a probability of 0.8, eight in ten should show the tool:
then the points lie on the dotted line. Below it the tool is there less often than the model says,
above it more often. Grey bars: images in each bin, on a logarithmic scale; points of few images say
little. Calibration error (ECE): {text(DEFINITIONS["expected_calibration_error"])}.
</figcaption></figure>
"""


def mistakes_section(evaluation: Evaluation, *, pictures: bool) -> str:
    """The surest mistakes of each tool, as pictures or as a list of file names."""
    mistakes = worst_mistakes(evaluation)
    if not mistakes:
        return "<h2>The worst mistakes</h2>\n<p>None: every answer is right.</p>\n"
    warning = (
        "<p><strong>This page holds pictures of the test images.</strong> Treat it as patient "
        "data; <code>evaluate --no-pictures</code> writes it without them.</p>"
        if pictures
        else "<p>The pictures were left out (<code>--no-pictures</code>).</p>"
    )
    parts = []
    for tool in dict.fromkeys(m.tool for m in mistakes):
        parts.append(f'<h3>{text(tool)}</h3>\n<div class="sides">\n')
        for kind, title in (("false alarm", "Reported, but not there"), ("miss", "Missed")):
            chosen = [m for m in mistakes if m.tool == tool and m.kind == kind]
            shown = "".join(_shown(evaluation, m, pictures=pictures) for m in chosen)
            content = f'<div class="pictures">{shown}</div>' if chosen else "<small>none</small>"
            parts.append(f"<div><p>{title}</p>\n{content}</div>\n")
        parts.append("</div>\n")
    return f"""\
<h2>The worst mistakes</h2>
<p>At most four a tool of each kind, the surest first, with the probability that the model gave.
Look whether the label is right: the surest mistakes are often wrong labels.</p>
{warning}
{"".join(parts)}"""


def _shown(evaluation: Evaluation, mistake: Mistake, *, pictures: bool) -> str:
    name = evaluation.name_of(mistake.row)
    content = thumbnail(evaluation.images, mistake.row) if pictures else None
    picture = ""
    if content is not None:
        picture = image(content, kind="jpeg", description=f"{mistake.kind}: {mistake.tool}")
    elif pictures:
        picture = '<span class="faint">(the image can no longer be read)</span><br>'
    return (
        f"<figure>{picture}<figcaption><strong>{mistake.probability:.3f}</strong> "
        f"{text(name)}</figcaption></figure>\n"
    )
