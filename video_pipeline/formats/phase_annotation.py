r"""Phase annotations as Cholec80 and m2cai16-workflow have them: text, with the phases' names.

    Frame\tPhase
    0\tPreparation
    1\tPreparation ...

The originals have a row for every frame of the 25-fps video; copies with a row a second (0, 25, 50)
are common. Of the first, a second's phase is that of its first frame, as the field's loaders take
it. Rows are checked as those of tool annotations are.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from video_pipeline.errors import TableError
from video_pipeline.formats.labelled import LabelledRecording, phase_segments_of
from video_pipeline.formats.phase_names import ordered_phases, why_no_phase_name, without_alias
from video_pipeline.output.phase_tables import certain_phases
from video_pipeline.output.plain_text import text_lines
from video_pipeline.records import PhaseTimeline

__all__ = [
    "PhaseAnnotation",
    "frame_cell",
    "is_phase_annotation",
    "phase_annotation_text",
    "read_phase_annotation",
]

_FRAMES_PER_SECOND = 25
_HINT = "expected are the columns Frame and Phase, separated by a tab, the phases by name"


@dataclass(frozen=True, eq=False)
class PhaseAnnotation:
    """Which phase somebody saw in each second of one recording."""

    path: Path
    phases: tuple[str, ...]
    """All seven of Cholec80 where they are its, else in the order in which they occur."""
    phase: NDArray[np.int64]
    """(n_seconds,) index into ``phases``."""
    notes: tuple[str, ...] = ()
    """What was read otherwise than it is written."""

    @property
    def timeline(self) -> PhaseTimeline:
        """The same, each second certain."""
        return certain_phases(self.phases, self.phase)

    def as_recording(self, video_id: str) -> LabelledRecording:
        """A recording of which only the phases are known."""
        timeline = self.timeline
        return LabelledRecording(
            video_id,
            None,
            phases=timeline,
            phase_segments=phase_segments_of(timeline),
            notes=self.notes,
        )


def is_phase_annotation(header: str) -> bool:
    """Whether a text with this first line is one of phases."""
    return [cell.strip().casefold() for cell in header.split("\t")] == ["frame", "phase"]


def read_phase_annotation(path: Path) -> PhaseAnnotation:
    """Read one recording's phases; raises ``TableError`` naming the file, line and column."""
    lines = text_lines(path, hint=_HINT)
    if not is_phase_annotation(lines[0]):
        raise TableError(path, f"line 1: is {lines[0][:60]!r}", hint=_HINT)
    if len(lines) == 1:
        raise TableError(path, "has a header but no rows")
    rows = [_row(path, line, text) for line, text in enumerate(lines[1:], start=2)]
    stride = _stride(path, [frame for frame, _ in rows])
    for k, (frame, _) in enumerate(rows):
        _require_frame(path, k + 2, frame, k * stride, stride)
    said = [name for _, name in rows]
    names = [without_alias(name) for name in said[:: _FRAMES_PER_SECOND // stride]]
    phases = ordered_phases(names)
    index = {name: k for k, name in enumerate(phases)}
    renamed = sorted({name for name in said if without_alias(name) != name})
    return PhaseAnnotation(
        path,
        phases,
        np.array([index[name] for name in names], dtype=np.int64),
        tuple(f"the phase {name} is called {without_alias(name)}" for name in renamed),
    )


def phase_annotation_text(phases: PhaseTimeline, *, every_frame: bool) -> str:
    """Format phases: a row a second, or one for every frame of a 25-fps video."""
    stride = 1 if every_frame else _FRAMES_PER_SECOND
    names = [phases.phases[k] for k in phases.phase.tolist()]
    rows = [
        f"{frame}\t{names[frame // _FRAMES_PER_SECOND]}\n"
        for frame in range(0, len(names) * _FRAMES_PER_SECOND, stride)
    ]
    return "Frame\tPhase\n" + "".join(rows)


def frame_cell(path: Path, line: int, cell: str) -> int:
    """The number of a frame in a cell; raises ``TableError``."""
    if not (cell.isascii() and cell.isdigit() and len(cell) <= 9):
        raise TableError(
            path, f"line {line}, column 'Frame': {cell[:40]!r} is no number of a frame"
        )
    return int(cell)


def _row(path: Path, line: int, text: str) -> tuple[int, str]:
    cells = [cell.strip() for cell in text.split("\t")]
    if len(cells) != 2:
        raise TableError(path, f"line {line}: has {len(cells)} columns, the header 2", hint=_HINT)
    cause = why_no_phase_name(cells[1])
    if cause is not None:
        raise TableError(
            path,
            f"line {line}, column 'Phase': {cells[1][:40]!r} {cause}",
            hint="phases by number are of the formats tmrnet and surgformer",
        )
    return frame_cell(path, line, cells[0]), cells[1]


def _stride(path: Path, frames: list[int]) -> int:
    """Frames from row to row: 1, or 25; a single row speaks for its second."""
    if len(frames) == 1 or frames[1] == _FRAMES_PER_SECOND:
        return _FRAMES_PER_SECOND
    if frames[1] != 1:
        raise TableError(
            path,
            f"line 3, column 'Frame': {frames[1]} follows {frames[0]}",
            hint="rows are of every frame of the 25-fps video (0, 1, 2) or of each second "
            "(0, 25, 50)",
        )
    return 1


def _require_frame(path: Path, line: int, frame: int, expected: int, stride: int) -> None:
    if frame == expected:
        return
    where = f"line {line}, column 'Frame'"
    if frame < expected:
        raise TableError(path, f"{where}: frame {frame} occurs twice or out of order")
    raise TableError(
        path, f"{where}: frame {expected} is missing, {frame} follows, at one row in {stride}"
    )
