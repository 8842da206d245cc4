"""The page's numbers: headline figures, the table of tools, the confusion matrix."""

from __future__ import annotations

from collections.abc import Sequence

from classifier.evaluation.definitions import DEFINITIONS
from classifier.evaluation.page.markup import (
    NOT_AVAILABLE,
    figure_and_interval,
    number,
    table,
    text,
)
from classifier.evaluation.record import Evaluation, Interval, ToolScores

__all__ = ["confusion_section", "headline_section", "tools_section"]

_TITLES = {
    "mean_average_precision": "Mean average precision",
    "mean_average_precision_per_recording": "Mean AP per recording",
    "macro_f1": "F1, mean over tools",
    "micro_f1": "F1, all answers together",
    "accuracy": "Accuracy",
    "expected_calibration_error": "Calibration error (ECE)",
    "brier_score": "Brier score",
}

_MEANINGS = {
    "mean_average_precision": "How well the probabilities rank images with a tool above images "
    "without it, whatever the threshold: 1 is perfect. All images pooled, mean over the tools that "
    "occur.",
    "mean_average_precision_per_recording": "The same within each recording that shows the tool, "
    "then averaged over recordings and tools (video-wise): what to expect of one operation.",
    "macro_f1": "Balance of finding every tool and raising no false alarm at the thresholds; each "
    "tool counts the same.",
    "micro_f1": "The same over all image-tool pairs: frequent tools count more.",
    "expected_calibration_error": "How far a stated probability lies from how often it comes true, "
    "on average: 0 is best.",
    "brier_score": "Mean squared difference of probability and truth: 0 is best.",
}

_ACCURACY = {
    "sigmoid": "Share of images whose whole set of tools is right.",
    "softmax": "Share of images whose most probable class is the true one, among images that show "
    "at most one tool.",
}

_COLUMNS = (
    ("Recall", "recall"),
    ("Precision", "precision"),
    ("F1", "f1"),
    ("Average precision", "average_precision"),
)
_MORE_COLUMNS = (
    ("AP per recording", "average_precision_per_recording"),
    ("ECE", "expected_calibration_error"),
    ("Brier", "brier_score"),
)


def headline_section(evaluation: Evaluation) -> str:
    """The figures of all tools, each with its interval and what it means."""
    meanings = _MEANINGS | {"accuracy": _ACCURACY[evaluation.config.head]}
    if evaluation.images.videos is None:
        meanings["mean_average_precision_per_recording"] = (
            "Needs to know which recording each image is from."
        )
    cards = [_card(evaluation, name, meanings[name]) for name in _TITLES]
    resampling = evaluation.resampling
    return f"""\
<h2>All tools together</h2>
<p>Below each number its 95 % confidence interval: how far the chance of which images were tested
could have moved it, estimated by drawing the {resampling.n_units} {resampling.unit}s anew
{resampling.n_replicates} times.</p>
<div class="cards">
{"".join(cards)}</div>
"""


def _card(evaluation: Evaluation, name: str, meaning: str) -> str:
    value, interval = getattr(evaluation, name), evaluation.intervals[name]
    return (
        f'<div class="card"><div class="name">{_TITLES[name]}</div>'
        f'<div class="value">{number(value)}</div>'
        f"<small>{_interval(interval)}</small><small>{text(meaning)}</small></div>\n"
    )


def _interval(interval: Interval) -> str:
    if interval.low is None or interval.high is None:
        return "no interval"
    return f"95 % interval {interval.low:.3f} to {interval.high:.3f}"


def tools_section(evaluation: Evaluation) -> str:
    """One row a tool: counts in words, figures, and the interval of its average precision drawn."""
    more = [
        column
        for column in _MORE_COLUMNS
        if column[1] != "average_precision_per_recording" or evaluation.images.videos is not None
    ]
    header = ["Tool", "Found", "False alarms", *(title for title, _ in _COLUMNS)]
    header += ["0 … AP … 1", *(title for title, _ in more)]
    rows = [_tool_row(scores, more) for scores in evaluation.tools]
    meanings = "".join(
        f"<dt>{title}</dt><dd>{text(DEFINITIONS[name])}.</dd>" for title, name in (*_COLUMNS, *more)
    )
    return f"""\
<h2>Tool by tool</h2>
<p>Found: images in which the tool was recognised, of those that show it. False alarms: images in
which it was reported, of those that do not show it. Below each figure its 95 % interval; n/a:
undefined.
{_thresholds(evaluation)}</p>
{table(header, rows)}
<dl>{meanings}</dl>
"""


def _thresholds(evaluation: Evaluation) -> str:
    """From which probabilities on the tools count as reported."""
    values = {t.threshold for t in evaluation.tools}
    if len(values) == 1:
        return f"A tool counts as reported from a probability of {values.pop():g}."
    listed = ", ".join(f"{text(t.tool)} {t.threshold:g}" for t in evaluation.tools)
    return f"A tool counts as reported from its threshold: {listed}."


def _tool_row(scores: ToolScores, more: Sequence[tuple[str, str]]) -> list[str]:
    interval = scores.intervals["average_precision"]
    return [
        text(scores.tool),
        _of(scores.true_positives, scores.n_images) + _in_recordings(scores),
        _of(scores.false_positives, scores.false_positives + scores.true_negatives),
        *(
            figure_and_interval(getattr(scores, name), scores.intervals[name])
            for _, name in _COLUMNS
        ),
        _span(scores.average_precision, interval),
        *(figure_and_interval(getattr(scores, name), scores.intervals[name]) for _, name in more),
    ]


def _of(part: int, whole: int) -> str:
    return f'<span class="whole">{part} of {whole}</span>'


def _in_recordings(scores: ToolScores) -> str:
    if scores.n_recordings is None:
        return ""
    return f"<br><small>{scores.n_recordings} recording{'s' * (scores.n_recordings != 1)}</small>"


def _span(value: float | None, interval: Interval) -> str:
    """A figure in 0..1 as a dot, its interval as a line."""
    if value is None:
        return NOT_AVAILABLE
    low, high = ((value if end is None else end) for end in (interval.low, interval.high))
    x, x_low, x_high = (5 + 110 * end for end in (value, low, high))
    return (
        '<svg class="span" viewBox="0 0 120 18" aria-hidden="true">'
        '<path class="axis" d="M5 9H115M5 5V13M60 7V11M115 5V13"/>'
        f'<path class="whisker" stroke-width="3" d="M{x_low:.1f} 9H{x_high:.1f}"/>'
        f'<circle class="dot" cx="{x:.1f}" cy="9" r="4.5"/></svg>'
    )


def confusion_section(evaluation: Evaluation) -> str:
    """Which single tool was taken for which other."""
    counts = evaluation.confusion
    if counts.sum() == 0:
        return (
            "<h2>Taken for one another</h2>\n<p>Nothing to count: every image shows several tools, "
            "or not all of its tools are known.</p>\n"
        )
    totals = counts.sum(axis=1)
    header = ["true \\ predicted", *map(text, evaluation.classes)]
    body = []
    for i, name in enumerate(evaluation.classes):
        cells = [
            _confusion_cell(int(count), of=int(totals[i]), right=i == k)
            for k, count in enumerate(counts[i])
        ]
        body.append(f'<tr><th scope="row">{text(name)}</th>{"".join(cells)}</tr>\n')
    head = "".join(f'<th scope="col">{cell}</th>' for cell in header)
    return f"""\
<h2>Taken for one another</h2>
<p>{counts.sum()} of {len(evaluation.images)} images: {text(DEFINITIONS["confusion"])}. Shade: share
of the row.</p>
<div class="wide"><table class="confusion">
<thead><tr>{head}</tr></thead>
<tbody>
{"".join(body)}</tbody></table></div>
"""


def _confusion_cell(count: int, *, of: int, right: bool) -> str:
    """A count on a shade of its share; of the wrong answers, those that occurred."""
    share = count / of if of > 0 else 0.0
    marked = ' class="right"' if right else ""
    shown = str(count) if count > 0 or right else ""
    return f'<td{marked} style="background: rgba(var(--shade), {0.55 * share:.2f})">{shown}</td>'
