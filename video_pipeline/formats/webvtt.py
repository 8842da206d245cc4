"""WebVTT subtitles: a cue for each use of a tool, and one for each phase at the picture's top.

Cues may overlap (https://www.w3.org/TR/webvtt1/). A player shows the file by itself where it lies
beside the video under the video's name.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from video_pipeline.errors import TableError
from video_pipeline.formats.carried import CARRIED_NAME, Carried, carried_line, parse_carried
from video_pipeline.formats.documents import files_at
from video_pipeline.formats.file_names import file_stems, plain_video_id
from video_pipeline.formats.json_document import parse_json
from video_pipeline.formats.labelled import LabelledRecording
from video_pipeline.formats.losses import losses_of
from video_pipeline.formats.registry import ExportSettings
from video_pipeline.formats.stretches import (
    Drawn,
    Stretch,
    phase_stretches,
    recording_of,
    tool_stretches,
)
from video_pipeline.formats.subtitles import clock
from video_pipeline.output.files import write_text
from video_pipeline.output.plain_text import read_plain_text, split_lines

__all__ = ["read", "write"]

_NOTE = f"NOTE {CARRIED_NAME} "
_TIME = r"(?:(\d{2,4}):)?([0-5]\d):([0-5]\d)\.(\d{3})"
_TIMES = re.compile(rf"{_TIME}[ \t]+-->[ \t]+{_TIME}(?:[ \t].*)?")
_TAG = re.compile(r"<[^>]*>")
_PHASE = re.compile(r"phase( \d+)?")
# What a reader would trim, break a line at, or take for markup.
_UNSAFE = re.compile(r"[&<>]|^\s+|\s+$|[\x00-\x1f\x7f-\xa0\u2028\u2029]")


def write(
    recordings: Sequence[LabelledRecording],
    out: Path,
    settings: ExportSettings,  # noqa: ARG001  every format is called alike
) -> list[str]:
    """Write ``<name>.vtt`` for each recording; return what is lost."""
    for recording, stem in zip(recordings, file_stems(recordings), strict=True):
        blocks = ["WEBVTT", _NOTE + carried_line(recording), *_cues(recording)]
        write_text(out / f"{stem}.vtt", "\n\n".join(blocks) + "\n")
    return losses_of(recordings)


def _cues(recording: LabelledRecording) -> Iterator[str]:
    cues = [(stretch, "", "") for stretch in tool_stretches(recording)]
    # Only phases have identifiers: some programs show these as if they were text.
    cues += [
        (stretch, f"phase {k}\n", " line:0")
        for k, stretch in enumerate(phase_stretches(recording), start=1)
    ]
    for stretch, identifier, place in sorted(cues, key=lambda cue: cue[0].start_ms):
        start, end = (clock(time, separator=".") for time in (stretch.start_ms, stretch.end_ms))
        yield f"{identifier}{start} --> {end}{place}\n{_escaped(stretch.label)}"


def _escaped(text: str) -> str:
    return _UNSAFE.sub(
        lambda m: "".join(f"&#{ord(c)};" if c not in _NAMED else _NAMED[c] for c in m[0]), text
    )


_NAMED = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def read(path: Path) -> list[LabelledRecording]:
    """Read one ``.vtt``, or a folder of them: each line of a cue names a tool.

    A cue whose identifier is ``phase`` or ``phase <n>`` names a phase.

    Raises:
        TableError: one is no WebVTT; the line that is wrong is named.
    """
    return [_read(file) for file in files_at(path, {".vtt"})]


def _read(path: Path) -> LabelledRecording:
    lines = split_lines(read_plain_text(path))
    if not re.fullmatch(r"WEBVTT([ \t].*)?", lines[0]):
        raise TableError(path, "line 1: does not begin with WEBVTT")
    carried = Carried()
    uses: list[Stretch] = []
    phases: list[Stretch] = []
    for number, block in _blocks(lines[1:]):
        if block[0].startswith(_NOTE):
            where = f"line {number}"
            carried = parse_carried(parse_json(path, where, block[0].removeprefix(_NOTE)))
        elif "-->" in block[0] or (len(block) > 1 and "-->" in block[1]):
            identifier, cue = _cue(path, number, block)
            (phases if _PHASE.fullmatch(identifier) else uses).extend(cue)
        elif not re.match(r"(NOTE|STYLE|REGION)(\s|$)", block[0]) and number > 2:
            raise TableError(path, f"line {number}: {block[0][:40]!r} is no cue")
    # A few control characters cannot be written so that they come back by themselves.
    spelled = {html.unescape(_escaped(n)): n for n in (*carried.phases, *carried.tools)}
    uses = [Stretch(spelled.get(s.label, s.label), s.start_ms, s.end_ms) for s in uses]
    phases = [Stretch(spelled.get(s.label, s.label), s.start_ms, s.end_ms) for s in phases]
    video_id = carried.video_id if carried.video_id is not None else plain_video_id(path.stem)
    return recording_of(path, Drawn(video_id, uses, phases), carried)


def _blocks(lines: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """(number of its first line, its lines) of each block between empty lines."""
    block: list[str] = []
    for number, line in enumerate([*lines, ""], start=2):
        if line:
            block.append(line)
        elif block:
            yield number - len(block), block
            block = []


def _cue(path: Path, number: int, block: list[str]) -> tuple[str, list[Stretch]]:
    has_identifier = "-->" not in block[0]
    times, text = block[has_identifier], block[has_identifier + 1 :]
    match = _TIMES.fullmatch(times.strip())
    if match is None:
        raise TableError(
            path,
            f"line {number + has_identifier}: {times[:60]!r} are no times",
            hint="such as 00:01:02.000 --> 00:01:05.500",
        )
    parts = [int(part or 0) for part in match.groups()]
    start_ms, end_ms = _milliseconds(parts[:4]), _milliseconds(parts[4:])
    labels = dict.fromkeys(html.unescape(_TAG.sub("", line)) for line in text)
    return block[0] if has_identifier else "", [Stretch(s, start_ms, end_ms) for s in labels]


def _milliseconds(parts: Sequence[int]) -> int:
    hours, minutes, seconds, milliseconds = parts
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + milliseconds
