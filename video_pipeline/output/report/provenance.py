"""Where the numbers come from: the input, the model, every parameter, how decoding went."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from video_pipeline.output.report.definitions import DECODING, HEADS
from video_pipeline.output.report.markup import MISSING, one_line, text
from video_pipeline.output.report.record import RecordingReport

__all__ = ["provenance_section"]

_MOST_ROWS = 200
_MOST_ITEMS = 8
_NESTING = 4

_UNITS = {"bytes": "bytes", "px": "px", "s": "s", "hz": "Hz"}
"""By the last word of a name."""
_LABELS = {
    "sha256": "SHA-256",
    "frame_rate_from_header": "frame rate by its header",
    "declared_duration_s": "duration by its header",
    "n_seconds": "rows of the timeline",
    "n_shown": "frames shown",
    "n_sampled": "frames sampled",
    "n_decoded": "frames decoded",
    "n_corrupt": "frames damaged",
    "n_lost": "frames lost",
    "n_lost_at_ends": "of them at the ends",
    "is_complete": "read to its end",
}


def provenance_section(report: RecordingReport) -> str:
    """Tables of what ``run.json`` says; a sentence where there is none."""
    run = report.run
    if run is None:
        content = (
            "<p>There is no <code>run.json</code> that can be read beside this timeline, as with "
            "labels that were imported: what it was made from is not known here.</p>\n"
        )
    else:
        head = run.model.get("head")
        model = {"head": HEADS[head]} if isinstance(head, str) and head in HEADS else {}
        names = [video.name for video in report.videos]
        shown = {"file": names[0]} if len(names) == 1 else {"names": names} if names else {}
        files = {"files": run.n_files} if run.n_files > 1 else {}
        content = "".join(
            (
                _facts("Recording", {**shown, **files, **run.input}),
                _facts("Model", run.model, model),
                _facts("Parameters", run.parameters),
                _facts("Decoding", run.decoding, DECODING),
                _facts("Versions", run.versions),
            )
        )
    return (
        '<section aria-labelledby="provenance-title">\n'
        f'<h2 id="provenance-title">Provenance</h2>\n<div class="facts">{content}</div>'
        "</section>\n"
    )


def _facts(title: str, facts: Mapping[str, Any], meaning: Mapping[str, str] | None = None) -> str:
    """A table of names and values, with what a name means small below its value."""
    said = meaning if meaning is not None else {}
    lines = [
        f'<tr><th scope="row">{text(_label(name))}</th><td>{_shown(name, value)}'
        f"{_small(said.get(name))}</td></tr>\n"
        for name, value in list(_flat(facts))[:_MOST_ROWS]
    ]
    body = "".join(lines) or f'<tr><th scope="row">all</th><td>{MISSING} not recorded</td></tr>\n'
    return f"<table>\n<caption>{title}</caption>\n<tbody>\n{body}</tbody></table>\n"


def _flat(facts: Mapping[str, Any], depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Objects inside of objects as names with a dot between."""
    for name, value in facts.items():
        if isinstance(value, dict) and value and depth < _NESTING:
            yield from ((f"{name}.{inner}", of) for inner, of in _flat(value, depth + 1))
        else:
            yield name, value


def _label(name: str) -> str:
    if name in _LABELS:
        return _LABELS[name]
    words = one_line(name).split("_")
    return " ".join(words[:-1] if len(words) > 1 and words[-1] in _UNITS else words)


def _shown(name: str, value: Any) -> str:
    if value is None:
        return MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return _listed(value)
    if isinstance(value, str) and "sha256" in name:
        return f"<code>{text(value)}</code>"
    if isinstance(value, int):
        return f"{value:,}".replace(",", "\N{NARROW NO-BREAK SPACE}") + _unit(name)
    if isinstance(value, dict):
        return text(json.dumps(value, ensure_ascii=False))
    return text(value) + _unit(name)


def _unit(name: str) -> str:
    unit = _UNITS.get(name.rpartition("_")[2])
    return "" if unit is None else f" {unit}"


def _listed(values: Sequence[Any]) -> str:
    """The first few of a list; ``none`` where it is empty."""
    if not values:
        return "none"
    shown = ", ".join(
        "–".join(map(str, value)) if isinstance(value, list) else str(value)
        for value in values[:_MOST_ITEMS]
    )
    more = len(values) - _MOST_ITEMS
    return text(shown) + (f" and {more} more" if more > 0 else "")


def _small(meaning: str | None) -> str:
    return "" if meaning is None else f"<small>{text(meaning)}</small>"
