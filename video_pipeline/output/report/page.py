"""One recording as one HTML page: only its video is fetched; the same bytes each time."""

from __future__ import annotations

import base64
import hashlib
from os import PathLike
from typing import Any

from video_pipeline.output.files import write_text
from video_pipeline.output.pictures.palette import TICK_STEPS_S
from video_pipeline.output.report.colours import TOOL_COLOURS
from video_pipeline.output.report.definitions import STATUSES
from video_pipeline.output.report.markup import (
    attribute,
    clock,
    json_in_script,
    one_line,
    plain_number,
    text,
)
from video_pipeline.output.report.plot import plot_section
from video_pipeline.output.report.probability_bytes import hundredths, packed
from video_pipeline.output.report.provenance import provenance_section
from video_pipeline.output.report.record import RecordingReport
from video_pipeline.output.report.script import SCRIPT
from video_pipeline.output.report.style import STYLE
from video_pipeline.output.report.tables import (
    doubt_section,
    phases_section,
    segments_section,
    statistics_section,
)

__all__ = ["build_page", "write_report"]


def write_report(path: str | PathLike[str], report: RecordingReport) -> None:
    """Write the page of a recording, whole or not at all; raises ``OutputError``."""
    write_text(path, build_page(report))


def build_page(report: RecordingReport) -> str:
    """Lay out the page."""
    title = text(report.video_id)
    return f"""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_policy(report)}">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · timeline</title>
<style>{STYLE}</style>
</head>
<body>
{_header(report)}<div class="page{"" if report.videos else " alone"}" id="page">
{_player(report)}<main>
{plot_section(report)}{phases_section(report)}{statistics_section(report)}\
{segments_section(report)}{doubt_section(report)}{provenance_section(report)}</main>
</div>
<footer>Written by surgical-video report. This page asks no server for anything.</footer>
<script type="application/json" id="data">{json_in_script(_data(report))}</script>
<script>{SCRIPT}</script>
</body>
</html>
"""


def _policy(report: RecordingReport) -> str:
    """What the page may do: its own style and script by their hashes, pictures within it, a video.

    Whatever slipped through the escaping could still load nothing and run nothing.
    """
    media = "; media-src 'self' file:" if report.videos else ""
    return (
        f"default-src 'none'; script-src '{_hash(SCRIPT)}'; style-src '{_hash(STYLE)}'; "
        f"img-src data:{media}; base-uri 'none'; form-action 'none'"
    )


def _hash(content: str) -> str:
    """As a policy names what it allows (Content Security Policy Level 3, 6.7.3)."""
    return f"sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}"


def _header(report: RecordingReport) -> str:
    facts = [f"<span><b>{clock(report.n_seconds)}</b>{_exactly(report)}</span>"]
    if report.timeline is not None:
        n_seen = int(report.timeline.present.any(axis=0).sum())
        facts.append(f"<span>{n_seen} of {len(report.tools)} tools seen</span>")
    n_doubtful = int(report.is_doubtful().sum())
    if n_doubtful > 0:
        facts.append(f"<span>{n_doubtful} of {report.n_seconds} seconds doubtful</span>")
    facts.append(f"<span>{_status(report)}</span>")
    return (
        f"<header>\n<h1>{text(report.video_id)}</h1>\n<p>{''.join(facts)}</p>\n"
        f"{_warnings(report)}</header>\n"
    )


def _exactly(report: RecordingReport) -> str:
    duration_s = None if report.run is None else report.run.duration_s
    return "" if duration_s is None else f" ({plain_number(duration_s)} s)"


def _status(report: RecordingReport) -> str:
    if report.run is None:
        return "origin not recorded"
    if report.run.status is None:
        return "status not recorded"
    meaning = STATUSES.get(report.run.status)
    return f"<b>{text(report.run.status)}</b>{'' if meaning is None else f': {meaning}'}"


def _warnings(report: RecordingReport) -> str:
    if report.run is None or not report.run.warnings:
        return ""
    lines = "".join(f"<li>{text(warning)}</li>\n" for warning in report.run.warnings)
    return f'<div class="care" role="note"><b>While reading</b><ul>\n{lines}</ul></div>\n'


def _player(report: RecordingReport) -> str:
    """The video, and below it room for what the script says of the second at hand."""
    kind = 'class="has-video"' if report.videos else "hidden"
    return (
        f'<aside id="player" aria-label="The second at hand" {kind}><div class="player">\n'
        f"{_video(report)}"
        '<div class="readout" id="readout"></div></div></aside>\n'
    )


def _video(report: RecordingReport) -> str:
    if not report.videos:
        return ""
    first, n = report.videos[0], len(report.videos)
    # The script says which file it is; without it, the first one is all there is.
    part = f'<p class="told" id="part">file 1 of {n}: {text(first.name)}</p>\n' if n > 1 else ""
    return (
        f'<video id="video" controls preload="metadata" src="{attribute(first.url)}" '
        f'aria-label="Video of {text(report.video_id)}"></video>\n{part}'
        f'<p class="told" id="unplayable" hidden>This browser cannot play '
        f"<span>{text(first.name)}</span>: it was moved, or is of a kind that browsers do not "
        f"know. The plot and the tables work without it.</p>\n"
    )


def _data(report: RecordingReport) -> dict[str, Any]:
    """What the script knows; names are as the page shows them."""
    timeline = report.timeline
    row_of = {tool: k for k, tool in enumerate(report.tools)}
    names = () if report.phases is None else report.phases.phases
    return {
        "seconds": report.n_seconds,
        "tools": [one_line(tool) for tool in report.tools],
        "colours": len(TOOL_COLOURS),
        "uses": [[row_of[s.tool], round(s.start_s, 3), round(s.end_s, 3)] for s in report.segments],
        "phases": [[s.start, s.stop, one_line(names[s.phase])] for s in report.phase_stretches()],
        "doubts": [
            [start, stop, one_line(reason)]
            for reason, stretches in report.doubtful().items()
            for start, stop in stretches
        ],
        "probabilities": (
            packed(hundredths(timeline.probabilities))
            if timeline is not None and report.has_probabilities
            else ""
        ),
        "files": [[video.url, one_line(video.name), video.start_s] for video in report.videos],
        "steps": TICK_STEPS_S,
    }
