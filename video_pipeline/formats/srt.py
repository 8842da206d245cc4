r"""SubRip subtitles: what is in use, merged into one line for players that show one cue at a time.

There is no escaping in SubRip, and players take ``<i>`` and ``{\an8}`` for commands; such signs in
a tool's name are written as others that look alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from video_pipeline.formats.file_names import file_stems
from video_pipeline.formats.labelled import LabelledRecording
from video_pipeline.formats.losses import losses_of
from video_pipeline.formats.registry import ExportSettings
from video_pipeline.formats.stretches import Stretch, tool_stretches
from video_pipeline.formats.subtitles import clock
from video_pipeline.output.files import write_text

__all__ = ["write"]

_ALIKE = str.maketrans({"<": "‹", ">": "›", "{": "(", "}": ")", "\\": "/"})


def write(
    recordings: Sequence[LabelledRecording],
    out: Path,
    settings: ExportSettings,  # noqa: ARG001  every format is called alike
) -> list[str]:
    """Write ``<name>.srt`` for each recording; return what is lost."""
    notes = losses_of(recordings, has_phases=False, carries=False)
    for recording, stem in zip(recordings, file_stems(recordings), strict=True):
        cues = [
            f"{k}\n{clock(start, separator=',')} --> {clock(end, separator=',')}\n{text}\n\n"
            for k, (start, end, text) in enumerate(_states(recording), start=1)
        ]
        write_text(out / f"{stem}.srt", "".join(cues))
        notes += [
            f"{recording.video_id}: {tool!r} is written as {_shown(tool)!r}"
            for tool in recording.tools
            if _shown(tool) != tool
        ]
    return notes


def _states(recording: LabelledRecording) -> Iterator[tuple[int, int, str]]:
    """(start, end, text) wherever a tool is in use; a new one when another comes or goes."""
    uses = tool_stretches(recording)
    starts: dict[int, list[Stretch]] = {}
    ends: dict[int, list[Stretch]] = {}
    for use in uses:
        starts.setdefault(use.start_ms, []).append(use)
        ends.setdefault(use.end_ms, []).append(use)
    in_use: set[str] = set()
    times_ms = sorted({*starts, *ends})
    state: tuple[int, int, str] | None = None
    for time_ms, next_ms in pairwise(times_ms):
        in_use -= {use.label for use in ends.get(time_ms, ())}
        in_use |= {use.label for use in starts.get(time_ms, ())}
        text = " + ".join(_shown(tool) for tool in recording.tools if tool in in_use)
        # Two uses of one tool that touch are one state.
        if state is not None and state[1:] == (time_ms, text):
            state = (state[0], next_ms, text)
            continue
        if state is not None:
            yield state
        state = (time_ms, next_ms, text) if text else None
    if state is not None:
        yield state


def _shown(tool: str) -> str:
    """One line that no player takes for more than text."""
    return re.sub(r"\s+", " ", tool.translate(_ALIKE)).strip()
