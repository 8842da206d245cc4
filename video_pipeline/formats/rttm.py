r"""RTTM: who spoke when, here which tool was in use when. A line a use, to the millisecond.

    SPEAKER video41 1 12.000 3.500 <NA> <NA> Grasper <NA> <NA>

A line of comment before a recording's own says what the format has no field for: how long it lasts,
and which tools there are, in order. Fields end at blanks, so in a file with such comments blanks
and what does not print are written as ``%20``; a file without them is taken as it is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, unquote

from video_pipeline.errors import TableError
from video_pipeline.formats.exportable import is_plain_name, loss_notes, require_names, with_tools
from video_pipeline.formats.labelled import LabelledRecording, from_segments
from video_pipeline.formats.registry import ExportSettings
from video_pipeline.output.csv_lines import number_cell
from video_pipeline.output.files import write_text
from video_pipeline.output.plain_text import text_lines
from video_pipeline.records import ToolSegment

__all__ = ["RTTM_NAME", "read", "write"]

RTTM_NAME = "tools.rttm"
_COMMENT = ";;"
_OURS = "surgical-video"
_HINT = "expected are lines SPEAKER <recording> 1 <start> <duration> <NA> <NA> <tool> <NA> <NA>"
_LONGEST_S = 7 * 24 * 3600
_HOLDS = frozenset({"tools", "milliseconds"})
_KEPT = "".join(chr(c) for c in range(33, 127) if chr(c) not in "%;")


@dataclass
class _Said:
    """What a file says of one recording, while it is read."""

    n_seconds: int | None = None
    tools: list[str] = field(default_factory=list)
    segments: list[tuple[int, ToolSegment]] = field(default_factory=list)


def write(
    recordings: Sequence[LabelledRecording], out: Path, settings: ExportSettings
) -> Sequence[str]:
    """Write one file of all recordings that have tools."""
    del settings
    kept, notes = with_tools(recordings, out)
    lines = []
    require_names(out, "recording", [of.video_id for of in kept], _why_no_field)
    for recording in kept:
        require_names(out, "tool", recording.tools, _why_no_field)
        uri = _escaped(recording.video_id)
        tools = " ".join(_escaped(tool) for tool in recording.tools)
        lines.append(f"{_COMMENT} {_OURS} {uri} {recording.n_seconds} {tools}")
        lines += [
            f"SPEAKER {uri} 1 {segment.start_s:.3f} "
            f"{round(segment.end_s, 3) - round(segment.start_s, 3):.3f} "
            f"<NA> <NA> {_escaped(segment.tool)} <NA> <NA>"
            for segment in recording.segments
        ]
        notes += loss_notes(recording, _HOLDS)
    write_text(out / RTTM_NAME, "".join(f"{line}\n" for line in lines))
    return notes


def read(path: Path) -> Sequence[LabelledRecording]:
    """Read every recording in a file, or in the .rttm files of a folder.

    Without our comments a recording lasts to the end of its last use, and its tools are those that
    are used, by name.

    Raises:
        TableError: naming the file, the line and the field.
    """
    files = sorted(path.glob("*.rttm")) if path.is_dir() else [path]
    if not files:
        raise TableError(path, "holds no .rttm file")
    found: dict[str, LabelledRecording] = {}
    for file in files:
        for video_id, said in _said_in(file).items():
            if video_id in found:
                raise TableError(path, f"two files speak of the recording {video_id!r}")
            found[video_id] = _recording(file, video_id, said)
    return tuple(found[video_id] for video_id in sorted(found))


def _said_in(path: Path) -> dict[str, _Said]:
    lines = text_lines(path, hint=_HINT)
    is_escaped = any(line.startswith(f"{_COMMENT} {_OURS} ") for line in lines)
    said: dict[str, _Said] = {}
    for number, line in enumerate(lines, start=1):
        fields = line.split()
        if fields[:2] == [_COMMENT, _OURS]:
            _take_comment(path, number, fields[2:], said)
        elif fields and not line.lstrip().startswith(_COMMENT):
            segment, video_id = _segment(path, number, fields, is_escaped=is_escaped)
            said.setdefault(video_id, _Said()).segments.append((number, segment))
    if not said:
        raise TableError(path, "holds no use of a tool", hint=_HINT)
    return said


def _take_comment(path: Path, line: int, fields: list[str], said: dict[str, _Said]) -> None:
    if len(fields) < 3 or not (fields[1].isascii() and fields[1].isdigit()):
        raise TableError(path, f"line {line}: names no recording, its seconds and its tools")
    video_id, n_seconds = _bare(path, line, fields[0]), int(fields[1][:10])
    tools = [_bare(path, line, tool) for tool in fields[2:]]
    if len(set(tools)) != len(tools) or not 1 <= n_seconds <= _LONGEST_S:
        raise TableError(path, f"line {line}: names a tool twice, or no possible length")
    of = said.setdefault(video_id, _Said())
    if of.n_seconds is not None:
        raise TableError(path, f"line {line}: the recording {video_id!r} begins twice")
    of.n_seconds, of.tools = n_seconds, tools


def _segment(
    path: Path, line: int, fields: list[str], *, is_escaped: bool
) -> tuple[ToolSegment, str]:
    if fields[0] != "SPEAKER" or len(fields) not in (9, 10):
        raise TableError(
            path, f"line {line}: has {len(fields)} fields, {fields[0][:40]!r} first", hint=_HINT
        )
    uri, tool = fields[1], fields[7]
    if is_escaped:
        uri, tool = _bare(path, line, uri), _bare(path, line, tool)
    start_ms = round(number_cell(path, line, "start", fields[3], most=_LONGEST_S) * 1000)
    length_ms = round(number_cell(path, line, "duration", fields[4], most=_LONGEST_S) * 1000)
    if length_ms == 0:
        raise TableError(path, f"line {line}, column 'duration': {fields[4]} is no length of a use")
    end_s = (start_ms + length_ms) / 1000
    return ToolSegment(tool, start_ms / 1000, end_s, math.nan, math.nan), uri


def _recording(path: Path, video_id: str, said: _Said) -> LabelledRecording:
    if not is_plain_name(video_id):
        raise TableError(path, f"the recording {video_id!r} cannot be the name of a folder")
    last_s = max((segment.end_s for _, segment in said.segments), default=0.0)
    used = sorted({segment.tool for _, segment in said.segments})
    notes: tuple[str, ...] = ()
    if said.n_seconds is None:
        notes = ("its length is not given; it was taken to end with its last use",)
    tools = tuple(said.tools or used)
    n_seconds = math.ceil(last_s) if said.n_seconds is None else said.n_seconds
    last: dict[str, ToolSegment] = {}
    for line, segment in sorted(said.segments, key=lambda pair: pair[1].start_s):
        if segment.tool not in tools or segment.end_s > n_seconds:
            raise TableError(
                path,
                f"line {line}: is not among the {n_seconds} s and the tools that a comment names",
            )
        if segment.tool in last and last[segment.tool].end_s > segment.start_s:
            raise TableError(path, f"line {line}: overlaps another use of {segment.tool!r}")
        last[segment.tool] = segment
    timeline, segments = from_segments(
        [segment for _, segment in said.segments], tools=tools, n_seconds=n_seconds
    )
    return LabelledRecording(video_id, timeline, segments, notes=notes)


def _why_no_field(name: str) -> str | None:
    """Why a name cannot be a field even when it is escaped."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return "holds bytes that are no text"
    return None if name else "is empty"


def _escaped(name: str) -> str:
    """The name without blanks and marks of comments."""
    return quote(name, safe=_KEPT)


def _bare(path: Path, line: int, name: str) -> str:
    try:
        return unquote(name, errors="strict")
    except UnicodeDecodeError as error:
        raise TableError(path, f"line {line}: {name[:40]!r} is no escaped UTF-8") from error
