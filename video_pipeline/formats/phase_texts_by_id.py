r"""Phases as numbers, a row a second: the exchange of TMRNet, Trans-SVNet and Surgformer.

    0\t0                Frame\tPhase
    25\t0               0\t0
    50\t1               1\t0

TMRNet's rows (left) have no header and count frames of the 25-fps video, Surgformer's (right) have
one and count seconds. The numbers are ids, 0 to 6; see ``phase_names``.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from video_pipeline.errors import TableError
from video_pipeline.formats.labelled import LabelledRecording
from video_pipeline.formats.phase_annotation import (
    PhaseAnnotation,
    frame_cell,
    is_phase_annotation,
)
from video_pipeline.formats.phase_names import CHOLEC80_PHASES, ID_ORDER
from video_pipeline.output.plain_text import text_lines

__all__ = ["ids_text", "read_ids"]


def read_ids(path: Path, video_id: str, *, header: bool, stride: int) -> LabelledRecording:
    """Read one recording's phases, their frames ``stride`` apart.

    Raises:
        TableError: naming the file, the line and the column.
    """
    hint = "expected are two columns, frame and phase id, separated by a tab, and " + (
        "the header Frame, Phase" if header else "no header"
    )
    lines = text_lines(path, hint=hint)
    if header:
        if not is_phase_annotation(lines[0]):
            raise TableError(path, f"line 1: is {lines[0][:60]!r}", hint=hint)
        if len(lines) == 1:
            raise TableError(path, "has a header but no rows")
    first = 2 if header else 1
    rows = lines[first - 1 :]
    ids = [
        _id(path, line, text, second * stride, hint)
        for second, (line, text) in enumerate(enumerate(rows, start=first))
    ]
    note = f"phases have numbers only, which were read as {ID_ORDER}"
    annotation = PhaseAnnotation(path, CHOLEC80_PHASES, np.array(ids, dtype=np.int64), (note,))
    return annotation.as_recording(video_id)


def ids_text(ids: NDArray[np.int64], *, header: bool, stride: int) -> str:
    """Format ids (n_seconds,), a row a second."""
    rows: Iterable[str] = (f"{k * stride}\t{number}\n" for k, number in enumerate(ids.tolist()))
    return ("Frame\tPhase\n" if header else "") + "".join(rows)


def _id(path: Path, line: int, text: str, expected: int, hint: str) -> int:
    cells = [cell.strip() for cell in text.split("\t")]
    if len(cells) != 2:
        raise TableError(path, f"line {line}: has {len(cells)} columns, not 2", hint=hint)
    frame = frame_cell(path, line, cells[0])
    if frame != expected:
        raise TableError(
            path, f"line {line}, column 'Frame': {frame}, but {expected} is expected", hint=hint
        )
    known = {str(k): k for k in range(len(CHOLEC80_PHASES))}
    if cells[1] not in known:
        raise TableError(
            path,
            f"line {line}, column 'Phase': {cells[1][:40]!r} is no id from 0 to "
            f"{len(CHOLEC80_PHASES) - 1}",
            hint="phases by name are of the format cholec80",
        )
    return known[cells[1]]
